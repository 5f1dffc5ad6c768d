import { changeJson, changeText, type Restored, type RestoredEnsemble, runbookMarkdown } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { say } from "../../text/message.js";
import { hexDigits, type Safe, safe } from "../../text/safe.js";
import { counted, grouped, shown, visible } from "../output/text.js";

/** What was written, as lines; with the runbook, where it is a whole ensemble in `directory`. */
export function restoredLines(restored: Restored | RestoredEnsemble, directory: string): Safe[] {
  const book = "runbook" in restored ? restored.runbook : null;
  const where = book ? directory : restored.snapshot;
  const servers = book ? safe`${counted(book.servers, "server")}, each with ` : "";
  const from = restored.point === restored.zxid ? "" : safe`, the tree of ${hex(restored.point)}`;
  const lines = [
    safe`wrote ${visible(where, "file")}: ${servers}${counted(restored.znodes, "znode")}, ${counted(restored.sessions, "session")}${from}`,
    safe`  zxid ${hex(restored.zxid)}, epoch ${restored.epoch}, layout ${visible(restored.layout, "system")}, ${grouped(restored.stored.size)} bytes, CRC-32C ${crc(restored)}`,
    safe`  read back and verified: seals, structure, digest ${restored.digest}`,
    ...historyLines(restored),
    ...restored.changes.map((change) => safe`  ${shown(changeText(change))}`),
    ...restored.warnings.map((warning) => shown(say`  ${warning}`)),
  ];
  if (!("runbook" in restored)) return lines;
  return [
    ...lines,
    safe`  what to do next is below, and in ${visible(restored.runbookFile, "file")}`,
    safe``,
    ...(runbookMarkdown(restored.runbook, shown).trimEnd().split("\n") as Safe[]),
  ];
}

/** The logs, and what servers do with them. */
function historyLines({ history, zxid, point }: Restored): Safe[] {
  if (!history) return [];
  const { logs, transactions, snapshot } = history;
  const [first, last] = [logs[0], logs.at(-1)];
  if (first === undefined || last === undefined)
    return [safe`  no logs: ${visible(snapshot, "file")} is of the point itself`];
  const names = first === last ? visible(first, "file") : safe`${visible(first, "file")} to ${visible(last, "file")}`;
  const what = safe`${counted(logs.length, "log")}, ${names}: ${counted(transactions, "transaction")} up to ${hex(point)}`;
  if (zxid === point) return [safe`  ${what}, which servers replay; replayed and verified`];
  return [safe`  history: ${visible(snapshot, "file")} and ${what}; servers do not replay them`];
}

export function restoredJson(restored: Restored | RestoredEnsemble): object {
  const { stored, digest, changes, ...rest } = restored;
  return {
    ...rest,
    size: stored.size,
    crc32c: crc(restored),
    digest: { version: 2, value: String(digest) },
    changes: changes.map(changeJson),
  };
}

function crc({ stored }: Restored): Safe {
  return hexDigits(stored.crc32c, 8);
}

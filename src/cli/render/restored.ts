import { changeJson, changeText, type Restored } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { say } from "../../text/message.js";
import { hexDigits, type Safe, safe } from "../../text/safe.js";
import { counted, grouped, shown, visible } from "../output/text.js";

/** What was written, as lines; `where` is the file, or the folder if there are several. */
export function restoredLines(restored: Restored, where: string): Safe[] {
  const from = restored.point === restored.zxid ? "" : safe`, the tree of ${hex(restored.point)}`;
  return [
    safe`wrote ${visible(where, "file")}: ${counted(restored.znodes, "znode")}, ${counted(restored.sessions, "session")}${from}`,
    safe`  zxid ${hex(restored.zxid)}, epoch ${restored.epoch}, layout ${visible(restored.layout, "system")}, ${grouped(restored.stored.size)} bytes, CRC-32C ${crc(restored)}`,
    safe`  read back and verified: seals, structure, digest ${restored.digest}`,
    ...restored.changes.map((change) => safe`  ${shown(changeText(change))}`),
    ...restored.warnings.map((warning) => shown(say`  ${warning}`)),
  ];
}

export function restoredJson(restored: Restored): object {
  const { stored, digest, changes, ...rest } = restored;
  return {
    type: "restored",
    schema: 1,
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

import type { StoredFile } from "../../../recovery/index.js";
import { IGNORED } from "../../../storage/large-value.js";
import { SnapshotReader } from "../../../storage/snapshot-reader.js";
import { hex } from "../../../storage/zxid.js";
import { OpCode, opName, type TxnCursor } from "../../../txn/index.js";
import { type Message, say, tag } from "../../../text/message.js";
import { counted } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";
import { eachRecord } from "../../../recovery/scan/each-record.js";

/**
 * jute.maxbuffer's default: what a value may have. Releases from 3.5 on let a record have as much again
 * (zookeeper.jute.maxbuffer.extrasize); 3.4 only 1024 bytes more.
 */
const MAX_BUFFER = 0xfffff;
const MOST = 5;

/** Sound records and values that are longer than servers take by default, or just as long as the line says. */
export async function overLimit({ directory, verification, explanation }: LookContext): Promise<Sight[]> {
  const said = Number(explanation.facts.length ?? Number.NaN);
  const limit = said > 0 && said <= MAX_BUFFER ? said - 1 : MAX_BUFFER;
  const found: Sight[] = [];
  const large = new Set(verification.logs.filter(({ largestRecord }) => largestRecord > limit).map(({ path }) => path));
  for (const log of directory.logs.filter(({ path }) => large.has(path))) {
    if (found.length >= MOST) break;
    await eachRecord(log, (txn, _, { payloadLength: length, checksumOk, recordOffset }) => {
      if (length <= limit || !checksumOk) return true;
      const message = say`a sound record of ${length} bytes, ${described(txn)}: ${takenBy(length)}`;
      found.push({ severity: "error", file: log.path, offset: recordOffset, zxid: txn.zxid, message });
      return found.length < MOST;
    });
  }
  const snapshot = verification.startable.snapshot;
  const file = directory.snapshots.find(({ name }) => name === snapshot);
  const scan = verification.snapshots.find((each) => each.file === snapshot);
  if (file && scan && scan.largestValue > limit) found.push(await largestOf(file, scan.largestValue));
  return found;
}

function described(cursor: TxnCursor): Message {
  const name = opName(cursor.type);
  if (cursor.type !== OpCode.closeSession) return say`a ${tag.system(name)}`;
  const paths = cursor.items > 0 ? say` with its ${counted(cursor.items, "ephemeral")}` : say``;
  return say`the closeSession of session ${hex(cursor.session)}${paths}`;
}

function takenBy(length: number): Message {
  const most = 2 * MAX_BUFFER;
  if (length > most) return say`no server starts on it by default`;
  return say`3.4 does not start on it by default; later releases do`;
}

/** The znode with the largest value in a snapshot. */
async function largestOf(file: StoredFile, length: number): Promise<Sight> {
  const reader = new SnapshotReader(file.open());
  reader.passLarge(IGNORED);
  let path = "";
  let offset = 0;
  try {
    if (await reader.readHead()) {
      while (await reader.fill()) {
        while (reader.next()) {
          if (Math.max(reader.dataLength, reader.passed) !== length) continue;
          const { bytes } = reader.window.block;
          path = bytes.toString("utf8", reader.pathStart, reader.pathStart + reader.pathLength);
          offset = reader.recordOffset;
        }
      }
    }
  } finally {
    reader.close();
  }
  const message = say`a value of ${length} bytes at ${tag.path(path === "" ? "/" : path)}: ${takenBy(length)}`;
  return { severity: "error", file: file.path, offset, path, message };
}

import type { DataDirectory } from "../../recovery/directory/data-directory.js";
import { eachRecord, type RecordVisit } from "../../recovery/scan/each-record.js";
import type { Piece } from "../../recovery/ensemble/align-logs.js";
import { readTxn, type Txn } from "../../txn/index.js";

/** The first transactions of some parts of a server's logs. */
export async function readPieces(directory: DataDirectory, pieces: readonly Piece[], limit: number): Promise<Txn[]> {
  const list: Txn[] = [];
  for (const { file, from, to } of pieces) {
    const log = directory.logs[file];
    if (!log || list.length >= limit) break;
    const take: RecordVisit = (cursor, shape, reader) => {
      if (reader.checksumOk) list.push(readTxn(cursor, shape));
      return list.length < limit;
    };
    await eachRecord(log, take, { range: { from, to } });
  }
  return list;
}

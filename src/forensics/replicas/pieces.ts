import type { DataDirectory } from "../../recovery/directory/data-directory.js";
import type { Piece } from "../../recovery/ensemble/align-logs.js";
import { LogReader } from "../../storage/log-reader.js";
import { readTxn, type Txn, TxnCursor } from "../../txn/index.js";

/** The first transactions of some parts of a server's logs. */
export async function readPieces(directory: DataDirectory, pieces: readonly Piece[], limit: number): Promise<Txn[]> {
  const list: Txn[] = [];
  const cursor = new TxnCursor();
  for (const { file, from, to } of pieces) {
    const log = directory.logs[file];
    if (!log || list.length >= limit) break;
    const reader = new LogReader(log.open({ from, to }));
    try {
      if (!(await reader.readHead())) continue;
      while (list.length < limit && (await reader.fill())) {
        while (list.length < limit && reader.next()) {
          if (!reader.checksumOk) continue;
          list.push(readTxn(cursor, cursor.parse(reader.window.block.view, reader.payloadStart, reader.payloadEnd)));
        }
      }
    } finally {
      reader.close();
    }
  }
  return list;
}

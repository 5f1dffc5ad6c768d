import { LogReader } from "../../storage/log-reader.js";
import { TxnCursor, type TxnShape } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";

/** What is done with a record: nothing that it is given is good for longer than the call, or the promise. */
export type RecordVisit = (
  txn: TxnCursor,
  shape: TxnShape,
  reader: LogReader,
) => boolean | void | Promise<boolean | void>;

export interface RecordOptions {
  /** Only the bytes from `from` to `to`, which begin and end at records. */
  range?: { from: number; to: number };
  /** Called after each stretch of the file that is read, and once at the end: the time to write. */
  pause?: (reader: LogReader) => void | Promise<void>;
}

/**
 * A log's records in the order in which they are there, also those whose checksum is wrong (`reader.checksumOk`), until
 * `visit` returns false.
 */
export async function eachRecord(log: StoredFile, visit: RecordVisit, options: RecordOptions = {}): Promise<void> {
  const { range, pause } = options;
  const reader = new LogReader(range === undefined ? log.open() : log.open(range));
  const txn = new TxnCursor();
  try {
    let goOn = await reader.readHead();
    while (goOn && (await reader.fill())) {
      while (goOn && reader.next()) {
        const shape = txn.parse(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
        const answer = visit(txn, shape, reader);
        goOn = (typeof answer === "object" ? await answer : answer) !== false;
      }
      if (pause) await pause(reader);
    }
    if (pause) await pause(reader);
  } finally {
    reader.close();
  }
}

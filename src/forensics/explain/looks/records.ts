import type { DataDirectory, StoredFile } from "../../../recovery/index.js";
import { LogReader } from "../../../storage/log-reader.js";
import { TxnCursor, type TxnShape } from "../../../txn/index.js";

/** A record of a log, good until the next is asked for. */
export interface LogRecord {
  log: StoredFile;
  reader: LogReader;
  cursor: TxnCursor;
  shape: TxnShape;
}

/** Every record of these logs that is whole, in the order in which they lie there. */
export async function* recordsOf(logs: readonly StoredFile[]): AsyncGenerator<LogRecord> {
  const cursor = new TxnCursor();
  for (const log of logs) {
    const reader = new LogReader(log.open());
    try {
      if (!(await reader.readHead())) continue;
      while (await reader.fill()) {
        while (reader.next()) {
          const shape = cursor.parse(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
          yield { log, reader, cursor, shape };
        }
      }
    } finally {
      reader.close();
    }
  }
}

/** Where the record of a transaction lies: `found` is called while it is held. Null where the logs lack it. */
export async function findRecord<T>(
  { logs }: DataDirectory,
  zxid: bigint,
  found: (record: LogRecord) => T,
): Promise<T | null> {
  const may = logs.filter((log, index) => {
    const next = logs[index + 1]?.zxid ?? null;
    return (log.zxid === null || log.zxid <= zxid) && (next === null || next >= zxid || log.node !== undefined);
  });
  for await (const record of recordsOf(may)) if (record.cursor.zxid === zxid) return found(record);
  return null;
}

import type { DataDirectory, StoredFile } from "../../../recovery/index.js";
import type { LogReader } from "../../../storage/log-reader.js";
import type { TxnCursor, TxnShape } from "../../../txn/index.js";
import { eachRecord } from "../../../recovery/scan/each-record.js";

/** A record of a log, good until the next is asked for. */
export interface LogRecord {
  log: StoredFile;
  reader: LogReader;
  cursor: TxnCursor;
  shape: TxnShape;
}

/** Where the record of a transaction is: `found` is called while it is held. Null where the logs lack it. */
export async function findRecord<T>(
  { logs }: DataDirectory,
  zxid: bigint,
  found: (record: LogRecord) => T,
): Promise<T | null> {
  const may = logs.filter((log, index) => {
    const next = logs[index + 1]?.zxid ?? null;
    return (log.zxid === null || log.zxid <= zxid) && (next === null || next >= zxid || log.node !== undefined);
  });
  for (const log of may) {
    let value: { found: T } | undefined;
    await eachRecord(log, (txn, shape, reader) => {
      if (txn.zxid !== zxid) return true;
      value = { found: found({ log, reader, cursor: txn, shape }) };
      return false;
    });
    if (value) return value.found;
  }
  return null;
}

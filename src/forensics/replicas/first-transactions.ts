import type { DataDirectory } from "../../recovery/directory/data-directory.js";
import { eachRecord, type RecordVisit } from "../../recovery/scan/each-record.js";
import type { LogPart } from "../../recovery/ensemble/align-logs.js";
import { readTxn, type Txn } from "../../txn/index.js";

/** The first transactions of some parts of a server's logs. */
export async function firstTransactions(
  directory: DataDirectory,
  parts: readonly LogPart[],
  limit: number,
): Promise<Txn[]> {
  const list: Txn[] = [];
  for (const { file, from, to } of parts) {
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

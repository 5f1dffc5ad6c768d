import { ZkRewindError } from "../../findings/finding.js";
import { LogReader } from "../../storage/log-reader.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { OpCode, TxnCursor } from "../../txn/index.js";
import type { DataDirectory, StoredFile } from "../directory/data-directory.js";
import type { PointRequest } from "./point.js";

/** A log's transactions in order, without decoding more than their headers; damaged ones are passed over. */
export async function eachHeader(
  log: StoredFile,
  visit: (cursor: TxnCursor, payload: () => Buffer) => boolean,
): Promise<void> {
  const reader = new LogReader(log.open());
  const cursor = new TxnCursor();
  const payload = (): Buffer => reader.window.block.bytes.subarray(reader.payloadStart, reader.payloadEnd);
  try {
    if (!(await reader.readHead())) return;
    while (await reader.fill()) {
      while (reader.next()) {
        if (!reader.checksumOk) continue;
        cursor.parse(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
        if (!visit(cursor, payload)) return;
      }
    }
  } finally {
    reader.close();
  }
}

export async function firstZxid(log: StoredFile): Promise<bigint | null> {
  let first: bigint | null = null;
  await eachHeader(log, (cursor) => {
    first = fromHalves(cursor.zxidHigh, cursor.zxidLow);
    return false;
  });
  return first;
}

/**
 * Whether a server before 3.4 wrote a log, by its first create; null where its beginning has none, nor anything else
 * that tells.
 */
export async function isBefore34(log: StoredFile): Promise<boolean | null> {
  let answer: boolean | null = null;
  let looked = 0;
  await eachHeader(log, (cursor) => {
    if (cursor.type === OpCode.create) answer = cursor.isV0;
    else if (cursor.hasDigest || cursor.type >= OpCode.check) answer = false;
    return answer === null && ++looked < 1000;
  });
  return answer;
}

/** The last zxid of the last log that has one. */
export async function lastZxid(logs: readonly StoredFile[]): Promise<bigint | null> {
  for (const log of logs.toReversed()) {
    let last: bigint | null = null;
    await eachHeader(log, (cursor) => {
      last = fromHalves(cursor.zxidHigh, cursor.zxidLow);
      return true;
    });
    if (last !== null) return last;
  }
  return null;
}

/**
 * The last zxid that a request includes; null for all there are.
 * Throws ZkRewindError 4 for a time that the logs do not cover.
 */
export async function resolveBound(
  directory: DataDirectory,
  { point, inclusive }: PointRequest,
): Promise<bigint | null> {
  if (point.kind === "zxid") return inclusive ? point.zxid : point.zxid - 1n;
  if (point.kind === "time") return resolveTime(directory.logs, point.time, point.text, inclusive);
  if (inclusive) return null;
  const last = await lastZxid(directory.logs);
  if (last === null) throw new ZkRewindError("there is no last transaction to go back before", { exitCode: 4 });
  return last - 1n;
}

/** The last transaction, in zxid order, that is not later than a time (or, not inclusive, earlier than it). */
async function resolveTime(
  logs: readonly StoredFile[],
  time: bigint,
  text: string,
  inclusive: boolean,
): Promise<bigint> {
  const limit = Number(inclusive ? time : time - 1n);
  let found: bigint | null = null;
  let first: number | null = null;
  let last = 0;
  for (const log of logs) {
    await eachHeader(log, (cursor) => {
      last = cursor.timeHigh * 2 ** 32 + cursor.timeLow;
      first ??= last;
      if (last <= limit) found = fromHalves(cursor.zxidHigh, cursor.zxidLow);
      return true;
    });
  }
  if (first === null)
    throw new ZkRewindError(`${text} cannot be found: there is no log, and only logs have times`, { exitCode: 4 });
  const hint = `The logs go from ${isoTime(first)} to ${isoTime(last)}.`;
  if (found === null) throw new ZkRewindError(`${text} is before the first transaction`, { exitCode: 4, hint });
  if (time > BigInt(last)) throw new ZkRewindError(`${text} is after the last transaction`, { exitCode: 4, hint });
  return found;
}

/** ISO 8601 in UTC with milliseconds; the number itself where a date cannot hold it. */
export function isoTime(time: number | bigint): string {
  const date = new Date(Number(time));
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

export function nameOf(zxid: bigint | null): string {
  return zxid === null ? "the latest" : hex(zxid);
}

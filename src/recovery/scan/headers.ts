import type { LogReader } from "../../storage/log-reader.js";
import { fromHalves } from "../../storage/zxid.js";
import { OpCode, type TxnCursor } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { eachRecord } from "./each-record.js";

/** A transaction's place in zxid order and in time (milliseconds since 1970). */
export interface Moment {
  zxid: bigint;
  time: bigint;
}

/** A log's transactions in order; those whose checksum is wrong are passed over. */
export async function eachHeader(
  log: StoredFile,
  visit: (cursor: TxnCursor, payload: () => Buffer) => boolean,
): Promise<void> {
  let current: LogReader | undefined;
  const payload = (): Buffer => payloadOf(current as LogReader);
  await eachRecord(log, (txn, _, reader) => {
    current = reader;
    return !reader.checksumOk || visit(txn, payload);
  });
}

function payloadOf({ window, payloadStart, payloadEnd }: LogReader): Buffer {
  return window.block.bytes.subarray(payloadStart, payloadEnd);
}

export async function firstZxid(log: StoredFile): Promise<bigint | null> {
  let first: bigint | null = null;
  await eachHeader(log, (cursor) => {
    first = cursor.zxid;
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

/**
 * Whether a server from 3.6 on wrote the logs: by the first transaction with a digest, or closeSession, which names the
 * znodes it deletes from then on; null where they have neither.
 */
export async function isFrom36(logs: readonly StoredFile[]): Promise<boolean | null> {
  let answer: boolean | null = null;
  for (const log of logs) {
    await eachHeader(log, (cursor) => {
      if (cursor.hasDigest) answer = true;
      else if (cursor.type === OpCode.closeSession) answer = cursor.items >= 0;
      return answer === null;
    });
    if (answer !== null) break;
  }
  return answer;
}

/** The tree digest (version 2, signed) that a transaction carries; null where none of that zxid does. */
export async function loggedDigest(logs: readonly StoredFile[], zxid: bigint): Promise<bigint | null> {
  const [high, low] = [Number(zxid >> 32n), Number(zxid & 0xffffffffn)];
  let digest: bigint | null = null;
  for (const log of logs) {
    await eachHeader(log, (cursor) => {
      if (cursor.zxidHigh !== high || cursor.zxidLow !== low) return true;
      if (cursor.hasDigest && cursor.digestVersion === 2) digest = fromHalves(cursor.digestHigh, cursor.digestLow);
      return digest === null;
    });
    if (digest !== null) break;
  }
  return digest;
}

/** The last transaction of the last log that has one. */
export async function lastMoment(logs: readonly StoredFile[]): Promise<Moment | null> {
  for (const log of logs.toReversed()) {
    let last: Moment | null = null;
    await eachHeader(log, ({ zxidHigh, zxidLow, timeHigh, timeLow }) => {
      last = { zxid: fromHalves(zxidHigh, zxidLow), time: fromHalves(timeHigh, timeLow) };
      return true;
    });
    if (last !== null) return last;
  }
  return null;
}

export async function lastZxid(logs: readonly StoredFile[]): Promise<bigint | null> {
  return (await lastMoment(logs))?.zxid ?? null;
}

/** The transactions just before and after a zxid that the logs may lack; null where there is none. */
export async function neighbours(
  logs: readonly StoredFile[],
  zxid: bigint,
): Promise<{ below: Moment | null; above: Moment | null }> {
  const [limitHigh, limitLow] = [Number(zxid >> 32n), Number(zxid & 0xffffffffn)];
  let below: Moment | null = null;
  let above: Moment | null = null;
  for (const log of logs) {
    let [high, low, timeHigh, timeLow] = [0, 0, 0, 0];
    let any = false;
    await eachHeader(log, (cursor) => {
      const { zxidHigh, zxidLow } = cursor;
      if (zxidHigh > limitHigh || (zxidHigh === limitHigh && zxidLow > limitLow)) {
        above = { zxid: fromHalves(zxidHigh, zxidLow), time: cursor.time };
        return false;
      }
      if (zxidHigh !== limitHigh || zxidLow !== limitLow) {
        [high, low, timeHigh, timeLow] = [zxidHigh, zxidLow, cursor.timeHigh, cursor.timeLow];
        any = true;
      }
      return true;
    });
    if (any) below = { zxid: fromHalves(high, low), time: fromHalves(timeHigh, timeLow) };
    if (above !== null) break;
  }
  return { below, above };
}

/** A transaction in the log that has it by the logs' names; null where that does not. */
export async function momentAt(logs: readonly StoredFile[], zxid: bigint): Promise<Moment | null> {
  const named = logs.findLast((log) => log.zxid !== null && log.zxid <= zxid);
  const { above } = await neighbours(
    logs.filter((log) => log === named || log.zxid === null),
    zxid - 1n,
  );
  return above?.zxid === zxid ? above : null;
}

/** Whether a log holds a transaction, with a checksum that is right. */
export async function hasTxn(logs: readonly StoredFile[], zxid: bigint): Promise<boolean> {
  return (await momentAt(logs, zxid)) !== null || (await neighbours(logs, zxid - 1n)).above?.zxid === zxid;
}

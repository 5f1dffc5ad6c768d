import { STAT_LENGTH } from "../storage/znode-record.js";

/**
 * How a znode is in memory: as its own snapshot record. Offsets are from the record's beginning; longs are two
 * big-endian words.
 *
 *     int pathLength, path, int dataLength (-1 = null), data, long aclId,
 *     long czxid, mzxid, ctime, mtime, int version, cversion, aversion, long ephemeralOwner, pzxid
 *
 * So a snapshot is loaded by reading it, a tree is written by copying records, and a digest reads one piece of memory.
 */
export const STAT = {
  czxid: 0,
  mzxid: 8,
  ctime: 16,
  mtime: 24,
  version: 32,
  cversion: 36,
  aversion: 40,
  ephemeralOwner: 44,
  pzxid: 52,
} as const;

export { STAT_LENGTH };

/** Where the data's length is. */
export function dataAt(view: DataView, record: number): number {
  return record + 4 + view.getInt32(record);
}

/** Where the aclId is. */
export function aclAt(view: DataView, record: number): number {
  const at = dataAt(view, record);
  const length = view.getInt32(at);
  return at + 4 + (length > 0 ? length : 0);
}

/** Where StatPersisted is. */
export function statAt(view: DataView, record: number): number {
  return aclAt(view, record) + 8;
}

/** The bytes of a record with a path and data of these lengths (-1 = null). */
export function recordLength(pathLength: number, dataLength: number): number {
  return 4 + pathLength + 4 + (dataLength > 0 ? dataLength : 0) + 8 + STAT_LENGTH;
}

/** Whether the signed long at `at` is less than (high, low). */
export function longLess(view: DataView, at: number, high: number, low: number): boolean {
  const there = view.getInt32(at);
  return there < high || (there === high && view.getUint32(at + 4) < low);
}

export function setLong(view: DataView, at: number, high: number, low: number): void {
  view.setInt32(at, high);
  view.setUint32(at + 4, low);
}

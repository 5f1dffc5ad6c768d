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

/**
 * Where the data's length is.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { dataAt, ROOT } from "zkrewind/tree";
 *
 * const { znodes } = (await rebuild(discover(["fixtures/3.8.6-standalone"]))).tree;
 * const view = znodes.viewOf(ROOT);
 * console.log(view.getInt32(dataAt(view, znodes.recordOf(ROOT))));
 */
export function dataAt(view: DataView, record: number): number {
  return record + 4 + view.getInt32(record);
}

/**
 * Where the aclId is.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { aclAt, ROOT } from "zkrewind/tree";
 *
 * const { znodes } = (await rebuild(discover(["fixtures/3.8.6-standalone"]))).tree;
 * const view = znodes.viewOf(ROOT);
 * console.log(view.getBigInt64(aclAt(view, znodes.recordOf(ROOT))));
 */
export function aclAt(view: DataView, record: number): number {
  const at = dataAt(view, record);
  const length = view.getInt32(at);
  return at + 4 + (length > 0 ? length : 0);
}

/**
 * Where StatPersisted is.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { ROOT, STAT, statAt } from "zkrewind/tree";
 *
 * const { znodes } = (await rebuild(discover(["fixtures/3.8.6-standalone"]))).tree;
 * const view = znodes.viewOf(ROOT);
 * console.log(view.getInt32(statAt(view, znodes.recordOf(ROOT)) + STAT.cversion));
 */
export function statAt(view: DataView, record: number): number {
  return aclAt(view, record) + 8;
}

/** The bytes of a record with a path and data of these lengths (-1 = null). */
export function recordLength(pathLength: number, dataLength: number): number {
  return 4 + pathLength + 4 + (dataLength > 0 ? dataLength : 0) + 8 + STAT_LENGTH;
}

/**
 * Whether the signed long at `at` is less than (high, low).
 *
 * @example
 * import { longLess } from "zkrewind/tree";
 *
 * const view = new DataView(new ArrayBuffer(8));
 * view.setBigInt64(0, 5n);
 * console.log(longLess(view, 0, 0, 6), longLess(view, 0, -1, 0));
 */
export function longLess(view: DataView, at: number, high: number, low: number): boolean {
  const there = view.getInt32(at);
  return there < high || (there === high && view.getUint32(at + 4) < low);
}

/**
 * Writes a long at `at`, big-endian: its upper half signed, its lower half unsigned.
 *
 * @example
 * import { setLong } from "zkrewind/tree";
 *
 * const view = new DataView(new ArrayBuffer(8));
 * setLong(view, 0, 1, 0x22);
 * console.log(view.getBigInt64(0).toString(16));
 */
export function setLong(view: DataView, at: number, high: number, low: number): void {
  view.setInt32(at, high);
  view.setUint32(at + 4, low);
}

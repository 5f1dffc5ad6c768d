import type { Safe } from "../text/safe.js";

/**
 * A zxid is 64 bits: the epoch in the upper half, the transaction's counter within it in the lower. This is the one
 * place that knows the split.
 */

/**
 * The upper 32 bits, unsigned: which leader's.
 *
 * @example
 * import { epochOf } from "zkrewind/storage";
 *
 * console.log(epochOf(0x100000022n));
 */
export function epochOf(zxid: bigint): number {
  return Number(BigInt.asUintN(64, zxid) >> 32n);
}

/**
 * The lower 32 bits, unsigned: how many transactions of its epoch there were.
 *
 * @example
 * import { counterOf } from "zkrewind/storage";
 *
 * console.log(counterOf(0x100000022n));
 */
export function counterOf(zxid: bigint): number {
  return Number(zxid & 0xffffffffn);
}

/**
 * @example
 * import { counterOf, epochOf, hex, makeZxid } from "zkrewind/storage";
 *
 * const zxid = makeZxid(5, 34);
 * console.log(hex(zxid), epochOf(zxid), counterOf(zxid));
 */
export function makeZxid(epoch: number, counter: number): bigint {
  return BigInt.asIntN(64, (BigInt(epoch) << 32n) | BigInt(counter));
}

/**
 * Joins the two halves of a long: the upper signed, the lower unsigned.
 *
 * @example
 * import { fromHalves } from "zkrewind/storage";
 *
 * console.log(fromHalves(1, 0x22) === 0x100000022n);
 */
export function fromHalves(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/**
 * `0x…` in lower case, as unsigned 64 bits: for zxids, session ids and owners.
 *
 * @example
 * import { hex } from "zkrewind/storage";
 *
 * console.log(hex(0x1d8en), hex(-1n));
 */
export function hex(value: bigint): Safe {
  return `0x${BigInt.asUintN(64, value).toString(16)}` as Safe;
}

/** `hex` from two halves, without a BigInt. */
export function hexOfHalves(high: number, low: number): Safe {
  const upper = high >>> 0;
  if (upper === 0) return `0x${low.toString(16)}` as Safe;
  return `0x${upper.toString(16)}${low.toString(16).padStart(8, "0")}` as Safe;
}

/**
 * Whether `next` may follow `previous` in one unbroken log: the next counter in the epoch, or the beginning of a later
 * epoch. Counters begin at 1; a new leader whose epoch begins at counter 0 is not known to exist.
 */
export function follows(previous: bigint, next: bigint): boolean {
  return next === previous + 1n || (epochOf(next) > epochOf(previous) && counterOf(next) <= 1);
}

import { counterOf } from "../../storage/zxid.js";

/** Segments are cut where the counter is a multiple of this, so that they are the same from every server. */
export const SLOT = 4096;
/** A segment also ends with the transaction that brings its canonical records to so many bytes. */
export const MOST_SEGMENT = 32 << 20;

/** Whether two zxids of one epoch lie in one slot. */
export function sameSlot(a: bigint, b: bigint): boolean {
  return a >> 12n === b >> 12n;
}

/** Whether no transaction of a zxid's slot can come before it. A standalone server's epochs can begin at 0. */
export function beginsSlot(zxid: bigint): boolean {
  return counterOf(zxid) % SLOT === 0 || counterOf(zxid) === 1;
}

export function endsSlot(zxid: bigint): boolean {
  return counterOf(zxid) % SLOT === SLOT - 1;
}

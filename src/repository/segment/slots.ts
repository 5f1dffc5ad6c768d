import { counterOf } from "../../storage/zxid.js";

/** Segments are cut where the counter is a multiple of this, so that they are the same from every server. */
export const SLOT = 4096;
/** Bytes of canonical records: a segment also ends with the transaction that reaches them. */
export const MOST_SEGMENT = 32 << 20;
/** The longest record that is shipped: its payload's bytes. No server reads one so long unless jute.maxbuffer is raised to it. */
export const MOST_RECORD = 256 << 20;
/** No segment's log file is longer: the last record begins before MOST_SEGMENT, and 4,096 have frames and digests. */
export const MOST_SEGMENT_FILE = MOST_SEGMENT + MOST_RECORD + (1 << 20);

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

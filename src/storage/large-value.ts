import type { Block } from "../checksum/index.js";
import type { Window } from "../io/window.js";

/** A value longer than this passes by in pieces where a reader's user asks for it: memory does not grow with it. */
export const LARGE_VALUE = 1 << 20;

/**
 * A compressed file can claim a value or record of 2 GiB in 2 MB. No server that is told of by anyone takes one as long
 * as this, so that a longer length is wrong.
 */
export const MOST_COMPRESSED: number = 256 << 20;

/** Takes the values that a reader does not hold. */
export interface LargeValues {
  /** The reader stands at the record whose value begins: its path and dataLength are good during the call. */
  begin(): void;
  /**
   * The next bytes of the value, good until the promise is done. Where the file ends inside the value, pieces of it
   * have come and the record does not.
   */
  piece(block: Block, from: number, to: number): void | Promise<void>;
}

/** For whoever wants to know no more of a large value than its length. */
export const IGNORED: LargeValues = { begin: () => {}, piece: () => {} };

/**
 * Hands on a value of `length` bytes that begins `head` bytes after the window's position, and takes it out of the
 * window: what follows it then is right after the head. Returns how many bytes there were.
 */
export async function passValue(window: Window, head: number, length: number, to: LargeValues): Promise<number> {
  let passed = 0;
  while (passed < length) {
    if (!(await window.need(head + KEPT + 1))) break;
    const from = window.position + head;
    const count = Math.min(length - passed, window.available - head - KEPT);
    const handed = to.piece(window.block, from, from + count);
    if (handed) await handed;
    window.cut(head, count);
    passed += count;
  }
  return passed;
}

/** The bytes that a file ends in are not let go with a value: they tell whether it was cut or the length is wrong. */
const KEPT = 5;

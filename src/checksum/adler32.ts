import { Block } from "./block.js";

const BASE = 65521;
// Small enough to stay in a core's second-level cache between the copy and the sum.
const PIECE = 65536;

let shared: Block | undefined;

/**
 * The Adler-32 of bytes wherever they are, at the price of a copy; `seed` is that of the bytes before them, so a stream
 * is `sum = adler32(chunk, sum)`. Bytes that are in a Block are better served by its own method.
 */
export function adler32(data: Uint8Array, seed = 1): number {
  shared ??= Block.create(PIECE);
  let sum = seed >>> 0;
  for (let from = 0; from < data.length; from += PIECE) {
    const length = Math.min(PIECE, data.length - from);
    shared.bytes.set(length === data.length ? data : data.subarray(from, from + length), shared.start);
    sum = shared.kernel.adler32(shared.start, length, sum) >>> 0;
  }
  return sum;
}

/** Whether a number can be an Adler-32: each half is a remainder. */
export function isAdler32(value: number): boolean {
  return (value & 0xffff) < BASE && value >>> 16 < BASE;
}

/** The Adler-32 of A followed by B, from those of A and of B alone: what lets parts be summed in parallel. */
export function adler32Combine(a: number, b: number, lengthB: number): number {
  const lowA = a & 0xffff;
  const lowB = b & 0xffff;
  // Each of B's bytes counts A's low sum once more in the high one; B's own sums began at 1, which is A's part.
  const times = lengthB % BASE;
  const low = (lowA + lowB + BASE - 1) % BASE;
  const high = ((a >>> 16) + (b >>> 16) + times * (lowA + BASE - 1)) % BASE;
  return ((high << 16) | low) >>> 0;
}

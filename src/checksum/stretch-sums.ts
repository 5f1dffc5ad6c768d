import type { Block } from "./block.js";

/** Bytes between two places whose sums are kept: at most this many are summed for each that is asked for. */
const STEP = 256;

/**
 * The Adler-32 of all bytes up to any place in a stretch of a block, from the beginning of the file or wherever the
 * count began. Each answer costs less than STEP bytes of summing, in any order.
 */
export class StretchSums {
  private block: Block | null = null;
  private from = 0;
  private to = 0;
  private kept = new Uint32Array(0);
  /** How many of them are known. */
  private known = 0;

  /** Turns to block[from, to); `sum` is that of the bytes before it. */
  begin(block: Block, from: number, to: number, sum: number): void {
    this.block = block;
    this.from = from;
    this.to = to;
    const count = Math.floor((to - from) / STEP) + 1;
    if (this.kept.length < count) this.kept = new Uint32Array(count);
    this.kept[0] = sum;
    this.known = 1;
  }

  /** The Adler-32 of everything before `position`, which is in the stretch or is its end. */
  at(position: number): number {
    const { block, from, kept } = this;
    if (!block || position < from || position > this.to) throw new RangeError(`${position} is not in the stretch`);
    const step = Math.floor((position - from) / STEP);
    for (; this.known <= step; this.known++) {
      const start = from + (this.known - 1) * STEP;
      kept[this.known] = block.kernel.adler32(start, STEP, kept[this.known - 1] as number);
    }
    const start = from + step * STEP;
    return block.kernel.adler32(start, position - start, kept[step] as number) >>> 0;
  }
}

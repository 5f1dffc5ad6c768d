/** Bytes that a bucket of ends spans. */
const BUCKET = 1 << 20;
const FIRST_CAPACITY = 1 << 10;
const NONE = 0xffffffff;
/** Places are kept in 32 bits, from `base` on. */
const MOST_SPAN = 2 ** 31;

/**
 * Bytes that look like the head of a record, each a claim: that a record begins there, where it ends, and what the
 * running checksum of the file must be at its end for that to be true. So a claim is settled when a pass over the file
 * comes by its end, at the same small cost however long the record would be.
 *
 * A claim takes 16 bytes. Claims are in the order of their starts, and in lists by where they end.
 */
export class Claims {
  private readonly most: number;
  private base = 0;
  private starts: Uint32Array<ArrayBuffer>;
  /** Bytes from a claim's start to its last one; 0 where it is settled. */
  private lengths: Uint32Array<ArrayBuffer>;
  private sums: Uint32Array<ArrayBuffer>;
  /** The next claim that ends in the same bucket. */
  private nexts: Uint32Array<ArrayBuffer>;
  private buckets = new Map<number, number>();
  private count = 0;
  /** Every claim before it is settled. */
  private first = 0;
  private open = 0;

  /** There is room for `most`, a power of two. */
  constructor(most: number) {
    this.most = most;
    const capacity = Math.min(most, FIRST_CAPACITY);
    this.starts = new Uint32Array(capacity);
    this.lengths = new Uint32Array(capacity);
    this.sums = new Uint32Array(capacity);
    this.nexts = new Uint32Array(capacity);
  }

  /** Forgets all; what is added from now on is at or after `base`. */
  reset(base: number): void {
    this.base = base;
    this.buckets.clear();
    this.count = 0;
    this.first = 0;
    this.open = 0;
  }

  /** How many are not settled. */
  get size(): number {
    return this.open;
  }

  /**
   * Adds the claim of a record from `start` to `last`, its end mark, where the running checksum must be `sum`. Starts
   * rise. False where there is no room: it was not added.
   */
  add(start: number, last: number, sum: number): boolean {
    if (start - this.base > MOST_SPAN) return false;
    if (this.count === this.starts.length && !this.makeRoom()) return false;
    const claim = this.count++;
    this.starts[claim] = start - this.base;
    this.lengths[claim] = last - start;
    this.sums[claim] = sum;
    this.link(claim);
    this.open++;
    return true;
  }

  /** Settles every claim that ends in [from, to): `isTrue` is asked, and `found` told of those that are. */
  settle(
    from: number,
    to: number,
    isTrue: (last: number, sum: number) => boolean,
    found: (start: number, last: number) => void,
  ): void {
    if (this.open === 0) return;
    for (let bucket = Math.floor(from / BUCKET); bucket * BUCKET < to; bucket++)
      this.settleBucket(bucket, to, isTrue, found);
  }

  /** The lowest start at or after `from` of a claim that is not settled; infinity if there is none. Never goes back. */
  lowest(from: number): number {
    for (; this.first < this.count; this.first++) {
      const start = this.base + (this.starts[this.first] as number);
      if (this.lengths[this.first] === 0) continue;
      if (start >= from) return start;
      // Nobody will ask for it any more. Its list finds it settled.
      this.lengths[this.first] = 0;
      this.open--;
    }
    return Number.POSITIVE_INFINITY;
  }

  private settleBucket(
    bucket: number,
    to: number,
    isTrue: (last: number, sum: number) => boolean,
    found: (start: number, last: number) => void,
  ): void {
    let claim = this.buckets.get(bucket) ?? NONE;
    let left = NONE;
    while (claim !== NONE) {
      const next = this.nexts[claim] as number;
      const length = this.lengths[claim] as number;
      const start = this.base + (this.starts[claim] as number);
      const last = start + length;
      if (length !== 0 && last >= to) {
        this.nexts[claim] = left;
        left = claim;
      } else if (length !== 0) {
        this.lengths[claim] = 0;
        this.open--;
        if (isTrue(last, this.sums[claim] as number)) found(start, last);
      }
      claim = next;
    }
    if (left === NONE) this.buckets.delete(bucket);
    else this.buckets.set(bucket, left);
  }

  private link(claim: number): void {
    const last = this.base + (this.starts[claim] as number) + (this.lengths[claim] as number);
    const bucket = Math.floor(last / BUCKET);
    this.nexts[claim] = this.buckets.get(bucket) ?? NONE;
    this.buckets.set(bucket, claim);
  }

  /** Drops the settled ones, where that gives much; else takes more memory; false where neither may be. */
  private makeRoom(): boolean {
    const { starts, lengths, sums } = this;
    if (this.open <= this.count / 2) {
      let kept = 0;
      for (let claim = this.first; claim < this.count; claim++) {
        if (lengths[claim] === 0) continue;
        starts[kept] = starts[claim] as number;
        lengths[kept] = lengths[claim] as number;
        sums[kept] = sums[claim] as number;
        kept++;
      }
      this.count = kept;
      this.first = 0;
      this.buckets.clear();
      for (let claim = 0; claim < kept; claim++) this.link(claim);
      return true;
    }
    const capacity = starts.length * 2;
    if (capacity > this.most) return false;
    this.starts = longer(starts, capacity);
    this.lengths = longer(lengths, capacity);
    this.sums = longer(sums, capacity);
    this.nexts = longer(this.nexts, capacity);
    return true;
  }
}

function longer(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(length);
  copy.set(array);
  return copy;
}

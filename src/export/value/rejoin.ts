/**
 * Joins what the borders of pieces cut apart: hands on ranges of bytes that end where they may, and keeps the few
 * after that for the next piece. No unit that must stay whole has more than four bytes.
 */
export class Rejoin {
  /** How many of from[start, end) may be handed on, as an offset: all but the beginning of a unit. */
  private readonly wholeEnd: (from: Uint8Array, start: number, end: number) => number;
  private readonly take: (from: Uint8Array, start: number, end: number) => void;
  private readonly kept = new Uint8Array(4);
  private keptLength = 0;

  constructor(wholeEnd: Rejoin["wholeEnd"], take: Rejoin["take"]) {
    this.wholeEnd = wholeEnd;
    this.take = take;
  }

  /** Whether nothing is kept. */
  get isWhole(): boolean {
    return this.keptLength === 0;
  }

  add(from: Uint8Array, start: number, end: number): void {
    let at = start;
    while (this.keptLength > 0 && at < end) {
      this.kept[this.keptLength++] = from[at++] as number;
      if (this.wholeEnd(this.kept, 0, this.keptLength) === this.keptLength) this.flush();
    }
    const whole = this.wholeEnd(from, at, end);
    if (whole > at) this.take(from, at, whole);
    for (at = whole; at < end; at++) this.kept[this.keptLength++] = from[at] as number;
  }

  /** Hands on what is kept as it is. */
  flush(): void {
    const length = this.keptLength;
    this.keptLength = 0;
    if (length > 0) this.take(this.kept, 0, length);
  }
}

/** Where from[start, end) ends so that pieces of base64, which has four characters for three bytes, join. */
export function threesEnd(_: Uint8Array, start: number, end: number): number {
  return end - ((end - start) % 3);
}

/** Where it ends if any byte may be the last. */
export function wholeBytes(_: Uint8Array, _start: number, end: number): number {
  return end;
}

import { adler32Combine, isAdler32, StretchSums } from "../checksum/index.js";
import type { ByteSource } from "../io/byte-source.js";
import { ReadFrom } from "../io/read-from.js";
import { Window } from "../io/window.js";
import { Claims } from "./claims.js";
import { END_MARK, RECORD_HEAD, TXN_HEADER_LENGTH } from "./log-record.js";
import { SoundRuns } from "./sound-runs.js";
import { firstNonZero } from "./zeros.js";

/**
 * Finds the records of a damaged log that are sound in every way: checksum, length, end mark. Any byte can be the first
 * of one.
 *
 * The checksum of a range follows from the sums of what is before its beginning and before its end (adler32Combine).
 * So one pass over the file settles every claim to be a record, however many there are and however they overlap: bytes
 * made to look like records cost no more than others and hide nothing. The pass is one for all searches, which go
 * forward, and reads on only as far as an answer needs. It reads apart from whoever reads the records, in bounded
 * memory; only where there are millions of claims at a time does it go back, to those that it had no room for.
 */
export class SoundSearch {
  private readonly source: ByteSource;
  private readonly claims: Claims;
  private readonly found = new SoundRuns();
  private readonly sums = new StretchSums();
  private window: Window | null = null;
  /** What was opened for the pass alone. */
  private opened: ByteSource | null = null;
  /** The pass has begun here; claims that begin before `reach` have been taken, and none after it where it is full. */
  private origin = 0;
  private reach = 0;
  private full = false;
  private ended = false;
  /** Adler-32 of what is between the pass's beginning and the window's position. */
  private sum = 1;

  /** `mostClaims`, a power of two, are kept at a time. */
  constructor(source: ByteSource, mostClaims = MOST_CLAIMS) {
    this.source = source;
    this.claims = new Claims(mostClaims);
  }

  /** Where the first sound record begins at or after `from`, in bytes of the file; null if there is none. */
  async next(from: number): Promise<number | null> {
    if (!this.window || from < this.origin || from > this.reach) await this.begin(from);
    for (;;) {
      const found = this.found.next(from);
      const open = this.ended ? Number.POSITIVE_INFINITY : this.claims.lowest(from);
      if (found !== null && found < open) {
        if (found >= from) return found;
        // The place is inside a record: what is sound after it has not been kept.
        await this.begin(from);
      } else if (!this.ended && (!this.full || this.claims.size > 0)) await this.sweep();
      else if (this.full) await this.begin(Math.max(from, this.reach));
      else return null;
    }
  }

  close(): void {
    this.window?.close();
    this.window = null;
    this.opened?.close();
    this.opened = null;
  }

  /** Begins a pass at a place. */
  private async begin(from: number): Promise<void> {
    this.claims.reset(from);
    this.found.reset();
    this.full = false;
    this.origin = from;
    this.reach = from;
    this.sum = 1;
    if (this.source.readAt) {
      this.window?.close();
      this.window = new Window(new ReadFrom(this.source, from));
      this.window.leap(from);
      this.ended = false;
      return;
    }
    if (!this.window || from < this.window.offset) {
      this.close();
      this.opened = this.source.again();
      this.window = new Window(this.opened);
    }
    this.ended = !(await this.window.goTo(from));
  }

  /** Takes in the next stretch of the file. */
  private async sweep(): Promise<void> {
    const window = this.window as Window;
    this.ended = !(await window.need(STRETCH));
    const { position: from, limit: to } = window;
    this.sums.begin(window.block, from, to, this.sum);
    if (!this.full) this.takeClaims(window);
    this.settle(window);
    // A head may begin here and end after it.
    const next = this.ended ? to : to - RECORD_HEAD + 1;
    this.sum = this.sums.at(next);
    window.position = next;
  }

  /** Adds every head in the window to the claims. */
  private takeClaims(window: Window): void {
    const { bytes, view } = window.block;
    const last = window.limit - RECORD_HEAD;
    const size = this.source.size ?? Number.POSITIVE_INFINITY;
    let at = window.position;
    while (at <= last) {
      // A checksum's upper half is 0: the last of its bytes that is not tells where the next such half may begin.
      if (bytes[at + 3] !== 0) at += 4;
      else if (bytes[at + 2] !== 0) at += 3;
      else if (bytes[at + 1] !== 0) at += 2;
      else if (bytes[at] !== 0) at += 1;
      else {
        const length = view.getInt32(at + 8);
        if (length === 0 && view.getInt32(at + 4) === 0) {
          // In zeros no length is, before what ends them.
          at = Math.max(at + 1, firstNonZero(bytes, at + RECORD_HEAD, window.limit) - RECORD_HEAD + 1);
          continue;
        }
        const start = window.fileOffset(at);
        const end = start + RECORD_HEAD + length;
        if (length >= TXN_HEADER_LENGTH && end < size && !this.take(start, end, at, view.getUint32(at + 4))) return;
        at++;
      }
    }
    this.reach = window.fileOffset(Math.max(at, window.position));
  }

  /** False where there is no room for the claim. */
  private take(start: number, last: number, at: number, checksum: number): boolean {
    if (!isAdler32(checksum)) return true;
    const payload = at + RECORD_HEAD;
    const sum = adler32Combine(this.sums.at(payload), checksum, last - start - RECORD_HEAD);
    if (this.found.length < MOST_RUNS && this.claims.add(start, last, sum)) return true;
    this.full = true;
    this.reach = start;
    return false;
  }

  /** Settles the claims that end in the window. */
  private settle(window: Window): void {
    const { view } = window.block;
    const shift = window.offset - window.position;
    const ends: [start: number, end: number][] = [];
    this.claims.settle(
      window.offset,
      window.fileOffset(window.limit),
      (last, sum) => view.getUint8(last - shift) === END_MARK && this.sums.at(last - shift) === sum,
      (start, last) => ends.push([start, last + 1]),
    );
    ends.sort(([a, endOfA], [b, endOfB]) => endOfA - endOfB || b - a);
    for (const [start, end] of ends) this.found.add(start, end);
  }
}

/** Enough that few lists of claims are looked through more than a few times. */
const STRETCH = 1 << 18;
/** 64 MiB of them. */
const MOST_CLAIMS = 1 << 22;
const MOST_RUNS = 1 << 20;

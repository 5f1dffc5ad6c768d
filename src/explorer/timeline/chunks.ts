import { Body, type TxnCursor } from "../../txn/index.js";

/** What transactions are counted as. */
export const KINDS = ["create", "set", "delete", "acl", "session", "multi", "error", "other"] as const;

export type Kind = (typeof KINDS)[number];

/** Where in `KINDS` a body lies. */
export const KIND_OF: Readonly<Record<TxnCursor["body"], number>> = {
  [Body.none]: KINDS.indexOf("other"),
  [Body.create]: KINDS.indexOf("create"),
  [Body.delete]: KINDS.indexOf("delete"),
  [Body.setData]: KINDS.indexOf("set"),
  [Body.setAcl]: KINDS.indexOf("acl"),
  [Body.check]: KINDS.indexOf("other"),
  [Body.createSession]: KINDS.indexOf("session"),
  [Body.closeSession]: KINDS.indexOf("session"),
  [Body.error]: KINDS.indexOf("error"),
  [Body.multi]: KINDS.indexOf("multi"),
};

/** A transaction as the timeline counts it. */
export interface Counted {
  zxidHigh: number;
  zxidLow: number;
  /** Milliseconds since 1970. */
  time: number;
  kind: number;
  /** Of its payload. */
  bytes: number;
  failed: boolean;
  /** Znodes that it deleted. */
  deletes: number;
  /** Sessions that it opened, less those that it closed. */
  sessions: number;
  /** Its log, and where in it its record begins. */
  file: number;
  offset: number;
}

/**
 * Transactions in the order of the logs, in a bounded number of chunks: each holds one at first, and twice as many each
 * time the room is used up. A chunk takes 100 bytes.
 */
export class Chunks {
  /** How many there are, and how many transactions each but the last holds. */
  length = 0;
  per = 1;
  /** How many transactions there are. */
  count = 0;
  private inLast = 0;
  private readonly most: number;
  private capacity = 0;
  private zxids = new Int32Array(0);
  private lastZxids = new Int32Array(0);
  private times = new Float64Array(0);
  private lastTimes = new Float64Array(0);
  private counts = new Uint32Array(0);
  private bytes = new Float64Array(0);
  private failures = new Uint32Array(0);
  private deletes = new Uint32Array(0);
  private sessions = new Int32Array(0);
  private files = new Uint32Array(0);
  private offsets = new Float64Array(0);

  constructor(most: number) {
    this.most = most;
  }

  /** Adds the next transaction. */
  add(txn: Counted): void {
    if (this.inLast === this.per || this.length === 0) this.begin(txn);
    const at = this.length - 1;
    this.inLast++;
    this.count++;
    this.lastZxids[2 * at] = txn.zxidHigh;
    this.lastZxids[2 * at + 1] = txn.zxidLow;
    this.lastTimes[at] = txn.time;
    const place = at * KINDS.length + txn.kind;
    this.counts[place] = (this.counts[place] as number) + 1;
    this.bytes[at] = (this.bytes[at] as number) + txn.bytes;
    if (txn.failed) this.failures[at] = (this.failures[at] as number) + 1;
    this.deletes[at] = (this.deletes[at] as number) + txn.deletes;
    this.sessions[at] = (this.sessions[at] as number) + txn.sessions;
  }

  firstZxid(at: number): bigint {
    return zxidIn(this.zxids, at);
  }

  lastZxid(at: number): bigint {
    return zxidIn(this.lastZxids, at);
  }

  time(at: number): number {
    return this.times[at] as number;
  }

  lastTime(at: number): number {
    return this.lastTimes[at] as number;
  }

  countOf(at: number, kind: number): number {
    return this.counts[at * KINDS.length + kind] as number;
  }

  /** How many transactions a chunk holds. */
  held(at: number): number {
    return at === this.length - 1 ? this.inLast : this.per;
  }

  bytesOf(at: number): number {
    return this.bytes[at] as number;
  }

  failed(at: number): number {
    return this.failures[at] as number;
  }

  deleted(at: number): number {
    return this.deletes[at] as number;
  }

  sessionsOf(at: number): number {
    return this.sessions[at] as number;
  }

  placeOf(at: number): { file: number; offset: number } {
    return { file: this.files[at] as number, offset: this.offsets[at] as number };
  }

  /** The last chunk that begins at or before a zxid; -1 where none does. */
  at(zxid: bigint): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.firstZxid(middle) <= zxid) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  private begin(txn: Counted): void {
    if (this.length === this.most) this.halve();
    // After halving, the last one can be half full.
    if (this.length > 0 && this.inLast < this.per) return;
    if (this.length === this.capacity) this.grow();
    const at = this.length++;
    this.inLast = 0;
    this.zxids[2 * at] = txn.zxidHigh;
    this.zxids[2 * at + 1] = txn.zxidLow;
    this.times[at] = txn.time;
    this.files[at] = txn.file;
    this.offsets[at] = txn.offset;
    this.counts.fill(0, at * KINDS.length, (at + 1) * KINDS.length);
    for (const column of [this.bytes, this.failures, this.deletes, this.sessions]) column[at] = 0;
  }

  /** Joins every two into one. */
  private halve(): void {
    const pairs = Math.ceil(this.length / 2);
    for (let pair = 0; pair < pairs; pair++) {
      const [a, b] = [2 * pair, 2 * pair + 1];
      const isPair = b < this.length;
      const last = isPair ? b : a;
      for (const column of [this.times, this.files, this.offsets]) column[pair] = column[a] as number;
      this.lastTimes[pair] = this.lastTimes[last] as number;
      for (const half of [0, 1]) {
        this.zxids[2 * pair + half] = this.zxids[2 * a + half] as number;
        this.lastZxids[2 * pair + half] = this.lastZxids[2 * last + half] as number;
      }
      for (const column of [this.bytes, this.failures, this.deletes, this.sessions])
        column[pair] = (column[a] as number) + (isPair ? (column[b] as number) : 0);
      for (let kind = 0; kind < KINDS.length; kind++)
        this.counts[pair * KINDS.length + kind] = this.countOf(a, kind) + (isPair ? this.countOf(b, kind) : 0);
    }
    const isOdd = this.length % 2 === 1;
    this.inLast += isOdd ? 0 : this.per;
    this.length = pairs;
    this.per *= 2;
  }

  private grow(): void {
    const capacity = Math.min(Math.max(2 * this.capacity, 1024), this.most);
    this.capacity = capacity;
    this.zxids = grown(this.zxids, new Int32Array(2 * capacity));
    this.lastZxids = grown(this.lastZxids, new Int32Array(2 * capacity));
    this.times = grown(this.times, new Float64Array(capacity));
    this.lastTimes = grown(this.lastTimes, new Float64Array(capacity));
    this.counts = grown(this.counts, new Uint32Array(KINDS.length * capacity));
    this.bytes = grown(this.bytes, new Float64Array(capacity));
    this.failures = grown(this.failures, new Uint32Array(capacity));
    this.deletes = grown(this.deletes, new Uint32Array(capacity));
    this.sessions = grown(this.sessions, new Int32Array(capacity));
    this.files = grown(this.files, new Uint32Array(capacity));
    this.offsets = grown(this.offsets, new Float64Array(capacity));
  }
}

function zxidIn(column: Int32Array, at: number): bigint {
  return (BigInt(column[2 * at] as number) << 32n) | BigInt((column[2 * at + 1] as number) >>> 0);
}

function grown<T extends Int32Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

import { fromHalves } from "./zxid.js";

/** A session in a snapshot: its id and timeout in milliseconds. */
export interface SnapshotSession {
  id: bigint;
  timeout: number;
}

/** An entry of a snapshot's ACL map: the id that znodes refer to, and the vector<ACL> as it was stored. */
export interface SnapshotAcl {
  id: bigint;
  acl: Buffer;
}

const FIRST_CAPACITY = 64;

/** Longs, each once, in the order in which they came: 8 bytes each, and as much again to find them by. */
class LongList {
  length = 0;
  private highs = new Int32Array(FIRST_CAPACITY);
  private lows = new Uint32Array(FIRST_CAPACITY);
  /** By their hash, open addressing: places in the list, plus 1. */
  private table = new Int32Array(2 * FIRST_CAPACITY);

  /** Its place; `length - 1` where it is new. */
  add(high: number, low: number): { place: number; isNew: boolean } {
    if (this.length === this.highs.length) this.grow();
    const slot = this.find(high, low);
    const known = this.table[slot] as number;
    if (known !== 0) return { place: known - 1, isNew: false };
    const place = this.length++;
    this.highs[place] = high;
    this.lows[place] = low;
    this.table[slot] = place + 1;
    return { place, isNew: true };
  }

  has(high: number, low: number): boolean {
    return this.table[this.find(high, low)] !== 0;
  }

  at(place: number): bigint {
    return fromHalves(this.highs[place] as number, this.lows[place] as number);
  }

  /** Where the table has a long, or would. */
  private find(high: number, low: number): number {
    let slot = this.slotOf(high, low);
    for (let entry = this.table[slot] as number; entry !== 0; entry = this.table[slot] as number) {
      if (this.highs[entry - 1] === high && this.lows[entry - 1] === low) break;
      slot = (slot + 1) & (this.table.length - 1);
    }
    return slot;
  }

  private slotOf(high: number, low: number): number {
    let hash = Math.imul(high, 0x9e3779b1) ^ Math.imul(low, 0x85ebca77);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (this.table.length - 1);
  }

  private grow(): void {
    const capacity = 2 * this.highs.length;
    const [highs, lows] = [new Int32Array(capacity), new Uint32Array(capacity)];
    highs.set(this.highs);
    lows.set(this.lows);
    this.highs = highs;
    this.lows = lows;
    this.table = new Int32Array(2 * capacity);
    for (let place = 0; place < this.length; place++) {
      let slot = this.slotOf(highs[place] as number, lows[place] as number);
      while (this.table[slot] !== 0) slot = (slot + 1) & (this.table.length - 1);
      this.table[slot] = place + 1;
    }
  }
}

/** The sessions of a snapshot: no more memory than the bytes that they were read from, about twice. */
export class SessionList implements Iterable<SnapshotSession> {
  private readonly ids = new LongList();
  private timeouts = new Int32Array(FIRST_CAPACITY);

  get length(): number {
    return this.ids.length;
  }

  /** False where the id was there before: the later timeout is the one that counts, as in a server's map. */
  add(high: number, low: number, timeout: number): boolean {
    const { place, isNew } = this.ids.add(high, low);
    if (place === this.timeouts.length) {
      const longer = new Int32Array(2 * place);
      longer.set(this.timeouts);
      this.timeouts = longer;
    }
    this.timeouts[place] = timeout;
    return isNew;
  }

  *[Symbol.iterator](): Iterator<SnapshotSession> {
    for (let place = 0; place < this.length; place++)
      yield { id: this.ids.at(place), timeout: this.timeouts[place] as number };
  }
}

/** The ACL map of a snapshot, with the ACLs back to back in a few buffers. */
export class AclList implements Iterable<SnapshotAcl> {
  private readonly ids = new LongList();
  private readonly buffers: Buffer[] = [];
  private used = 0;
  /** Of each entry: which buffer, from where on, how many bytes. */
  private spans = new Uint32Array(3 * FIRST_CAPACITY);

  get length(): number {
    return this.ids.length;
  }

  /** Adds bytes[start, end) under an id; false where it was there before: the later one counts, as in a server's map. */
  add(high: number, low: number, bytes: Buffer, start: number, end: number): boolean {
    const { place, isNew } = this.ids.add(high, low);
    if (3 * place === this.spans.length) {
      const longer = new Uint32Array(6 * place);
      longer.set(this.spans);
      this.spans = longer;
    }
    this.spans.set([this.room(end - start), this.used, end - start], 3 * place);
    bytes.copy(this.buffers.at(-1) as Buffer, this.used, start, end);
    this.used += end - start;
    return isNew;
  }

  has(id: bigint): boolean {
    return this.ids.has(Number(id >> 32n), Number(id & 0xffffffffn));
  }

  *[Symbol.iterator](): Iterator<SnapshotAcl> {
    for (let place = 0; place < this.length; place++) {
      const [buffer = 0, from = 0, length = 0] = this.spans.subarray(3 * place, 3 * place + 3);
      yield { id: this.ids.at(place), acl: (this.buffers[buffer] as Buffer).subarray(from, from + length) };
    }
  }

  /** Which buffer has room for this many bytes: the last one. */
  private room(length: number): number {
    const last = this.buffers.at(-1);
    if (!last || this.used + length > last.length) {
      this.buffers.push(Buffer.alloc(Math.max(length, Math.min(BUFFER, 2 * (last?.length ?? FIRST_BUFFER)))));
      this.used = 0;
    }
    return this.buffers.length - 1;
  }
}

const FIRST_BUFFER = 1 << 11;
const BUFFER = 1 << 20;

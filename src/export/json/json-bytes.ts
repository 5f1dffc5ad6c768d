import { allocate, MAX_PAGES, PAGE, type WasmMemory } from "../../checksum/index.js";
import {
  INPUT,
  type JsonKernel,
  KEPT,
  MOST_ESCAPED,
  MOST_FIXED,
  MOST_INPUT,
  newJsonKernel,
  OUTPUT,
  SLACK,
} from "./json-kernel.js";
import { STAT_LENGTH } from "../../tree/index.js";
import type { TxnCursor } from "../../txn/index.js";
import type { Sink } from "../../io/sink.js";
import { sequencesEnd } from "../value/utf8.js";
import { jsonText } from "../../text/unsafe.js";

/**
 * Writes JSON as bytes, into one large buffer that is used again and again.
 *
 * An export of millions of znodes spends its time on making strings if it makes any: so nothing here does. The buffer is
 * the memory of a WebAssembly kernel; what is to be written is copied into it and written there, many bytes at once.
 * Every method appends; `drain` hands the bytes to a sink and begins anew.
 *
 *     while (…) { out.raw(KEY); out.hexLong(high, low); …; if (out.isFull) await out.drain(sink); }
 *
 * Like any WebAssembly memory it takes 10 GiB of address space: make one for much, not many.
 */
export class JsonBytes {
  private readonly memory: WasmMemory = allocate(INITIAL_PAGES, MAX_PAGES);
  private readonly kernel: JsonKernel = newJsonKernel(this.memory);
  private bytes = new Uint8Array(this.memory.buffer);
  private view = new DataView(this.memory.buffer);
  /** Where in the memory the next byte goes, and how far there is room. */
  private at = OUTPUT;
  private end = this.bytes.length - SLACK;
  private words = new Int32Array(this.memory.buffer);
  /** Where in the memory the next that is kept goes. */
  private kept = KEPT;
  /** What was last copied from, and all of its buffer. */
  private from = NOTHING;
  private fromWords: Int32Array = NO_WORDS;

  /** Bytes that wait for `drain`. */
  get length(): number {
    return this.at - OUTPUT;
  }

  /** Whether enough is there to be worth a `drain`. */
  get isFull(): boolean {
    return this.at >= OUTPUT + FULL;
  }

  /** Hands everything to `sink`; a promise only where the sink makes one. */
  drain(sink: Sink): void | Promise<void> {
    if (this.at === OUTPUT) return;
    const bytes = this.bytes.subarray(OUTPUT, this.at);
    this.at = OUTPUT;
    return sink.write(bytes);
  }

  /** Forgets what was not drained, and what was kept. */
  clear(): void {
    this.at = OUTPUT;
    this.kept = KEPT;
  }

  /** Keys and punctuation, as they are. */
  raw(literal: JsonLiteral): void {
    const { words, length } = literal;
    this.reserve(length);
    const { view, at } = this;
    // What the last word has too much is overwritten, or never handed on.
    for (let index = 0; index < words.length; index++) view.setInt32(at + index * 4, words[index] as number, true);
    this.at = at + length;
  }

  /** Puts JSON where it can be had for `znode`, for as long as this lives; null where no room is left for it. */
  keep(literal: JsonLiteral): KeptBytes | null {
    const { words, length } = literal;
    const at = this.kept;
    if (at + words.length * 4 + SLACK > OUTPUT) return null;
    this.words.set(words, at >> 2);
    this.kept += words.length * 4;
    return { at, length };
  }

  /** A value of any kind: for what is written once. */
  value(value: unknown): void {
    const text = Buffer.from(jsonText(value));
    this.reserve(text.length);
    this.bytes.set(text, this.at);
    this.at += text.length;
  }

  /** A signed 32-bit number. */
  int(value: number): void {
    this.reserve(MOST_FIXED);
    this.at = this.kernel.int(this.at, value) >>> 0;
  }

  /** A whole number that a double holds. */
  number(value: number): void {
    if (value === (value | 0)) this.int(value);
    else this.value(value);
  }

  /** "0x…" in lower case, as unsigned 64 bits. */
  hexLong(high: number, low: number): void {
    this.reserve(MOST_FIXED);
    this.at = this.kernel.hex_long(this.at, high, low) >>> 0;
  }

  /** A decimal in quotes, as unsigned 64 bits. */
  unsignedLong(high: number, low: number): void {
    this.reserve(MOST_FIXED);
    this.at = this.kernel.unsigned_long(this.at, high, low) >>> 0;
  }

  /** Milliseconds since 1970 as "2026-11-23T00:51:00.000Z"; as decimal milliseconds where no Date can hold them. */
  time(high: number, low: number): void {
    this.reserve(MOST_FIXED);
    this.at = this.kernel.time(this.at, high, low) >>> 0;
  }

  /**
   * The UTF-8 bytes from[start, end) as a JSON string, quotes included. False, with nothing written, where they are not
   * valid UTF-8 or (if `printable` is asked for) hold a control character other than tab and the ends of lines.
   */
  text(from: Uint8Array, start: number, end: number, printable: boolean): boolean {
    const begin = this.at;
    this.raw(QUOTE);
    if (!this.escaped(from, start, end, printable)) {
      this.at = begin;
      return false;
    }
    this.raw(QUOTE);
    return true;
  }

  /** What `text` writes between the quotes; may leave a part behind where it returns false. */
  escaped(from: Uint8Array, start: number, end: number, printable: boolean): boolean {
    for (let at = start; at < end; ) {
      // Not within a character.
      const next = end - at <= MOST_INPUT ? end : sequencesEnd(from, at, at + MOST_INPUT);
      this.reserve((next - at) * MOST_ESCAPED);
      const input = this.copyIn(from, at, next);
      const to = this.kernel.text(this.at, input, next - at, printable ? 1 : 0) >>> 0;
      if (to === 0) return false;
      this.at = to;
      at = next;
    }
    return true;
  }

  /**
   * The UTF-8 bytes from[start, end) as a field of CSV: in quotes, with quotes in it doubled. False, with nothing written,
   * where they are not valid UTF-8 or hold a hidden character other than tab and the ends of lines.
   */
  csvText(from: Uint8Array, start: number, end: number): boolean {
    const begin = this.at;
    // As JSON a character of these takes one byte more; one that is hidden takes more than that.
    let escapes = 0;
    for (let at = start; at < end; at++) escapes += ESCAPED_BY_ONE[from[at] as number] as number;
    const whole = this.text(from, start, end, true) && this.at - begin === end - start + 2 + escapes;
    // Without an escape it is the same as CSV.
    if (whole && escapes === 0) return true;
    this.at = begin;
    if (!whole) return false;
    const { bytes } = this;
    let to = begin;
    bytes[to++] = QUOTE_BYTE;
    for (let at = start; at < end; at++) {
      const byte = from[at] as number;
      if (byte === QUOTE_BYTE) bytes[to++] = byte;
      bytes[to++] = byte;
    }
    bytes[to++] = QUOTE_BYTE;
    this.at = to;
    return true;
  }

  /** Base64 without quotes. Pieces of one value must be a multiple of three bytes long, but for the last. */
  base64(from: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += MOST_INPUT) {
      const next = Math.min(at + MOST_INPUT, end);
      this.reserve((next - at) * 2 + 4);
      const input = this.copyIn(from, at, next);
      this.at = this.kernel.base64(this.at, input, next - at) >>> 0;
    }
  }

  /** Hex digits without quotes. */
  hexBytes(from: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += MOST_INPUT) {
      const next = Math.min(at + MOST_INPUT, end);
      this.reserve((next - at) * 2);
      const input = this.copyIn(from, at, next);
      this.at = this.kernel.hex_bytes(this.at, input, next - at) >>> 0;
    }
  }

  /**
   * A znode from its record (tree/znode-fields.ts) at from[record, end), without what comes before its path and the closing
   * brace; `children` is -1 where not known. False, with nothing written, where that is too much at once or the path is
   * not UTF-8: then it has to be written piece by piece.
   */
  znode(
    from: Uint8Array,
    record: number,
    end: number,
    mode: number,
    acl: KeptBytes,
    children: number,
    orphan: boolean,
  ): boolean {
    const length = end - record;
    if (length > MOST_INPUT) return false;
    this.reserve(length * MOST_ESCAPED + acl.length + MOST_FIXED);
    const input = this.copyIn(from, record, end);
    const to = this.kernel.znode(this.at, input, mode, acl.at, acl.length, children, orphan ? 1 : 0) >>> 0;
    if (to === 0) return false;
    this.at = to;
    return true;
  }

  /** A znode's `,"stat":{…},"kind":…` from its StatPersisted, and `,"orphan":true`; `children` as in `znode`. */
  znodeEnd(from: Uint8Array, stat: number, dataLength: number, children: number, orphan: boolean): void {
    this.reserve(MOST_FIXED);
    const input = this.copyIn(from, stat, stat + STAT_LENGTH);
    this.at = this.kernel.znode_end(this.at, input, dataLength, children, orphan ? 1 : 0) >>> 0;
  }

  /** A transaction's `"zxid":…,"time":…,"session":…,"cxid":…`. */
  txnBegin(txn: TxnCursor): void {
    const { zxidHigh, zxidLow, timeHigh, timeLow, sessionHigh, sessionLow, cxid } = txn;
    this.reserve(MOST_FIXED);
    this.at = this.kernel.txn_begin(this.at, zxidHigh, zxidLow, timeHigh, timeLow, sessionHigh, sessionLow, cxid) >>> 0;
  }

  /** A transaction's `,"digest":{"version":…,"value":"…"}`. */
  txnDigest(txn: TxnCursor): void {
    this.reserve(MOST_FIXED);
    this.at = this.kernel.txn_digest(this.at, txn.digestVersion, txn.digestHigh, txn.digestLow) >>> 0;
  }

  /** Copies from[start, end), at most MOST_INPUT bytes, to where the kernel may read it; returns where that is. */
  private copyIn(from: Uint8Array, start: number, end: number): number {
    if (from !== this.from) this.readFrom(from);
    const { words, fromWords } = this;
    let at = (from.byteOffset + start) >>> 2;
    const last = (from.byteOffset + end - 1) >>> 2;
    if (end - start > MOST_BY_WORDS || last + 4 > fromWords.length) {
      this.bytes.set(from.subarray(start, end), INPUT);
      return INPUT;
    }
    // A call into the runtime costs more than a short copy, by whole words and four at a time.
    for (let to = INPUT >> 2; at <= last; at += 4, to += 4) {
      words[to] = fromWords[at] as number;
      words[to + 1] = fromWords[at + 1] as number;
      words[to + 2] = fromWords[at + 2] as number;
      words[to + 3] = fromWords[at + 3] as number;
    }
    return INPUT + ((from.byteOffset + start) & 3);
  }

  private readFrom(from: Uint8Array): void {
    const { buffer } = from;
    this.from = from;
    // Beyond 4 GiB, where no word's number is an int, `copyIn` has its other way.
    this.fromWords = buffer.byteLength > 2 ** 32 ? NO_WORDS : new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  }

  /** Makes room for `count` more bytes. */
  private reserve(count: number): void {
    if (this.at + count <= this.end) return;
    const wanted = Math.max(this.at + count + SLACK, Math.min(this.bytes.length * 2, MAX_PAGES * PAGE));
    this.memory.grow(Math.ceil((wanted - this.bytes.length) / PAGE));
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
    this.end = this.bytes.length - SLACK;
  }
}

/** Where kept JSON is in a kernel's memory. */
export interface KeptBytes {
  readonly at: number;
  readonly length: number;
}

/** Bytes to be written as they are, again and again: in words, little-endian, with zeros to the last one's end. */
export class JsonLiteral {
  readonly length: number;
  readonly words: Int32Array;

  constructor(text: string) {
    const bytes = Buffer.from(text);
    this.length = bytes.length;
    this.words = new Int32Array(Math.ceil(bytes.length / 4));
    for (let at = 0; at < bytes.length; at++)
      this.words[at >> 2] = (this.words[at >> 2] as number) | ((bytes[at] as number) << ((at & 3) * 8));
  }
}

/** Makes a key or punctuation for `raw`. */
export function literal(text: string): JsonLiteral {
  return new JsonLiteral(text);
}

/** Large enough that a system call for each costs nothing, small enough to stay in the cache. */
const FULL = 1 << 20;
const MOST_BY_WORDS = 512;
/** What is full, and room for a piece of which every byte grows. */
const INITIAL_PAGES = Math.ceil((OUTPUT + FULL + MOST_INPUT * MOST_ESCAPED + MOST_FIXED + SLACK) / PAGE);
const NOTHING: Uint8Array = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const QUOTE = literal('"');
const QUOTE_BYTE = 0x22;
/** 1 for what JSON writes with a backslash before it, or as one: tab, line feed, return, quote, backslash. */
const ESCAPED_BY_ONE = new Uint8Array(256);
for (const byte of [0x09, 0x0a, 0x0d, QUOTE_BYTE, 0x5c]) ESCAPED_BY_ONE[byte] = 1;

import type { Sink } from "./sink.js";
import { dayText, twoDigits } from "./day.js";
import { isUnprintableAt, PLAIN, PLAIN_PRINTABLE, PRINTABLE, sequenceAt } from "./utf8.js";

/**
 * Writes JSON as bytes, into one large buffer that is used again and again.
 *
 * An export of millions of znodes spends its time on making strings if it makes any: so nothing here does. Bytes that
 * need no escaping are copied from where they lie, numbers are written digit by digit, and the day of a time is kept
 * from the last one. Every method appends; `drain` hands the bytes to a sink and begins anew.
 *
 *     while (…) { out.raw(KEY); out.hexLong(high, low); …; if (out.isFull) await out.drain(sink); }
 */
export class JsonBytes {
  length = 0;
  private bytes: Uint8Array;
  private view: DataView;
  /** What text was last copied from, and a view of it. */
  private from: Uint8Array = NOTHING;
  private fromView = dataView(NOTHING);
  /** The last day written, in days since 1970, and its `"2026-11-23T`. */
  private day = 0;
  private dayText: Uint8Array = literal('"1970-01-01T');

  constructor(capacity = FULL + 65536) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = dataView(this.bytes);
  }

  /** Whether enough is there to be worth a `drain`. */
  get isFull(): boolean {
    return this.length >= FULL;
  }

  /** Hands everything to `sink`; a promise only where the sink makes one. */
  drain(sink: Sink): void | Promise<void> {
    if (this.length === 0) return;
    const bytes = this.bytes.subarray(0, this.length);
    this.length = 0;
    return sink.write(bytes);
  }

  /** Bytes as they are: keys and punctuation, which `literal` makes once. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.reserve(length);
    const target = this.bytes;
    const to = this.length;
    // A call into the runtime costs more than a short copy.
    if (length > 64) target.set(bytes, to);
    else for (let index = 0; index < length; index++) target[to + index] = bytes[index] as number;
    this.length = to + length;
  }

  /** A value by JSON.stringify: for what is written once. */
  value(value: unknown): void {
    this.raw(Buffer.from(JSON.stringify(value)));
  }

  /** A signed 32-bit number. */
  int(value: number): void {
    this.reserve(11);
    const target = this.bytes;
    let to = this.length;
    let rest = value | 0;
    if (rest < 0) {
      if (rest === LEAST_INT) return this.raw(LEAST_INT_TEXT);
      target[to++] = MINUS;
      rest = -rest;
    }
    if (rest < 10) {
      target[to++] = ZERO + rest;
      this.length = to;
      return;
    }
    to += rest < 100 ? 2 : digitsOf(rest);
    this.length = to;
    while (rest > 0) {
      const next = (rest / 10) | 0;
      target[--to] = ZERO + rest - next * 10;
      rest = next;
    }
  }

  /** A whole number that a double holds. */
  number(value: number): void {
    if (value === (value | 0)) this.int(value);
    else this.raw(Buffer.from(String(value)));
  }

  /** "0x…" in lower case, as unsigned 64 bits. */
  hexLong(high: number, low: number): void {
    this.reserve(20);
    const target = this.bytes;
    let to = this.length;
    target[to] = QUOTE;
    target[to + 1] = ZERO;
    target[to + 2] = 0x78;
    to += 3;
    if (high !== 0) {
      to = writeHex(target, to, high, hexDigitsOf(high));
      to = writeHex(target, to, low, 8);
    } else to = writeHex(target, to, low, hexDigitsOf(low));
    target[to] = QUOTE;
    this.length = to + 1;
  }

  /** A decimal in quotes, as unsigned 64 bits. */
  unsignedLong(high: number, low: number): void {
    this.reserve(22);
    // Divided by 10^9 in pieces of 16 bits, so that every step is exact in a double: a BigInt would cost ten times that.
    let rest = 0;
    let quotient = 0;
    for (const piece of [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff]) {
      const dividend = rest * 65536 + piece;
      const digit = Math.floor(dividend / BILLION);
      rest = dividend - digit * BILLION;
      quotient = quotient * 65536 + digit;
    }
    const target = this.bytes;
    target[this.length++] = QUOTE;
    if (quotient === 0) this.decimal(rest, 1);
    else {
      this.decimal(quotient, 1);
      this.decimal(rest, 9);
    }
    target[this.length++] = QUOTE;
  }

  /** A whole number under 2^53, with zeros before it to `least` digits. The room is reserved. */
  private decimal(value: number, least: number): void {
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits++;
    if (digits < least) digits = least;
    const target = this.bytes;
    let rest = value;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const next = Math.floor(rest / 10);
      target[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.length += digits;
  }

  /** Milliseconds since 1970 as "2026-11-23T00:51:00.000Z"; as decimal milliseconds where no Date can hold them. */
  time(high: number, low: number): void {
    const time = high * 2 ** 32 + (low >>> 0);
    if (!(time >= -MOST_DATE && time <= MOST_DATE)) {
      const value = (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
      this.raw(Buffer.from(`"${value}"`));
      return;
    }
    const day = Math.floor(time / DAY);
    if (day !== this.day) {
      this.day = day;
      this.dayText = dayText(day, this.dayText);
    }
    this.raw(this.dayText);
    this.reserve(14);
    // A day's milliseconds fit an int: with doubles, each remainder would be a call.
    const inDay = (time - day * DAY) | 0;
    const seconds = (inDay / 1000) | 0;
    const millisecond = (inDay - seconds * 1000) | 0;
    const minutes = (seconds / 60) | 0;
    const second = (seconds - minutes * 60) | 0;
    const hour = (minutes / 60) | 0;
    const minute = (minutes - hour * 60) | 0;
    const target = this.bytes;
    const to = this.length;
    twoDigits(target, to, hour);
    target[to + 2] = COLON;
    twoDigits(target, to + 3, minute);
    target[to + 5] = COLON;
    twoDigits(target, to + 6, second);
    target[to + 8] = DOT;
    const hundreds = (millisecond / 100) | 0;
    target[to + 9] = ZERO + hundreds;
    twoDigits(target, to + 10, millisecond - hundreds * 100);
    target[to + 12] = ZULU;
    target[to + 13] = QUOTE;
    this.length = to + 14;
  }

  /**
   * The UTF-8 bytes from[start, end) as a JSON string, quotes included. False, with nothing written, where they are not
   * valid UTF-8 or (if `printable` is asked for) hold a control character other than tab and the ends of lines.
   */
  text(from: Uint8Array, start: number, end: number, printable: boolean): boolean {
    const begin = this.length;
    this.raw(QUOTE_BYTE);
    if (!this.escaped(from, start, end, printable)) {
      this.length = begin;
      return false;
    }
    this.raw(QUOTE_BYTE);
    return true;
  }

  /** What `text` writes between the quotes; may leave a part behind where it answers false. */
  escaped(from: Uint8Array, start: number, end: number, printable: boolean): boolean {
    const plain = printable ? PLAIN_PRINTABLE : PLAIN;
    const fromView = this.viewOf(from);
    let at = start;
    while (at < end) {
      // Room for the worst case piece by piece: a value of 100 MB seldom needs six times as much.
      const pieceEnd = Math.min(end, at + PIECE);
      this.reserve((pieceEnd - at) * 6 + 4);
      const target = this.bytes;
      const { view } = this;
      let to = this.length;
      while (at < pieceEnd) {
        // Four bytes at once, where none of them is special.
        if (at + 4 <= pieceEnd) {
          const word = fromView.getInt32(at, true);
          if (isPlainWord(word)) {
            view.setInt32(to, word, true);
            at += 4;
            to += 4;
            continue;
          }
        }
        const byte = from[at] as number;
        if (plain[byte] !== 0) {
          target[to++] = byte;
          at++;
          continue;
        }
        if (byte < 0x80) {
          if (printable && PRINTABLE[byte] === 0) return false;
          to = escapeByte(target, to, byte);
          at++;
          continue;
        }
        const width = sequenceAt(from, at, end);
        if (width === 0 || (printable && isUnprintableAt(from, at))) return false;
        for (let index = 0; index < width; index++) target[to++] = from[at++] as number;
      }
      this.length = to;
    }
    return true;
  }

  /** Base64 without quotes. Pieces of one value must be a multiple of three bytes long, but for the last. */
  base64(from: Uint8Array, start: number, end: number): void {
    this.reserve(Math.ceil((end - start) / 3) * 4);
    const target = this.bytes;
    let to = this.length;
    let at = start;
    for (; at + 3 <= end; at += 3) {
      const bits = ((from[at] as number) << 16) | ((from[at + 1] as number) << 8) | (from[at + 2] as number);
      target[to] = BASE64[bits >> 18] as number;
      target[to + 1] = BASE64[(bits >> 12) & 63] as number;
      target[to + 2] = BASE64[(bits >> 6) & 63] as number;
      target[to + 3] = BASE64[bits & 63] as number;
      to += 4;
    }
    if (at < end) {
      const two = at + 1 < end;
      const bits = ((from[at] as number) << 16) | (two ? (from[at + 1] as number) << 8 : 0);
      target[to] = BASE64[bits >> 18] as number;
      target[to + 1] = BASE64[(bits >> 12) & 63] as number;
      target[to + 2] = two ? (BASE64[(bits >> 6) & 63] as number) : EQUALS;
      target[to + 3] = EQUALS;
      to += 4;
    }
    this.length = to;
  }

  /** Hex digits without quotes. */
  hexBytes(from: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 2);
    const target = this.bytes;
    let to = this.length;
    for (let at = start; at < end; at++) {
      const byte = from[at] as number;
      target[to++] = HEX[byte >> 4] as number;
      target[to++] = HEX[byte & 15] as number;
    }
    this.length = to;
  }

  private viewOf(from: Uint8Array): DataView {
    if (from !== this.from) {
      this.from = from;
      this.fromView = dataView(from);
    }
    return this.fromView;
  }

  /** Makes room for `count` more bytes. */
  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = dataView(grown);
  }
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Whether none of four bytes is above 0x7e, below 0x20, a quote or a backslash: each sum has the top bit of a byte set
 * if one is (and perhaps of a byte above such a one, which changes nothing).
 */
function isPlainWord(word: number): boolean {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return ((word | (word - 0x20202020) | (word + 0x01010101) | quotes | backslashes) & 0x80808080) === 0;
}

/** Makes a key or punctuation for `raw`. */
export function literal(text: string): Uint8Array {
  return Buffer.from(text);
}

/** Large enough that a system call for each costs nothing, small enough to stay in the cache. */
const FULL = 1 << 20;
const PIECE = 1 << 16;
/** The furthest that a Date reaches, in milliseconds from 1970. */
const BILLION = 1_000_000_000;
const MOST_DATE = 8.64e15;
const DAY = 86_400_000;

/** Its positive is no int. */
const LEAST_INT = -(2 ** 31);
const LEAST_INT_TEXT = literal(String(LEAST_INT));
const NOTHING = new Uint8Array(0);
const QUOTE = 0x22;
const ZERO = 0x30;
const MINUS = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const ZULU = 0x5a;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const QUOTE_BYTE = literal('"');
const HEX = literal("0123456789abcdef");
const BASE64 = literal("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
/** The letter after the backslash for the characters that have one, 0 for the others: JSON.stringify's choice. */
const SHORT_ESCAPES = Buffer.alloc(128);
for (const [byte, letter] of ["\bb", "\tt", "\nn", "\ff", "\rr", '""', "\\\\"].map((pair) => Buffer.from(pair))) {
  SHORT_ESCAPES[byte as number] = letter as number;
}

function escapeByte(target: Uint8Array, to: number, byte: number): number {
  target[to] = BACKSLASH;
  const letter = SHORT_ESCAPES[byte] as number;
  if (letter !== 0) {
    target[to + 1] = letter;
    return to + 2;
  }
  target[to + 1] = 0x75;
  target[to + 2] = ZERO;
  target[to + 3] = ZERO;
  target[to + 4] = HEX[byte >> 4] as number;
  target[to + 5] = HEX[byte & 15] as number;
  return to + 6;
}

function writeHex(target: Uint8Array, to: number, word: number, digits: number): number {
  for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) target[to++] = HEX[(word >>> shift) & 15] as number;
  return to;
}

function hexDigitsOf(word: number): number {
  return (35 - Math.clz32(word | 1)) >> 2;
}

/** The decimal digits of a number from 100 on. */
function digitsOf(value: number): number {
  let digits = 3;
  for (let limit = 1000; value >= limit; limit *= 10) digits++;
  return digits;
}

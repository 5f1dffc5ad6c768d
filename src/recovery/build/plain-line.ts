import type { Block } from "../../checksum/index.js";

/**
 * A znode's line as an export writes it, read from its bytes: keys in that order and no spaces, a path and data of ASCII,
 * times that a date can hold, a persistent znode. It knows one way to write each thing; whatever is written otherwise,
 * right or wrong, is not plain, and for JSON.parse and those who look at what that gives.
 */
export class PlainLine {
  /** Lengths in `room`, where the path comes first and then the data; -1 for null. */
  pathLength = 0;
  dataLength = 0;
  /** The ACL's text, in the line. */
  aclStart = 0;
  aclEnd = 0;
  /** czxid, mzxid, pzxid, ctime and mtime: signed and unsigned halves. */
  readonly longs = new Int32Array(10);
  /** version, cversion, aversion. */
  readonly ints = new Int32Array(3);

  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  /** The last day that a time was of: its text, and its milliseconds since 1970. */
  private readonly day = new Uint8Array(10);
  private dayStart = Number.NaN;

  /** Whether it is one; then the fields say what it holds. `room` must have as many bytes as the line. */
  read(bytes: Uint8Array, room: Block): boolean {
    this.bytes = bytes;
    this.at = 0;
    return (
      this.passes(TYPE) &&
      this.path(room.bytes, room.start) &&
      this.passes(DATA) &&
      this.data(room.bytes, room.start + this.pathLength) &&
      this.acl() &&
      this.stat()
    );
  }

  private passes(text: Uint8Array): boolean {
    const { bytes, at } = this;
    if (at + text.length > bytes.length) return false;
    for (let each = 0; each < text.length; each++) if (bytes[at + each] !== text[each]) return false;
    this.at = at + text.length;
    return true;
  }

  /** From its slash to the quote behind it; names that begin with a dot may be refused. */
  private path(to: Uint8Array, start: number): boolean {
    const { bytes, at } = this;
    if (bytes[at] !== SLASH) return false;
    let before = 0;
    for (let from = at; ; from++) {
      const byte = bytes[from] as number;
      if (byte === QUOTE) {
        this.pathLength = from - at;
        this.at = from + 1;
        return before !== SLASH;
      }
      if (!(byte >= SPACE && byte < DELETE) || byte === BACKSLASH) return false;
      if (before === SLASH && (byte === SLASH || byte === DOT)) return false;
      to[start + from - at] = byte;
      before = byte;
    }
  }

  private data(to: Uint8Array, start: number): boolean {
    if (this.passes(NULL)) {
      this.dataLength = -1;
      return true;
    }
    const { bytes } = this;
    if (bytes[this.at] !== QUOTE) return false;
    let end = start;
    for (let from = this.at + 1; ; from++) {
      let byte = bytes[from] as number;
      if (byte === QUOTE) {
        this.dataLength = end - start;
        this.at = from + 1;
        return this.passes(UTF8);
      }
      if (!(byte >= SPACE && byte < DELETE)) return false;
      if (byte === BACKSLASH) {
        byte = bytes[++from] as number;
        if (byte === LETTER_N) byte = LF;
        else if (byte !== QUOTE && byte !== BACKSLASH) return false;
      }
      to[end++] = byte;
    }
  }

  /** To the stat: no quote in a text of the ACL is without a backslash, so none of them can look like its key. */
  private acl(): boolean {
    const { bytes } = this;
    if (!this.passes(ACL)) return false;
    this.aclStart = this.at;
    for (let at = this.at; at < bytes.length; at++) {
      if (bytes[at] !== CLOSE) continue;
      this.at = at + 1;
      this.aclEnd = this.at;
      if (this.passes(STAT)) return true;
    }
    return false;
  }

  private stat(): boolean {
    return (
      this.hex(0) &&
      this.passes(MZXID) &&
      this.hex(2) &&
      this.passes(PZXID) &&
      this.hex(4) &&
      this.passes(CTIME) &&
      this.time(6) &&
      this.passes(MTIME) &&
      this.time(8) &&
      this.passes(VERSION) &&
      this.int(0) &&
      this.passes(CVERSION) &&
      this.int(1) &&
      this.passes(AVERSION) &&
      this.int(2) &&
      this.passes(NO_OWNER) &&
      this.int(-1) &&
      this.passes(CHILDREN) &&
      this.int(-1) &&
      this.passes(END) &&
      this.at === this.bytes.length
    );
  }

  /** Up to 16 digits in lower case. */
  private hex(index: number): boolean {
    const { bytes, longs } = this;
    let high = 0;
    let low = 0;
    let at = this.at;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      const digit = byte <= NINE ? byte - ZERO : byte >= LETTER_A && byte <= LETTER_F ? byte - LETTER_A + 10 : -1;
      if (digit < 0) break;
      high = (high << 4) | (low >>> 28);
      low = (low << 4) | digit;
    }
    if (at === this.at || at - this.at > 16) return false;
    longs[index] = high;
    longs[index + 1] = low;
    this.at = at;
    return true;
  }

  /** 2026-11-23T01:34:32.374Z. */
  private time(index: number): boolean {
    const { bytes, at } = this;
    if (at + TIME_LENGTH > bytes.length || !this.date()) return false;
    const [hour, minute, second] = [this.digits(at + 11, 2), this.digits(at + 14, 2), this.digits(at + 17, 2)];
    const thousandths = this.digits(at + 20, 3);
    if (bytes[at + 10] !== LETTER_T || bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return false;
    if (bytes[at + 19] !== DOT || bytes[at + 23] !== LETTER_Z) return false;
    if (!(hour < 24 && minute < 60 && second < 60 && thousandths < 1000)) return false;
    const millis = this.dayStart + ((hour * 60 + minute) * 60 + second) * 1000 + thousandths;
    this.longs[index] = Math.floor(millis / 2 ** 32);
    this.longs[index + 1] = millis;
    this.at = at + TIME_LENGTH;
    return true;
  }

  /** Whether a date is here; its milliseconds are then known. Znodes that lie together were often made on one day. */
  private date(): boolean {
    const { bytes, at, day } = this;
    let isSame = true;
    for (let each = 0; each < day.length; each++) isSame &&= bytes[at + each] === day[each];
    if (isSame) return true;
    for (let each = 0; each < day.length; each++) day[each] = bytes[at + each] as number;
    const text = String.fromCharCode(...day);
    this.dayStart = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00.000Z`) : Number.NaN;
    if (!Number.isNaN(this.dayStart)) return true;
    day.fill(0);
    return false;
  }

  /** NaN where they are not all digits. */
  private digits(at: number, count: number): number {
    let value = 0;
    for (let each = at; each < at + count; each++) {
      const digit = (this.bytes[each] as number) - ZERO;
      if (!(digit >= 0 && digit <= 9)) return Number.NaN;
      value = value * 10 + digit;
    }
    return value;
  }

  /** A number of 32 bits as JSON writes it. `index` -1: it is not kept. */
  private int(index: number): boolean {
    const { bytes } = this;
    const start = bytes[this.at] === MINUS ? this.at + 1 : this.at;
    let end = start;
    while (end < bytes.length && (bytes[end] as number) >= ZERO && (bytes[end] as number) <= NINE) end++;
    if (end === start || end - start > 10 || (bytes[start] === ZERO && (end > start + 1 || start > this.at)))
      return false;
    const size = this.digits(start, end - start);
    const value = start > this.at ? -size : size;
    if (value !== (value | 0)) return false;
    if (index >= 0) this.ints[index] = value;
    this.at = end;
    return true;
  }
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const TYPE = ascii('{"type":"node","path":"');
const DATA = ascii(',"data":');
const NULL = ascii("null");
const UTF8 = ascii(',"encoding":"utf8"');
const ACL = ascii(',"acl":[');
const STAT = ascii(',"stat":{"czxid":"0x');
const MZXID = ascii('","mzxid":"0x');
const PZXID = ascii('","pzxid":"0x');
const CTIME = ascii('","ctime":"');
const MTIME = ascii('","mtime":"');
const VERSION = ascii('","version":');
const CVERSION = ascii(',"cversion":');
const AVERSION = ascii(',"aversion":');
const NO_OWNER = ascii(',"ephemeralOwner":"0x0","dataLength":');
const CHILDREN = ascii(',"numChildren":');
const END = ascii('},"kind":"persistent"}');
const TIME_LENGTH = 24;

const [LF, SPACE, QUOTE, MINUS, DOT, SLASH] = [0x0a, 0x20, 0x22, 0x2d, 0x2e, 0x2f] as const;
const [ZERO, NINE, COLON, LETTER_T, LETTER_Z] = [0x30, 0x39, 0x3a, 0x54, 0x5a] as const;
const [BACKSLASH, CLOSE, LETTER_A, LETTER_F, LETTER_N, DELETE] = [0x5c, 0x5d, 0x61, 0x66, 0x6e, 0x7f] as const;

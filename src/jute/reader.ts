/**
 * A cursor over jute bytes (big-endian, as Hadoop's record format writes them).
 *
 * Built for records whose bytes are already in memory: no method throws or allocates. Reading past `end`, or a length
 * that cannot be right, clears `ok` and returns 0; a caller reads a whole record and then looks at `ok` once.
 *
 * @example
 * import { JuteReader, JuteWriter } from "zkrewind/jute";
 *
 * const { bytes } = new JuteWriter().int(7).long(-1n).string("text");
 * const reader = new JuteReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
 * console.log(reader.int(), reader.bigLong(), reader.string(), reader.ok, reader.left);
 */
export class JuteReader {
  view: DataView;
  position: number;
  end: number;
  /** False once anything ran past `end` or carried an impossible length. */
  ok = true;
  /** Upper and lower half of the last `long()`: the upper signed, the lower unsigned. */
  high = 0;
  low = 0;
  /** Where the last `buffer()` is, and its length in bytes (-1 = null). */
  spanStart = 0;
  spanLength = 0;

  constructor(view: DataView = EMPTY, position = 0, end = view.byteLength) {
    this.view = view;
    this.position = position;
    this.end = end;
  }

  /** Points the cursor at other bytes and makes it `ok` again. */
  reset(view: DataView, position: number, end: number): this {
    this.view = view;
    this.position = position;
    this.end = end;
    this.ok = true;
    return this;
  }

  /** Bytes left before `end`. */
  get left(): number {
    return this.end - this.position;
  }

  /** One byte, unsigned; also jute's boolean. */
  byte(): number {
    if (this.position >= this.end) return this.fail();
    return this.view.getUint8(this.position++);
  }

  /** Four bytes, two's complement. */
  int(): number {
    const at = this.position;
    if (at + 4 > this.end) return this.fail();
    this.position = at + 4;
    return this.view.getInt32(at);
  }

  /** Eight bytes into `high` and `low`. */
  long(): void {
    const at = this.position;
    if (at + 8 > this.end) {
      this.fail();
      this.high = 0;
      this.low = 0;
      return;
    }
    this.position = at + 8;
    this.high = this.view.getInt32(at);
    this.low = this.view.getUint32(at + 4);
  }

  /** Eight bytes as a signed BigInt; for the edges, not for loops over millions. */
  bigLong(): bigint {
    this.long();
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** A buffer or ustring: its span into `spanStart` and `spanLength`; a length under -1 is impossible. */
  buffer(): void {
    const length = this.int();
    this.spanStart = this.position;
    this.spanLength = length;
    if (length > 0) {
      if (length > this.end - this.position) this.fail();
      else this.position += length;
    } else if (length < -1) this.fail();
    if (!this.ok) this.spanLength = 0;
  }

  /** A ustring as Java reads it (what is not UTF-8 becomes U+FFFD), null for length -1. */
  string(): string | null {
    this.buffer();
    return this.spanLength < 0 ? null : javaString(this.bytesOf(this.spanStart, this.spanLength));
  }

  /** A view of the bytes (not a copy). */
  bytesOf(start: number, length: number): Buffer {
    return Buffer.from(this.view.buffer, this.view.byteOffset + start, length);
  }

  private fail(): number {
    this.ok = false;
    this.position = this.end;
    return 0;
  }
}

/**
 * Jute's writer puts a character beyond the BMP down as two surrogates of three bytes each, which its reader then takes
 * for one wrong character each (BinaryOutputArchive.stringToByteBuffer, BinaryInputArchive.readString). So does this;
 * elsewhere each of the three bytes would count.
 */
function javaString(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  if (!text.includes("\ufffd")) return text;
  const replaced: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const surrogate =
      bytes[at] === 0xed && ((bytes[at + 1] ?? 0) & 0xe0) === 0xa0 && ((bytes[at + 2] ?? 0) & 0xc0) === 0x80;
    if (!surrogate) replaced.push(bytes[at] as number);
    else {
      replaced.push(0xef, 0xbf, 0xbd);
      at += 2;
    }
  }
  return Buffer.from(replaced).toString("utf8");
}

const EMPTY = new DataView(new ArrayBuffer(0));

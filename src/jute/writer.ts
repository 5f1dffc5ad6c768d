/**
 * Writes jute (big-endian) into a buffer that grows.
 *
 * @example
 * import { JuteWriter } from "zkrewind/jute";
 *
 * console.log(new JuteWriter().int(7).long(-1n).boolean(true).string("text").bytesOf(null).bytes.toString("hex"));
 */
export class JuteWriter {
  private buffer: Buffer;
  private length = 0;

  constructor(capacity = 256) {
    this.buffer = Buffer.allocUnsafe(capacity);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.length;
  }

  /** What was written: a view, good until the next write or clear. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  clear(): this {
    this.length = 0;
    return this;
  }

  byte(value: number): this {
    const at = this.reserve(1);
    this.buffer.writeUInt8(value & 0xff, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  int(value: number): this {
    const at = this.reserve(4);
    this.buffer.writeInt32BE(value | 0, at);
    return this;
  }

  long(value: bigint): this {
    const at = this.reserve(8);
    this.buffer.writeBigInt64BE(BigInt.asIntN(64, value), at);
    return this;
  }

  /** A buffer; null is length -1. */
  bytesOf(value: Uint8Array | null): this {
    if (value === null) return this.int(-1);
    this.int(value.length);
    return this.raw(value);
  }

  string(value: string | null): this {
    return this.bytesOf(value === null ? null : Buffer.from(value, "utf8"));
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): this {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
    return this;
  }

  private reserve(count: number): number {
    const at = this.length;
    this.length = at + count;
    if (this.length > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length));
      this.buffer.copy(grown, 0, 0, at);
      this.buffer = grown;
    }
    return at;
  }
}

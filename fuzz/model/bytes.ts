/**
 * Jute and the checksums once more, written from ZooKeeper's format and from nothing of this project: what judges the
 * project's readers must not share their faults. Text is kept as bytes in "latin1" strings, so that no byte is lost.
 */
export class Writer {
  private readonly parts: Buffer[] = [];

  byte(value: number): this {
    return this.raw(Buffer.from([value & 0xff]));
  }

  int(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value | 0);
    return this.raw(part);
  }

  long(value: bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigInt64BE(BigInt.asIntN(64, value));
    return this.raw(part);
  }

  /** A ustring of a latin1 string's bytes. */
  text(value: string | null): this {
    return this.buffer(value === null ? null : Buffer.from(value, "latin1"));
  }

  buffer(value: Buffer | null): this {
    return value === null ? this.int(-1) : this.int(value.length).raw(value);
  }

  raw(bytes: Buffer): this {
    this.parts.push(bytes);
    return this;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** Thrown by a Reader where the bytes end, or a length cannot be. */
export class Malformed extends Error {}

export class Reader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    return this.bytes.readUInt8(this.take(1));
  }

  int(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  long(): bigint {
    return this.bytes.readBigInt64BE(this.take(8));
  }

  text(): string | null {
    return this.buffer()?.toString("latin1") ?? null;
  }

  buffer(): Buffer | null {
    const length = this.int();
    if (length === -1) return null;
    if (length < 0) throw new Malformed(`a length of ${length}`);
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  private take(count: number): number {
    const { at } = this;
    if (at + count > this.end) throw new Malformed(`the bytes end at ${this.end}`);
    this.at = at + count;
    return at;
  }
}

/** Adler-32, unsigned; `before` is that of the bytes that came first. */
export function adler32(bytes: Buffer, before = 1): number {
  let a = before & 0xffff;
  let b = before >>> 16;
  for (let at = 0; at < bytes.length; ) {
    for (const end = Math.min(at + 3800, bytes.length); at < end; at++) {
      a += bytes[at] as number;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE) of the parts one after the other, unsigned. */
export function crc32(...parts: readonly Buffer[]): number {
  let crc = 0xffffffff;
  for (const part of parts)
    for (let at = 0; at < part.length; at++)
      crc = (CRC_TABLE[(crc ^ (part[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

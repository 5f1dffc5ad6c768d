import { snappyUncompress } from "hysnappy";
import { type ByteSource, CompressionError } from "../byte-source.js";
import type { StoredSource } from "../stored-bytes.js";

/** The beginning of snappy-java's stream format: 0x82 "SNAPPY" 0x00. */
export const SNAPPY_MAGIC: Buffer = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);

/**
 * A file in the format of snappy-java's SnappyOutputStream: the magic, int version, int lowest compatible version, then
 * blocks of int length (big-endian) and a raw snappy block. A header may occur again where streams were joined.
 */
export class SnappySource implements ByteSource {
  readonly name: string;
  readonly compression = "snappy";
  readonly size = undefined;
  private readonly file: StoredSource;
  private block: Uint8Array = Buffer.alloc(0);
  private blockOffset = 0;
  private started = false;

  constructor(file: StoredSource) {
    this.name = file.name;
    this.file = file;
  }

  get storedRead(): number {
    return this.file.storedRead;
  }

  read(target: Buffer, offset: number, length: number): number {
    while (this.blockOffset === this.block.length) {
      if (!this.nextBlock()) return 0;
    }
    const piece = this.block.subarray(this.blockOffset, this.blockOffset + length);
    target.set(piece, offset);
    this.blockOffset += piece.length;
    return piece.length;
  }

  again(): SnappySource {
    return new SnappySource(this.file.again());
  }

  close(): void {
    this.file.close();
  }

  private nextBlock(): boolean {
    if (!this.started) {
      this.stored(SNAPPY_MAGIC.length + 8);
      this.started = true;
    }
    const at = this.file.storedRead;
    if (at === this.file.size) return false;
    const length = this.stored(4).readInt32BE();
    if (length === SNAPPY_MAGIC.readInt32BE()) {
      if (!this.stored(4).equals(SNAPPY_MAGIC.subarray(4))) throw this.damaged(at, "not a block and not a header");
      this.stored(8);
      return true;
    }
    if (length <= 0 || length > this.file.size - this.file.storedRead) {
      throw this.damaged(at, `block length ${length} with ${this.file.size - this.file.storedRead} bytes left`);
    }
    const compressed = this.stored(length);
    try {
      this.block = snappyUncompress(compressed, uncompressedLength(compressed));
    } catch (error) {
      throw this.damaged(at, (error as Error).message);
    }
    this.blockOffset = 0;
    return true;
  }

  private stored(length: number): Buffer {
    const at = this.file.storedRead;
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = this.file.read(bytes, filled, length - filled);
      if (count === 0) throw this.damaged(at, "the file ends inside it");
      filled += count;
    }
    return bytes;
  }

  private damaged(at: number, why: string): CompressionError {
    return new CompressionError(`snappy: stored byte ${at}: ${why}`);
  }
}

/** The varint before a raw snappy block, held against what the block could expand to before anything is allocated. */
function uncompressedLength(block: Uint8Array): number {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index] ?? 0x80;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      if (length > block.length * MOST_EXPANSION)
        throw new Error(`a block of ${block.length} bytes cannot hold ${length}`);
      return length;
    }
  }
  throw new Error("the block's length is not a varint");
}

/** Snappy's densest element is a copy: 3 bytes for 64. */
const MOST_EXPANSION = 22;

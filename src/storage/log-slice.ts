import { HEADER_LENGTH } from "./header.js";
import type { ByteSource } from "../io/byte-source.js";

/** A part of a log, in bytes from the beginning of the file: whole records from the first byte of one on. */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * A log's header and then only the records that are in a range: several servers' logs are read as one history without
 * copying any of it. Offsets stay those of the file: see `skipped`. What is before the range in a compressed log is
 * decompressed and passed over.
 */
export class LogSlice implements ByteSource {
  readonly size: number;
  readonly skipped: number;
  readonly readAt?: NonNullable<ByteSource["readAt"]>;
  private readonly source: ByteSource;
  private readonly range: ByteRange;
  /** The next byte of the uncompressed file. */
  private position = 0;

  constructor(source: ByteSource, range: ByteRange) {
    this.source = source;
    this.range = range;
    this.size = Math.min(range.to, source.size ?? range.to);
    this.skipped = range.from - HEADER_LENGTH;
    if (source.readAt)
      this.readAt = (target, offset, length, position) =>
        source.readAt?.(target, offset, Math.min(length, this.size - position), position) ?? 0;
  }

  get name(): string {
    return this.source.name;
  }

  get compression(): ByteSource["compression"] {
    return this.source.compression;
  }

  get storedRead(): number {
    return this.source.storedRead;
  }

  read(target: Buffer, offset: number, length: number): number | Promise<number> {
    const { position, range } = this;
    if (position < HEADER_LENGTH) return this.take(target, offset, Math.min(length, HEADER_LENGTH - position));
    if (position >= range.from) return this.take(target, offset, Math.min(length, this.size - position));
    if (!this.source.goTo) return this.passOver().then(() => this.read(target, offset, length));
    this.source.goTo(range.from);
    this.position = range.from;
    return this.read(target, offset, length);
  }

  readAhead(target: Buffer, offset: number, length: number): Promise<number> | null {
    if (this.position < this.range.from) return null;
    const ahead = this.source.readAhead?.(target, offset, Math.min(length, this.size - this.position));
    return ahead ? ahead.then((count) => this.moved(count)) : null;
  }

  again(): LogSlice {
    return new LogSlice(this.source.again(), this.range);
  }

  close(): void {
    this.source.close();
  }

  private take(target: Buffer, offset: number, length: number): number | Promise<number> {
    const count = length <= 0 ? 0 : this.source.read(target, offset, length);
    return typeof count === "number" ? this.moved(count) : count.then((read) => this.moved(read));
  }

  private moved(count: number): number {
    this.position += count;
    return count;
  }

  /** Reads up to the range; to where the file ends, if that is before. */
  private async passOver(): Promise<void> {
    const passed = Buffer.allocUnsafe(PIECE);
    while (this.position < this.range.from) {
      const count = await this.take(passed, 0, Math.min(PIECE, this.range.from - this.position));
      if (count === 0) this.position = this.size;
    }
  }
}

/** Bytes. */
const PIECE = 1 << 20;

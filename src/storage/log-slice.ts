import { FileSource } from "../io/file-source.js";
import { HEADER_LENGTH } from "./header.js";
import type { ByteSource } from "../io/byte-source.js";

/** A part of a log, in bytes from the beginning of the file: whole records from the first byte of one on. */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * A log's header and then only the records that lie in a range: several servers' logs are read as one history without
 * copying any of it. Offsets stay those of the file: see `skipped`.
 */
export class LogSlice implements ByteSource {
  readonly compression = "none";
  readonly size: number;
  readonly skipped: number;
  private readonly file: FileSource;
  private readonly range: ByteRange;
  private inHeader = true;

  constructor(path: string, range: ByteRange) {
    const { from, to } = range;
    this.range = range;
    this.file = new FileSource(path);
    this.size = Math.min(to, this.file.size);
    this.skipped = from - HEADER_LENGTH;
  }

  get name(): string {
    return this.file.name;
  }

  get storedRead(): number {
    return this.file.storedRead;
  }

  read(target: Buffer, offset: number, length: number): number {
    if (this.inHeader) {
      const count = this.file.read(target, offset, Math.min(length, HEADER_LENGTH - this.file.storedRead));
      this.inHeader = count > 0 && this.file.storedRead < HEADER_LENGTH;
      if (!this.inHeader && count > 0) this.file.storedRead += this.skipped;
      return count;
    }
    return this.file.read(target, offset, Math.min(length, this.size - this.file.storedRead));
  }

  readAhead(target: Buffer, offset: number, length: number): Promise<number> | null {
    if (this.inHeader) return null;
    return this.file.readAhead(target, offset, Math.min(length, this.size - this.file.storedRead));
  }

  readAt(target: Buffer, offset: number, length: number, position: number): number {
    return this.file.readAt(target, offset, Math.min(length, this.size - position), position);
  }

  again(): LogSlice {
    return new LogSlice(this.name, this.range);
  }

  close(): void {
    this.file.close();
  }
}

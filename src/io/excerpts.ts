import type { ByteSource } from "./byte-source.js";
import { CompressionError } from "./byte-source.js";
import { UnreadableFile } from "./unreadable-file.js";

/**
 * Parts of a file's uncompressed bytes, read apart from whoever reads all of it. A file that cannot be read anywhere is
 * read on from the last part, and anew for one before it: best asked for in rising order.
 */
export class Excerpts {
  private readonly open: () => ByteSource;
  private source: ByteSource | null = null;
  private position = 0;

  constructor(open: () => ByteSource) {
    this.open = open;
  }

  /** `length` bytes from `from` on; fewer where the file ends, or cannot be read any further. */
  async read(from: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(Math.max(length, 0));
    try {
      return bytes.subarray(0, await this.fill(bytes, from));
    } catch (error) {
      if (error instanceof UnreadableFile || error instanceof CompressionError) return Buffer.alloc(0);
      throw error;
    }
  }

  close(): void {
    this.source?.close();
    this.source = null;
  }

  private async fill(bytes: Buffer, from: number): Promise<number> {
    this.source ??= this.open();
    if (!this.source.readAt && !(await this.goTo(from))) return 0;
    let filled = 0;
    while (filled < bytes.length) {
      const left = bytes.length - filled;
      const count = this.source.readAt
        ? this.source.readAt(bytes, filled, left, from + filled)
        : await this.source.read(bytes, filled, left);
      if (count === 0) break;
      filled += count;
      this.position += count;
    }
    return filled;
  }

  private async goTo(from: number): Promise<boolean> {
    if (this.position > from) {
      this.close();
      this.source = this.open();
      this.position = 0;
    }
    const skipped = Buffer.alloc(Math.min(PIECE, from - this.position));
    while (this.position < from) {
      const count = await (this.source as ByteSource).read(skipped, 0, Math.min(PIECE, from - this.position));
      if (count === 0) return false;
      this.position += count;
    }
    return true;
  }
}

const PIECE = 1 << 20;

import { type ByteSource, CompressionError } from "../byte-source.js";
import type { StoredSource } from "../stored-bytes.js";
import { UnreadableFile } from "../unreadable-file.js";

/** A gzip file (of one or more members), decompressed on the thread pool while the caller parses. */
export class GzipSource implements ByteSource {
  readonly name: string;
  readonly compression = "gzip";
  readonly size = undefined;
  private readonly file: StoredSource;
  // 1 MiB pieces: the default of 16 KiB decompresses at a quarter of the speed.
  private readonly gunzip = process.getBuiltinModule("node:zlib").createGunzip({ chunkSize: 1 << 20 });
  private readonly chunks: AsyncIterator<Buffer>;
  private chunk: Buffer = Buffer.alloc(0);
  private ended = false;

  constructor(file: StoredSource) {
    this.name = file.name;
    this.file = file;
    // Like node:zlib, node:stream is loaded for those files alone that need it: it takes milliseconds.
    const { Readable } = process.getBuiltinModule("node:stream");
    const stored = Readable.from(storedChunks(file), { objectMode: false, highWaterMark: 1 << 20 });
    stored.on("error", (error) => this.gunzip.destroy(error));
    this.chunks = stored.pipe(this.gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  get storedRead(): number {
    return this.gunzip.bytesWritten;
  }

  async read(target: Buffer, offset: number, length: number): Promise<number> {
    while (this.chunk.length === 0) {
      if (this.ended) return 0;
      await this.nextChunk();
    }
    const count = this.chunk.copy(target, offset, 0, length);
    this.chunk = this.chunk.subarray(count);
    return count;
  }

  again(): GzipSource {
    return new GzipSource(this.file.again());
  }

  close(): void {
    this.ended = true;
    this.gunzip.destroy();
    this.file.close();
  }

  private async nextChunk(): Promise<void> {
    try {
      const { done, value } = await this.chunks.next();
      if (!done) {
        this.chunk = value;
        return;
      }
    } catch (error) {
      this.ended = true;
      if (error instanceof UnreadableFile) throw error;
      throw new CompressionError(`gzip: ${(error as Error).message}`, { cause: error });
    }
    this.ended = true;
    const after = this.file.size - this.gunzip.bytesWritten;
    // zlib ends quietly where what follows a member is not another one.
    if (after > 0) throw new CompressionError(`gzip: ${after} bytes after the end of the compressed stream`);
  }
}

function* storedChunks(file: StoredSource): Generator<Buffer> {
  for (;;) {
    const chunk = Buffer.allocUnsafe(1 << 20);
    const count = file.read(chunk, 0, chunk.length);
    if (count === 0) return;
    yield chunk.subarray(0, count);
  }
}

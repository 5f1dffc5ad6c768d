import { CompressionError } from "./byte-source.js";
import type { StoredBytes } from "./stored-bytes.js";

/** Stored bytes in pieces. Throws UnreadableFile. */
export async function* chunksOf(stored: StoredBytes): AsyncGenerator<Buffer> {
  const source = stored.open();
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(PIECE);
      const count = source.read(chunk, 0, PIECE);
      if (count === 0) return;
      yield chunk.subarray(0, count);
    }
  } finally {
    source.close();
  }
}

/** What is inside gzip. Throws CompressionError where that is damaged, after what comes before. */
export async function* gunzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Readable } = process.getBuiltinModule("node:stream");
  const gunzip = process.getBuiltinModule("node:zlib").createGunzip({ chunkSize: PIECE });
  const stored = Readable.from(chunks, { objectMode: false });
  // What the chunks throw is no damage of theirs.
  let failure: unknown;
  stored.on("error", (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  try {
    yield* stored.pipe(gunzip) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error === failure) throw error;
    throw new CompressionError(`gzip: ${(error as Error).message}`, { cause: error });
  } finally {
    gunzip.destroy();
    stored.destroy();
  }
}

/** A stream of which the first bytes have been looked at: `atLeast` of them, or all. It begins with them all the same. */
export async function begun(
  chunks: AsyncIterable<Buffer>,
  atLeast: number,
): Promise<{ first: Buffer; whole: AsyncGenerator<Buffer> }> {
  const rest = chunks[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let length = 0;
  while (length < atLeast) {
    const { done, value } = await rest.next();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  const first = Buffer.concat(parts);
  async function* whole(): AsyncGenerator<Buffer> {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  }
  return { first, whole: whole() };
}

const PIECE = 1 << 20;

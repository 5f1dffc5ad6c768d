import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import type { ByteSource } from "../../io/byte-source.js";
import { encrypt, type Recipients } from "../crypt/index.js";
import { HASH_DIGITS, hashOf, partName, type PartName } from "../names.js";
import { MOST_PART } from "../store/store.js";
import { type BuiltObject, GZIP_NUMBER, objectOf } from "./build.js";

/** The uncompressed bytes of a source, and what they hash to. */
export class Hashed {
  bytes = 0;
  private readonly hash: Hash = createHash("sha256");

  async *read(source: ByteSource): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(CHUNK);
        const count = await source.read(chunk, 0, CHUNK);
        if (count === 0) return;
        this.bytes += count;
        this.hash.update(chunk.subarray(0, count));
        yield chunk.subarray(0, count);
      }
    } finally {
      source.close();
    }
  }

  digest(): string {
    return this.hash.digest("hex").slice(0, HASH_DIGITS);
  }
}

/**
 * The parts of a snapshot: one gzip stream, encrypted where there are recipients, cut into objects of `most` bytes at most.
 * One is given when the next has begun: the last one's name says so. `number`: as for
 * buildSegment.
 */
export async function* partsOf(
  file: AsyncIterable<Buffer>,
  { kind, zxid, content }: Pick<PartName, "kind" | "zxid" | "content">,
  recipients: Recipients | null,
  { most = MOST_PART, number = 0 }: { most?: number; number?: number } = {},
): AsyncGenerator<BuiltObject, void, undefined> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: CHUNK });
  const source = Readable.from(file, { objectMode: false });
  source.on("error", (error) => gzip.destroy(error));
  const compressed = numbered(source.pipe(gzip), number);
  const stored = recipients ? encrypt(compressed, recipients) : compressed;
  let index = 0;
  const part = (bytes: Buffer, isLast: boolean): BuiltObject => {
    const encrypted = recipients !== null;
    return objectOf(partName({ kind, zxid, content, index: index++, isLast, stored: hashOf(bytes), encrypted }), bytes);
  };
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stored) {
    for (let at = 0; at < chunk.length; ) {
      if (size === most) {
        yield part(Buffer.concat(chunks), false);
        chunks = [];
        size = 0;
      }
      const piece = chunk.subarray(at, at + most - size);
      chunks.push(piece);
      size += piece.length;
      at += piece.length;
    }
  }
  yield part(Buffer.concat(chunks), true);
}

/** The header is in the first chunk. */
async function* numbered(stream: AsyncIterable<Buffer>, number: number): AsyncGenerator<Buffer, void, undefined> {
  let isFirst = true;
  for await (const chunk of stream) {
    if (isFirst) chunk.writeUInt32LE(number, GZIP_NUMBER);
    isFirst = false;
    yield chunk;
  }
}

const CHUNK = 1 << 20;

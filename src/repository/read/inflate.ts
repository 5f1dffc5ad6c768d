import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { say, tag } from "../../text/message.js";
import { DamagedObject } from "./damaged.js";

/**
 * What an object's gzip stream holds, a piece at a time. `name` is what messages call it; `most`: bytes that it may have.
 *
 * Throws DamagedObject where it is not what a compressor made, or has more; and as `stored` does.
 */
export async function* inflated(
  name: string,
  stored: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: PIECE });
  const source = Readable.from(stored, { objectMode: false });
  source.on("error", (error) => gunzip.destroy(error));
  let size = 0;
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new DamagedObject(name, say`it decompresses to more than it can have`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))
      throw new DamagedObject(name, say`gzip: ${tag.system(error.message)}`);
    throw error;
  } finally {
    gunzip.destroy();
    source.destroy();
  }
}

const PIECE = 256 << 10;

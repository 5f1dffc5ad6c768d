import type { ByteSource } from "./byte-source.js";
import { FileSource } from "./file-source.js";
import { GzipSource } from "./compressed/gzip-source.js";
import { isGzip, isSnappy } from "./compressed/first-inside.js";
import { SNAPPY_MAGIC, SnappySource } from "./compressed/snappy-source.js";
import type { StoredBytes } from "./stored-bytes.js";

/**
 * Opens a regular file, or bytes that are kept elsewhere, by their magic, whatever their name: gzip, snappy-java's
 * stream, or the bytes themselves. Throws UnreadableFile.
 *
 * @example
 * import { openBytes } from "zkrewind/io";
 *
 * const source = openBytes("fixtures/3.8.6-standalone/version-2/snapshot.0");
 * console.log(source.name, source.size, source.compression);
 * source.close();
 */
export function openBytes(stored: string | StoredBytes): ByteSource {
  const source = typeof stored === "string" ? new FileSource({ path: stored }) : stored.open();
  let magic: Buffer;
  try {
    magic = source.peek(SNAPPY_MAGIC.length);
  } catch (error) {
    source.close();
    throw error;
  }
  if (isGzip(magic)) return new GzipSource(source);
  return isSnappy(magic) ? new SnappySource(source) : source;
}

import zlib from "node:zlib";

/**
 * The CRC-32 (IEEE) of bytes wherever they are; `seed` is that of the bytes before them, so a stream is
 * `crc = crc32(chunk, crc)`. Bytes that are in a Block, short ones above all, are better served by its own method.
 */
export function crc32(data: Uint8Array, seed = 0): number {
  return zlib.crc32(data, seed);
}

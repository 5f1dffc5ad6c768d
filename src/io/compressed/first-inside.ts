import { SNAPPY_MAGIC } from "./snappy-source.js";

/**
 * The first uncompressed bytes of a file by its first stored ones: what is inside gzip or snappy-java's stream, else
 * the bytes themselves. Empty where the stream is damaged there, or more of it would be needed.
 */
export function firstInside(stored: Buffer): Buffer {
  if (isGzip(stored)) return firstOfGzip(stored);
  return isSnappy(stored) ? firstOfSnappy(stored) : stored;
}

/** As many stored bytes are enough: deflate makes no more than 1 MiB of them. */
export const FIRST_STORED = 1024;

export function isGzip(stored: Buffer): boolean {
  return stored[0] === 0x1f && stored[1] === 0x8b;
}

export function isSnappy(stored: Buffer): boolean {
  return stored.subarray(0, SNAPPY_MAGIC.length).equals(SNAPPY_MAGIC);
}

function firstOfGzip(stored: Buffer): Buffer {
  const { constants, gunzipSync } = process.getBuiltinModule("node:zlib");
  try {
    // It goes on after these bytes: that it seems cut is no damage.
    return gunzipSync(stored.subarray(0, FIRST_STORED), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

/**
 * What a snappy stream begins with: header, int block length, varint of its uncompressed length, then the block's first
 * element, which can only be a literal: nothing is there yet to copy from.
 */
function firstOfSnappy(stored: Buffer): Buffer {
  let at = SNAPPY_MAGIC.length + 8 + 4;
  while ((stored[at++] ?? 0) >= 0x80);
  const tag = stored[at++] ?? 0xff;
  if ((tag & 3) !== 0) return Buffer.alloc(0);
  // Up to 59 the length less one stands in the tag, else in the 1 to 4 bytes after it.
  const bytes = Math.max(0, (tag >> 2) - 59);
  if (at + bytes > stored.length) return Buffer.alloc(0);
  const length = 1 + (bytes === 0 ? tag >> 2 : stored.readUIntLE(at, bytes));
  return stored.subarray(at + bytes, at + bytes + length);
}

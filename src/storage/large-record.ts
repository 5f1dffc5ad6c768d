import { Block } from "../checksum/index.js";
import type { ByteSource } from "../io/byte-source.js";

/** Where the data of a transaction is in its payload, told by what it begins with: view[start, limit). */
export type FindValue = (view: DataView, start: number, limit: number) => { at: number; length: number } | null;

/** How much of a payload must be looked at for that. */
export const PAYLOAD_HEAD = 64 << 10;

const PIECE = 1 << 20;
let scratch: Block | null = null;

/**
 * Whether `length` bytes of a file from `offset` on have this Adler-32 and this byte after them: read apart from
 * everything else, piece by piece. False as well where the source cannot do that.
 */
export function isSoundAt(source: ByteSource, offset: number, length: number, sum: number, mark: number): boolean {
  scratch ??= Block.create(PIECE);
  const { bytes, start } = scratch;
  let adler = 1;
  for (let at = 0; at < length; ) {
    const count = source.readAt?.(bytes, start, Math.min(PIECE, length - at), offset + at) ?? 0;
    if (count === 0) return false;
    adler = scratch.adler32(start, start + count, adler);
    at += count;
  }
  return adler === sum && source.readAt?.(bytes, start, 1, offset + length) === 1 && bytes[start] === mark;
}

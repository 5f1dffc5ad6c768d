import type { ByteSource } from "./byte-source.js";

/**
 * The lines of a source, as their bytes without the LF: a view that is good until the next. The last need not end in
 * one; lines may be of any length. Throws as reading does.
 */
export async function* linesOf(source: ByteSource): AsyncGenerator<readonly Buffer[]> {
  let buffer = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  for (;;) {
    if (filled === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
    const count = await source.read(buffer, filled, buffer.length - filled);
    if (count === 0) break;
    const end = filled + count;
    const lines: Buffer[] = [];
    let start = 0;
    for (let at = buffer.indexOf(LF, filled); at >= 0 && at < end; at = buffer.indexOf(LF, start)) {
      lines.push(buffer.subarray(start, at));
      start = at + 1;
    }
    if (lines.length > 0) yield lines;
    buffer.copyWithin(0, start, end);
    filled = end - start;
  }
  if (filled > 0) yield [buffer.subarray(0, filled)];
}

const LF = 0x0a;
const PIECE = 4 << 20;

import type { ByteSource } from "./byte-source.js";

/**
 * Where two sources differ first, in uncompressed bytes; null where they are the same but for zeros that one of them
 * ends in. Reads and closes both. Throws as they do.
 */
export async function firstDifference(a: ByteSource, b: ByteSource): Promise<number | null> {
  const [left, right] = [Buffer.alloc(PIECE), Buffer.alloc(PIECE)];
  try {
    for (let at = 0; ; at += PIECE) {
      const [leftEnd, rightEnd] = [await fill(a, left), await fill(b, right)];
      if (leftEnd === 0 && rightEnd === 0) return null;
      // Behind its end a source counts as zeros.
      left.fill(0, leftEnd);
      right.fill(0, rightEnd);
      if (!left.equals(right)) return at + differing(left, right);
    }
  } finally {
    a.close();
    b.close();
  }
}

async function fill(source: ByteSource, target: Buffer): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const count = await source.read(target, filled, target.length - filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

function differing(a: Buffer, b: Buffer): number {
  let at = 0;
  while (a[at] === b[at]) at++;
  return at;
}

/** Bytes. */
const PIECE = 1 << 20;

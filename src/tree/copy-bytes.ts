import type { Block } from "../checksum/index.js";

/** Word by word: a call into the runtime costs as much as a few hundred bytes. The places must not overlap. */
export function copyBytes(from: Block, start: number, to: Block, at: number, length: number): void {
  if (length > MOST_BY_WORDS) {
    from.bytes.copy(to.bytes, at, start, start + length);
    return;
  }
  const source = from.view;
  const target = to.view;
  let done = 0;
  for (; done + 4 <= length; done += 4) target.setUint32(at + done, source.getUint32(start + done));
  for (; done < length; done++) target.setUint8(at + done, source.getUint8(start + done));
}

const MOST_BY_WORDS = 512;

/** A larger column with what a smaller one holds. */
export function grown<T extends Uint8Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

import { Block } from "../checksum/index.js";

let shared: Block | null = null;

/** Puts bytes from elsewhere where the store can take them from: at the block's `start`, good until the next call. */
export function inBlock(bytes: Uint8Array): Block {
  if (!shared || bytes.length > shared.end - shared.start) shared = Block.create(Math.max(bytes.length, 1 << 15));
  shared.bytes.set(bytes, shared.start);
  return shared;
}

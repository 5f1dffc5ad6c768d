import { Block } from "../checksum/index.js";

let shared: Block | null = null;

/**
 * Puts bytes from elsewhere where the store can take them from: at the block's `start`, good until the next call.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { inBlock } from "zkrewind/tree";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * const path = Buffer.from("/counters");
 * const block = inBlock(path);
 * console.log(tree.znodes.find(block, block.start, path.length) >= 0);
 */
export function inBlock(bytes: Uint8Array): Block {
  if (!shared || bytes.length > shared.end - shared.start) shared = Block.create(Math.max(bytes.length, 1 << 15));
  shared.bytes.set(bytes, shared.start);
  return shared;
}

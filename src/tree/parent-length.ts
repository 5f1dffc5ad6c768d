import type { Block } from "../checksum/index.js";
import { SLASH } from "../storage/path.js";

/**
 * The length of the part of a path before its last "/": 0 for a child of the root.
 *
 * @example
 * import { inBlock, parentLength } from "zkrewind/tree";
 *
 * const path = Buffer.from("/app/a");
 * const block = inBlock(path);
 * console.log(parentLength(block, block.start, path.length));
 */
export function parentLength(block: Block, start: number, length: number): number {
  const { view } = block;
  for (let at = start + length - 1; at > start; at--) if (view.getUint8(at) === SLASH) return at - start;
  return 0;
}

import { Block } from "../../checksum/index.js";
import { NONE, pathOf, setLong, STAT } from "../../tree/index.js";
import type { Draft } from "./draft.js";

/**
 * Gives a znode other data, as a setData in the result's own transaction would: the version rises by one. The time is
 * the draft's, so that the same restore gives the same bytes wherever it is run.
 */
export function setValue({ tree, zxid, time }: Draft, slot: number, data: Uint8Array): void {
  const { znodes } = tree;
  const block = Block.create(data.length);
  block.bytes.set(data, block.start);
  znodes.setData(slot, block, block.start, data.length);
  const view = znodes.viewOf(slot);
  const stat = znodes.statOf(slot);
  setLong(view, stat + STAT.mzxid, Number(zxid >> 32n), Number(zxid & 0xffffffffn));
  view.setBigInt64(stat + STAT.mtime, time);
  view.setInt32(stat + STAT.version, (view.getInt32(stat + STAT.version) + 1) | 0);
  znodes.refresh(slot);
}

/** The slot of a path given as text; NONE where there is no such znode. */
export function slotAt({ tree }: Draft, path: string): number {
  if (path === "/") return 0;
  const slot = tree.znodes.findPath(Buffer.from(path));
  return slot !== NONE && pathOf(tree, slot) === path ? slot : NONE;
}

import type { TreeView } from "../../tree/index.js";

/** A znode's path as a view of the tree's memory; empty for the root. */
export function pathBytes({ znodes }: Pick<TreeView, "znodes">, slot: number): Buffer {
  const record = znodes.recordOf(slot);
  return znodes.memoryOf(slot).bytes.subarray(record + 4, record + 4 + znodes.viewOf(slot).getInt32(record));
}

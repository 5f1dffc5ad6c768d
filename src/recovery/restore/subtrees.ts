import { ChildIndex, type DataTree } from "../../tree/index.js";

/** Every znode in the subtrees at `tops`, each once and before its children. */
export function subtrees(tree: DataTree, tops: readonly number[]): number[] {
  if (tops.length === 0) return [];
  const list: number[] = [];
  const seen = new Uint8Array(tree.znodes.slots);
  const index = tops.some((top) => tree.znodes.numChildren(top) > 0) ? new ChildIndex(tree.znodes) : null;
  const sorted = index ? tops.toSorted((a, b) => depth(tree, a) - depth(tree, b)) : tops;
  for (const top of sorted) {
    for (const slot of index ? index.walk(top) : [top]) {
      if (seen[slot] === 1) continue;
      seen[slot] = 1;
      list.push(slot);
    }
  }
  return list;
}

function depth({ znodes }: DataTree, slot: number): number {
  let levels = 0;
  for (let each = slot; each > 0; each = znodes.parent(each)) levels++;
  return levels;
}

import { PathSort } from "./paths/path-sort.js";
import { NONE, ROOT, type ZnodeStore } from "./znode-store.js";

/**
 * The children of every znode at one moment, in byte order of their names. The store itself keeps no lists of children:
 * this is made in one pass when something is to be listed, and is out of date after the next transaction.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { ChildIndex, pathOf, ROOT } from "zkrewind/tree";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * const children = new ChildIndex(tree.znodes);
 * for (const slot of children.of(ROOT)) console.log(pathOf(tree, slot), children.of(slot).length);
 */
export class ChildIndex {
  private readonly store: ZnodeStore;
  /** Where each slot's children begin in `list`; one more entry than slots. */
  private readonly starts: Uint32Array;
  private readonly list: Uint32Array;
  private readonly sorted: Uint8Array;
  private readonly order: PathSort;

  /** `inOrder`: whether children are wanted by their names; else they come as the store has them, for less. */
  constructor(store: ZnodeStore, inOrder = true) {
    this.store = store;
    this.order = new PathSort(store);
    const { slots } = store;
    const starts = new Uint32Array(slots + 1);
    for (let slot = 0; slot < slots; slot++) {
      const parent = store.parent(slot);
      if (parent >= 0) starts[parent + 1] = (starts[parent + 1] as number) + 1;
    }
    for (let slot = 0; slot < slots; slot++) starts[slot + 1] = (starts[slot + 1] as number) + (starts[slot] as number);
    const list = new Uint32Array(starts[slots] as number);
    const next = starts.slice(0, slots);
    for (let slot = 0; slot < slots; slot++) {
      const parent = store.parent(slot);
      if (parent < 0) continue;
      const at = next[parent] as number;
      list[at] = slot;
      next[parent] = at + 1;
    }
    this.starts = starts;
    this.list = list;
    this.sorted = new Uint8Array(slots).fill(inOrder ? 0 : 1);
  }

  /** A znode's children: a view that stays good. */
  of(slot: number): Uint32Array {
    const children = this.list.subarray(this.starts[slot], this.starts[slot + 1]);
    if (this.sorted[slot] === 0) {
      this.sorted[slot] = 1;
      if (children.length > 1) this.order.sort(children, prefixLength(this.store, slot));
    }
    return children;
  }

  /** Every znode of the subtree at `top`, depth first, each before its children. */
  walk(top: number = ROOT): IterableIterator<number> {
    return new DepthFirst(this, this.starts, top);
  }
}

/** Bytes that the paths of a znode's children have in common: its own path and the slash. */
function prefixLength(store: ZnodeStore, slot: number): number {
  return store.viewOf(slot).getInt32(store.recordOf(slot)) + 1;
}

/** What a generator would do, in less time: a tree has millions of znodes, and most of them no children. */
class DepthFirst implements IterableIterator<number> {
  private readonly index: ChildIndex;
  private readonly starts: Uint32Array;
  /** The children of each znode on the way down to the last one, and how many of them were told. */
  private readonly siblings: Uint32Array[] = [];
  private readonly told: number[] = [];

  constructor(index: ChildIndex, starts: Uint32Array, top: number) {
    this.index = index;
    this.starts = starts;
    this.siblings.push(Uint32Array.of(top));
    this.told.push(0);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<number> {
    const { siblings, told, starts } = this;
    for (let depth = siblings.length - 1; depth >= 0; depth--) {
      const level = siblings[depth] as Uint32Array;
      const place = told[depth] as number;
      if (place < level.length) {
        told[depth] = place + 1;
        const slot = level[place] as number;
        if (starts[slot] !== starts[slot + 1]) {
          siblings.push(this.index.of(slot));
          told.push(0);
        }
        return { done: false, value: slot };
      }
      siblings.pop();
      told.pop();
    }
    return { done: true, value: undefined };
  }
}

/**
 * The znodes that are in no list of children: each is the top of a subtree that no walk from the root comes to, and that
 * no snapshot holds.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { orphans } from "zkrewind/tree";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * console.log(orphans(tree.znodes));
 */
export function orphans(store: ZnodeStore): number[] {
  const list: number[] = [];
  if (store.orphans === 0) return list;
  for (let slot = 0; slot < store.slots; slot++) {
    if (slot !== ROOT && store.exists(slot) && store.parent(slot) === NONE) list.push(slot);
  }
  return list;
}

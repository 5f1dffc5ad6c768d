import { NONE, ROOT, type ZnodeStore } from "./znode-store.js";

/**
 * The children of every znode at one moment, in byte order of their names. The store itself keeps no lists of children:
 * this is made in one pass when something is to be listed, and is out of date after the next transaction.
 */
export class ChildIndex {
  private readonly store: ZnodeStore;
  /** Where each slot's children begin in `list`; one more entry than slots. */
  private readonly starts: Uint32Array;
  private readonly list: Uint32Array;
  private readonly sorted: Uint8Array;

  constructor(store: ZnodeStore) {
    this.store = store;
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
    this.sorted = new Uint8Array(slots);
  }

  /** A znode's children, sorted: a view that stays good. */
  of(slot: number): Uint32Array {
    const children = this.list.subarray(this.starts[slot], this.starts[slot + 1]);
    if (this.sorted[slot] === 0) {
      this.sorted[slot] = 1;
      if (children.length > 1) this.sort(children);
    }
    return children;
  }

  /** Every znode of the subtree at `top`, depth first, each before its children. */
  *walk(top: number = ROOT): Generator<number> {
    const stack = [top];
    for (let slot = stack.pop(); slot !== undefined; slot = stack.pop()) {
      yield slot;
      const children = this.of(slot);
      for (let index = children.length - 1; index >= 0; index--) stack.push(children[index] as number);
    }
  }

  /** Siblings share their parent's path, so whole paths order as their names do. */
  private sort(children: Uint32Array): void {
    const { store } = this;
    children.sort((a, b) => comparePaths(store, a, b));
  }
}

/** Byte order of two znodes' paths. */
export function comparePaths(store: ZnodeStore, a: number, b: number): number {
  const viewA = store.viewOf(a);
  const viewB = store.viewOf(b);
  const recordA = store.recordOf(a);
  const recordB = store.recordOf(b);
  const lengthA = viewA.getInt32(recordA);
  const lengthB = viewB.getInt32(recordB);
  const shared = Math.min(lengthA, lengthB);
  let index = 4;
  for (; index + 4 <= shared + 4; index += 4) {
    const wordA = viewA.getUint32(recordA + index);
    const wordB = viewB.getUint32(recordB + index);
    if (wordA !== wordB) return wordA - wordB;
  }
  for (; index < shared + 4; index++) {
    const byteA = viewA.getUint8(recordA + index);
    const byteB = viewB.getUint8(recordB + index);
    if (byteA !== byteB) return byteA - byteB;
  }
  return lengthA - lengthB;
}

/** The znodes that no path from the root leads to: their parents are missing. */
export function orphans(store: ZnodeStore): number[] {
  const list: number[] = [];
  for (let slot = 0; slot < store.slots; slot++) {
    if (slot !== ROOT && store.exists(slot) && store.parent(slot) === NONE) list.push(slot);
  }
  return list;
}

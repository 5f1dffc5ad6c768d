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
      if (children.length > 1) sortByPath(this.store, children, prefixLength(this.store, slot));
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
}

/** Bytes that the paths of a znode's children have in common: its own path and the slash. */
function prefixLength(store: ZnodeStore, slot: number): number {
  return store.viewOf(slot).getInt32(store.recordOf(slot)) + 1;
}

/** Sorts slots whose paths agree in their first `known` bytes, in byte order of the paths. */
function sortByPath(store: ZnodeStore, slots: Uint32Array, known: number): void {
  if (slots.length <= FEW || slots.length > KEY_UNIT) {
    slots.sort((a, b) => comparePaths(store, a, b));
    return;
  }
  const shared = sharedLength(store, slots, known);
  // The next four bytes above the place in the list: one number each, which the runtime sorts without calling back.
  const keys = new Float64Array(slots.length);
  let longest = 0;
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index] as number;
    longest = Math.max(longest, store.viewOf(slot).getInt32(store.recordOf(slot)));
    keys[index] = fourBytes(store, slot, shared) * KEY_UNIT + index;
  }
  keys.sort();
  const before = slots.slice();
  for (let index = 0; index < slots.length; index++)
    slots[index] = before[(keys[index] as number) % KEY_UNIT] as number;
  for (let from = 0; from < slots.length; ) {
    const key = Math.floor((keys[from] as number) / KEY_UNIT);
    let to = from + 1;
    while (to < slots.length && Math.floor((keys[to] as number) / KEY_UNIT) === key) to++;
    if (to - from > 1) {
      const same = slots.subarray(from, to);
      // At the paths' end only their lengths can differ.
      if (shared + 4 < longest) sortByPath(store, same, shared + 4);
      else same.sort((a, b) => comparePaths(store, a, b));
    }
    from = to;
  }
}

/** How many bytes all paths agree in, `known` of which are known: names that are numbered share most of theirs. */
function sharedLength(store: ZnodeStore, slots: Uint32Array, known: number): number {
  const first = slots[0] as number;
  const view = store.viewOf(first);
  const record = store.recordOf(first);
  let shared = view.getInt32(record);
  for (let index = 1; index < slots.length && shared > known; index++) {
    const slot = slots[index] as number;
    const other = store.viewOf(slot);
    const otherRecord = store.recordOf(slot);
    const most = Math.min(shared, other.getInt32(otherRecord));
    let at = known;
    while (at < most && view.getUint8(record + 4 + at) === other.getUint8(otherRecord + 4 + at)) at++;
    shared = at;
  }
  return shared;
}

/** Four bytes of a path from `at` on as an unsigned number; zeros behind its end. */
function fourBytes(store: ZnodeStore, slot: number, at: number): number {
  const view = store.viewOf(slot);
  const record = store.recordOf(slot);
  const left = view.getInt32(record) - at;
  const start = record + 4 + at;
  if (left >= 4) return view.getUint32(start);
  let key = 0;
  for (let index = 0; index < 4; index++) key = key * 256 + (index < left ? view.getUint8(start + index) : 0);
  return key;
}

/** As many siblings are sorted by comparing as is faster than making keys. */
const FEW = 16;
/** 32 bits of key and 21 of place fit into a double. */
const KEY_UNIT = 2 ** 21;

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

import { comparePaths, type DataTree, NONE, PathSort } from "../../tree/index.js";

/** The children of one znode, in byte order of their names: the first of them sorted at once, the rest when there is time. */
interface Listing {
  path: string;
  slots: Uint32Array;
  /** How many at the beginning are in order. */
  sorted: number;
}

/**
 * Lists of children of a tree that moves. A move keeps the lists that it did not touch. A long list is sorted only as far
 * as it is shown, until more is asked for.
 */
export class Listings {
  private readonly tree: DataTree;
  private readonly order: PathSort;
  private readonly lists = new Map<number, Listing>();

  constructor(tree: DataTree) {
    this.tree = tree;
    this.order = new PathSort(tree.znodes);
  }

  /** The children of a znode, of which at least the first `upTo` are in order. */
  of(slot: number, upTo: number): Uint32Array {
    const known = this.lists.get(slot);
    const list = known ?? this.read(slot);
    if (list.sorted < Math.min(upTo, list.slots.length)) this.sort(list, slot, upTo);
    return list.slots;
  }

  /**
   * Where a path stands in a list of a znode's children; -1 - N where it is none of them and would stand before the Nth. A
   * list that `of` has not put in order is counted through.
   */
  place(parent: number, list: Uint32Array, path: Buffer): number {
    const { znodes } = this.tree;
    const known = this.lists.get(parent);
    const isSorted = known?.slots !== list || known.sorted === list.length;
    const prefix = znodes.viewOf(parent).getInt32(znodes.recordOf(parent)) + 1;
    const isBefore = (slot: number): boolean => comparePath(this.tree, slot, path, prefix) < 0;
    let place = 0;
    if (!isSorted) for (const slot of list) if (isBefore(slot)) place++;
    let end = isSorted ? list.length : 0;
    while (place < end) {
      const middle = (place + end) >> 1;
      if (isBefore(list[middle] as number)) place = middle + 1;
      else end = middle;
    }
    const slot = znodes.findPath(path);
    const isThere = slot !== NONE && znodes.parent(slot) === parent && (!isSorted || list[place] === slot);
    return isThere ? place : -1 - place;
  }

  /** Takes in a move: the paths that it touched (their bytes in latin1). */
  moved(touched: ReadonlySet<string>): void {
    const { znodes } = this.tree;
    const changed = new Map<number, number[]>();
    for (const path of touched) {
      if (path === "") continue;
      const parent = znodes.findPath(Buffer.from(path.slice(0, path.lastIndexOf("/")), "latin1"));
      if (parent === NONE || !this.lists.has(parent)) continue;
      const child = znodes.findPath(Buffer.from(path, "latin1"));
      const children = changed.get(parent) ?? [];
      changed.set(parent, child === NONE ? children : [...children, child]);
    }
    for (const [slot, { path }] of this.lists) {
      if (!znodes.exists(slot) || pathOf(this.tree, slot) !== path) this.lists.delete(slot);
    }
    for (const [parent, children] of changed) this.update(parent, children);
  }

  /** Sorts the lists that were sorted only in part. */
  finish(): void {
    for (const [slot, list] of this.lists)
      if (list.sorted < list.slots.length) this.sort(list, slot, list.slots.length);
  }

  clear(): void {
    this.lists.clear();
  }

  private read(slot: number): Listing {
    const { znodes } = this.tree;
    const slots = new Uint32Array(znodes.numChildren(slot));
    let found = 0;
    for (let each = 0; found < slots.length && each < znodes.slots; each++)
      if (znodes.parent(each) === slot) slots[found++] = each;
    const list = { path: pathOf(this.tree, slot), slots, sorted: 0 };
    if (this.lists.size >= MOST_LISTS) this.lists.clear();
    this.lists.set(slot, list);
    return list;
  }

  private sort(list: Listing, slot: number, upTo: number): void {
    const { znodes } = this.tree;
    const prefix = znodes.viewOf(slot).getInt32(znodes.recordOf(slot)) + 1;
    if (list.slots.length > LONG && list.sorted === 0 && upTo <= FEW) {
      bringFirst(list.slots, upTo, (a, b) => comparePaths(znodes, a, b, prefix));
      list.sorted = upTo;
      return;
    }
    if (list.slots.length > 1) this.order.sort(list.slots, prefix);
    list.sorted = list.slots.length;
  }

  /** `children`: those that a move came by, and that are there. */
  private update(parent: number, children: readonly number[]): void {
    const { znodes } = this.tree;
    const list = this.lists.get(parent);
    if (!list) return;
    if (list.sorted < list.slots.length) {
      this.lists.delete(parent);
      return;
    }
    const anew = new Set(children);
    const next = new Uint32Array(znodes.numChildren(parent));
    let length = 0;
    // A slot that was free may be another znode's now.
    for (const slot of list.slots) if (znodes.parent(slot) === parent && !anew.has(slot)) next[length++] = slot;
    for (const child of children) {
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (comparePaths(znodes, next[middle] as number, child) < 0) low = middle + 1;
        else high = middle;
      }
      next.copyWithin(low + 1, low, length);
      next[low] = child;
      length++;
    }
    list.slots = next;
    list.sorted = length;
  }
}

/** Sorts the first `count` of a list to its beginning, and leaves the others unsorted. */
export function bringFirst(list: Uint32Array, count: number, compare: (a: number, b: number) => number): void {
  const heap = list.subarray(0, count);
  const sink = (from: number, end: number): void => {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= end) return;
      if (child + 1 < end && compare(heap[child] as number, heap[child + 1] as number) < 0) child++;
      if (compare(heap[at] as number, heap[child] as number) >= 0) return;
      swap(heap, at, child);
      at = child;
    }
  };
  for (let at = (count >> 1) - 1; at >= 0; at--) sink(at, count);
  for (let at = count; at < list.length; at++) {
    if (compare(list[at] as number, heap[0] as number) >= 0) continue;
    swap(list, at, 0);
    sink(0, count);
  }
  for (let end = count - 1; end > 0; end--) {
    swap(heap, 0, end);
    sink(0, end);
  }
}

function swap(list: Uint32Array, a: number, b: number): void {
  const kept = list[a] as number;
  list[a] = list[b] as number;
  list[b] = kept;
}

/** Byte order of a znode's path and another, which agree in their first `known` bytes. */
function comparePath({ znodes }: DataTree, slot: number, path: Buffer, known: number): number {
  const record = znodes.recordOf(slot);
  const end = record + 4 + znodes.viewOf(slot).getInt32(record);
  return znodes.memoryOf(slot).bytes.compare(path, Math.min(known, path.length), path.length, record + 4 + known, end);
}

function pathOf({ znodes }: DataTree, slot: number): string {
  const record = znodes.recordOf(slot);
  return znodes.memoryOf(slot).bytes.toString("latin1", record + 4, record + 4 + znodes.viewOf(slot).getInt32(record));
}
const MOST_LISTS = 64;
const LONG = 20_000;
const FEW = 1000;

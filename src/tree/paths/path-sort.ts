import { SLASH } from "../../storage/path.js";
import type { ZnodeStore } from "../znode-store.js";

/**
 * How paths are ordered: by their bytes, as siblings are by those of their names; or as a walk comes to them, a znode
 * before what is below it, and all of that before its next sibling.
 */
export type PathOrder = "bytes" | "depth first";

/**
 * Sorts slots by their paths.
 *
 * Siblings are many and often numbered, so their paths differ in few bytes: the first four in which any two of them
 * differ are taken as a number, by which they are sorted without comparing. Those that are the same in it go through the
 * same again, with what follows.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { pathOf, PathSort } from "zkrewind/tree";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * const slots = Uint32Array.from({ length: tree.znodes.slots }, (_, slot) => slot).filter((slot) => tree.znodes.exists(slot));
 * new PathSort(tree.znodes).sort(slots, 0);
 * console.log(pathOf(tree, slots[1]), pathOf(tree, slots.at(-1)));
 */
export class PathSort {
  private readonly store: ZnodeStore;
  private readonly depthFirst: boolean;
  /** The slots of one group and their keys; a pass of the radix sort goes from one pair to the other. */
  private slots = new Uint32Array(0);
  private keys = new Uint32Array(0);
  private otherSlots = new Uint32Array(0);
  private otherKeys = new Uint32Array(0);
  /** How often each of a key's four bytes has each value. */
  private readonly counts = new Uint32Array(4 * 256);

  constructor(store: ZnodeStore, order: PathOrder = "bytes") {
    this.store = store;
    this.depthFirst = order === "depth first";
  }

  /** Sorts slots whose paths agree in their first `known` bytes. */
  sort(slots: Uint32Array, known: number): void {
    // Groups to sort, three numbers each: not by recursion, whose depth would be the data's choice.
    const groups = [0, slots.length, known];
    while (groups.length > 0) {
      const agreed = groups.pop() as number;
      const to = groups.pop() as number;
      const from = groups.pop() as number;
      const group = slots.subarray(from, to);
      if (group.length <= FEW) this.sortFew(group, Math.max(agreed, 0));
      else if (agreed === ALL) this.sortByLength(group);
      else this.sortByKey(group, agreed, from, groups);
    }
  }

  /** Sorts by the next four bytes; adds what is the same in them to `groups`, where `slots` begins at `offset`. */
  private sortByKey(slots: Uint32Array, known: number, offset: number, groups: number[]): void {
    const { store, depthFirst } = this;
    const { length } = slots;
    const at = sharedLength(store, slots, known);
    this.reserve(length);
    let longest = 0;
    for (let index = 0; index < length; index++) {
      const slot = slots[index] as number;
      longest = Math.max(longest, store.viewOf(slot).getInt32(store.recordOf(slot)));
      this.slots[index] = slot;
      this.keys[index] = depthFirst ? fourInOrder(store, slot, at) : fourBytes(store, slot, at);
    }
    this.radixSort(length);
    slots.set(this.slots.subarray(0, length));
    const { keys } = this;
    const next = at + 4 < longest ? at + 4 : ALL;
    for (let from = 0; from < length; ) {
      let to = from + 1;
      while (to < length && keys[to] === keys[from]) to++;
      if (to - from > 1) groups.push(offset + from, offset + to, next);
      from = to;
    }
  }

  /** Sorts slots whose paths differ in nothing but how many zeros they end with. */
  private sortByLength(slots: Uint32Array): void {
    const { store } = this;
    this.reserve(slots.length);
    this.slots.set(slots);
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index] as number;
      this.keys[index] = store.viewOf(slot).getInt32(store.recordOf(slot));
    }
    this.radixSort(slots.length);
    slots.set(this.slots.subarray(0, slots.length));
  }

  /** Sorts `slots` by `keys`, from the last byte to the first. */
  private radixSort(length: number): void {
    const { counts } = this;
    counts.fill(0);
    for (let index = 0, { keys } = this; index < length; index++) {
      const key = keys[index] as number;
      for (let byte = 0; byte < 4; byte++) {
        const count = (byte << 8) | ((key >>> (byte * 8)) & 0xff);
        counts[count] = (counts[count] as number) + 1;
      }
    }
    for (let byte = 0; byte < 4; byte++) {
      const { keys, slots, otherKeys, otherSlots } = this;
      const shift = byte * 8;
      const first = byte << 8;
      if (counts[first | (((keys[0] as number) >>> shift) & 0xff)] === length) continue;
      for (let value = 0, begin = 0; value < 256; value++) {
        const count = counts[first | value] as number;
        counts[first | value] = begin;
        begin += count;
      }
      for (let index = 0; index < length; index++) {
        const key = keys[index] as number;
        const place = first | ((key >>> shift) & 0xff);
        const to = counts[place] as number;
        counts[place] = to + 1;
        otherKeys[to] = key;
        otherSlots[to] = slots[index] as number;
      }
      this.keys = otherKeys;
      this.slots = otherSlots;
      this.otherKeys = keys;
      this.otherSlots = slots;
    }
  }

  private sortFew(slots: Uint32Array, known: number): void {
    const { store, depthFirst } = this;
    for (let index = 1; index < slots.length; index++) {
      const slot = slots[index] as number;
      let to = index;
      for (; to > 0; to--) {
        const before = slots[to - 1] as number;
        const order = depthFirst
          ? compareDepthFirst(store, before, store, slot)
          : comparePaths(store, before, slot, known);
        if (order <= 0) break;
        slots[to] = before;
      }
      slots[to] = slot;
    }
  }

  private reserve(length: number): void {
    if (length <= this.slots.length) return;
    const capacity = Math.max(length, this.slots.length * 2, 256);
    this.slots = new Uint32Array(capacity);
    this.keys = new Uint32Array(capacity);
    this.otherSlots = new Uint32Array(capacity);
    this.otherKeys = new Uint32Array(capacity);
  }
}

/**
 * Byte order of two znodes' paths, which agree in their first `known` bytes.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { comparePaths } from "zkrewind/tree";
 *
 * const { znodes } = (await rebuild(discover(["fixtures/3.8.6-standalone"]))).tree;
 * const [a, b] = ["/acl", "/counters"].map((path) => znodes.findPath(Buffer.from(path)));
 * console.log(comparePaths(znodes, a, b) < 0);
 */
export function comparePaths(store: ZnodeStore, a: number, b: number, known = 0): number {
  const viewA = store.viewOf(a);
  const viewB = store.viewOf(b);
  const recordA = store.recordOf(a);
  const recordB = store.recordOf(b);
  const lengthA = viewA.getInt32(recordA);
  const lengthB = viewB.getInt32(recordB);
  const end = 4 + Math.min(lengthA, lengthB);
  let index = 4 + known;
  for (; index + 4 <= end; index += 4) {
    const wordA = viewA.getUint32(recordA + index);
    const wordB = viewB.getUint32(recordB + index);
    if (wordA !== wordB) return wordA - wordB;
  }
  for (; index < end; index++) {
    const byteA = viewA.getUint8(recordA + index);
    const byteB = viewB.getUint8(recordB + index);
    if (byteA !== byteB) return byteA - byteB;
  }
  return lengthA - lengthB;
}

/**
 * The order of a walk, of znodes of two trees.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { compareDepthFirst } from "zkrewind/tree";
 *
 * const { znodes } = (await rebuild(discover(["fixtures/3.8.6-standalone"]))).tree;
 * const [a, b] = ["/acl", "/counters"].map((path) => znodes.findPath(Buffer.from(path)));
 * console.log(compareDepthFirst(znodes, a, znodes, b) < 0);
 */
export function compareDepthFirst(storeA: ZnodeStore, a: number, storeB: ZnodeStore, b: number): number {
  const viewA = storeA.viewOf(a);
  const viewB = storeB.viewOf(b);
  const recordA = storeA.recordOf(a);
  const recordB = storeB.recordOf(b);
  const lengthA = viewA.getInt32(recordA);
  const lengthB = viewB.getInt32(recordB);
  const end = 4 + Math.min(lengthA, lengthB);
  let index = 4;
  while (index + 4 <= end && viewA.getInt32(recordA + index) === viewB.getInt32(recordB + index)) index += 4;
  for (; index < end; index++) {
    const byteA = viewA.getUint8(recordA + index);
    const byteB = viewB.getUint8(recordB + index);
    if (byteA !== byteB) return slashFirst(byteA) - slashFirst(byteB);
  }
  return lengthA - lengthB;
}

/** A slash ends a name, and a name that ends comes before one that goes on: no two bytes become one. */
function slashFirst(byte: number): number {
  return byte > SLASH ? byte : byte === SLASH ? 0 : byte + 1;
}

/** `fourBytes` for the order of a walk: what a path's end is filled up with comes no later than a slash. */
function fourInOrder(store: ZnodeStore, slot: number, at: number): number {
  const view = store.viewOf(slot);
  const record = store.recordOf(slot);
  const left = view.getInt32(record) - at;
  const start = record + 4 + at;
  let key = 0;
  for (let index = 0; index < 4; index++)
    key = (key << 8) | (index < left ? slashFirst(view.getUint8(start + index)) : 0);
  return key;
}

/**
 * How many bytes all paths agree in, `known` of which are known: names that are numbered share most of theirs. Never
 * less than `known`, though a path may end before that, where the others have zeros.
 */
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
    while (at + 4 <= most && view.getInt32(record + 4 + at) === other.getInt32(otherRecord + 4 + at)) at += 4;
    while (at < most && view.getUint8(record + 4 + at) === other.getUint8(otherRecord + 4 + at)) at++;
    shared = at;
  }
  return Math.max(shared, known);
}

/** Four bytes of a path from `at` on as a number, the sign of which means nothing; zeros after its end. */
function fourBytes(store: ZnodeStore, slot: number, at: number): number {
  const view = store.viewOf(slot);
  const record = store.recordOf(slot);
  const left = view.getInt32(record) - at;
  const start = record + 4 + at;
  if (left >= 4) return view.getInt32(start);
  let key = 0;
  for (let index = 0; index < 4; index++) key = (key << 8) | (index < left ? view.getUint8(start + index) : 0);
  return key;
}

/** How many bytes agree where all of them do, but for the zeros that stand behind a path's end. */
const ALL = -1;
/** As many are sorted by comparing as is faster than making keys. */
const FEW = 16;

import type { Block, ZnodeRun } from "../checksum/index.js";
import { type Arena, capacityOf } from "./arena.js";
import { copyBytes } from "./copy-bytes.js";
import { PathIndex } from "./paths/path-index.js";
import type { StoreListener } from "./before/store-listener.js";
import { aclAt, dataAt, recordLength, STAT_LENGTH } from "./znode-fields.js";
import { inBlock } from "./scratch.js";
import { FREE, ZnodeColumns } from "./znode-columns.js";
import { SLASH } from "../storage/path.js";

/** "No such znode": an answer of `find`, and the parent of the root. */
export const NONE = -1;
/** The root's slot, always. */
export const ROOT = 0;

/**
 * The znodes of a tree: a znode is a *slot*, a small number that indexes these columns; everything else about it is
 * in its record in the arena (record.ts). About 20 bytes a znode beside its record, plus 12 to 24 in the path index.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { NONE } from "zkrewind/tree";
 *
 * const { znodes } = (await rebuild(discover(["fixtures/3.8.6-standalone"]))).tree;
 * const slot = znodes.findPath(Buffer.from("/counters"));
 * if (slot !== NONE) console.log(znodes.numChildren(slot), znodes.size, znodes.digest(slot));
 */
export class ZnodeStore extends ZnodeColumns {
  /** Znodes that exist, orphans included. */
  size = 0;
  /** How many of them are orphans: in no znode's list of children. */
  orphans = 0;
  /** The sum, modulo 2^64, of all znodes' digests: ZooKeeper's tree digest (version 2). */
  digestHigh = 0;
  digestLow = 0;
  /** Is told of changes before they are made. */
  listener: StoreListener | null = null;

  private readonly index: PathIndex;
  private readonly freeSlots: number[] = [];
  /** Keeps `touch` from being optimized away. */
  protected touched = 0;
  /** Hashes of the slots that were adopted and are not in the index yet; the slots are the last ones. */
  private readonly pending = new Uint32Array(PENDING);
  private pendingCount = 0;

  constructor(arena: Arena, expected: number) {
    const capacity = Math.max(expected, 256);
    super(arena, capacity);
    this.index = new PathIndex(capacity);
  }

  /** The znode in whose list of children this one is: NONE for the root, and for an orphan. */
  parent(slot: number): number {
    const parent = this.parentOf[slot] as number;
    return this.orphans > 0 && parent >= 0 && this.parentOf[parent] === FREE ? NONE : parent;
  }

  /** The znode with the path that is at block[start, start + length); "/" is the root. */
  find(block: Block, start: number, length: number): number {
    if (length <= 1 && (length === 0 || block.view.getUint8(start) === SLASH)) return this.size > 0 ? ROOT : NONE;
    return this.lookUp(block.kernel.path_hash(start, length) >>> 0, block.view, start, length);
  }

  /**
   * Brings the znodes with these hashes nearer to the processor, in steps of which each asks for many places at once:
   * see Prefetch. `hashes` is used up.
   */
  touch(hashes: Uint32Array, count: number): void {
    const { index, offsetOf, blockOf, views } = this;
    let touched = 0;
    for (let each = 0; each < count; each++) touched ^= index.slotAt(index.home(hashes[each] as number));
    // A third of the entries are not at home: to take what is there for the znode would touch the wrong one.
    for (let each = 0; each < count; each++) hashes[each] = index.firstWith(hashes[each] as number) + 1;
    for (let each = 0; each < count; each++) {
      const slot = (hashes[each] as number) - 1;
      if (slot >= 0)
        touched += (offsetOf[slot] as number) ^ (this.digestOf[slot] as number) ^ (this.parentOf[slot] as number);
    }
    for (let each = 0; each < count; each++) {
      const slot = (hashes[each] as number) - 1;
      if (slot < 0) continue;
      const view = views[blockOf[slot] as number] as DataView;
      const record = offsetOf[slot] as number;
      // No record is shorter than 76 bytes, and a usual one ends within these lines.
      touched ^= view.getInt32(record) ^ view.getInt32(record + 64);
      if (record + 256 < view.byteLength) touched ^= view.getInt32(record + 128) ^ view.getInt32(record + 192);
    }
    this.touched = touched;
  }

  /** Brings the records of these slots nearer to the processor, all at once so that their cache misses overlap. */
  touchRecords(slots: Uint32Array, count: number): void {
    const { blockOf, offsetOf, childrenOf, views } = this;
    let touched = 0;
    for (let each = 0; each < count; each++) {
      const slot = slots[each] as number;
      touched ^= (offsetOf[slot] as number) ^ (blockOf[slot] as number) ^ (childrenOf[slot] as number);
    }
    for (let each = 0; each < count; each++) {
      const slot = slots[each] as number;
      const view = views[blockOf[slot] as number] as DataView;
      const record = offsetOf[slot] as number;
      // As in `touch`.
      touched ^= view.getInt32(record) ^ view.getInt32(record + 64);
      if (record + 256 < view.byteLength) touched ^= view.getInt32(record + 128) ^ view.getInt32(record + 192);
    }
    this.touched = touched;
  }

  /** The znode with this path, given as its UTF-8 bytes: for the edges. */
  findPath(path: Uint8Array): number {
    const block = inBlock(path);
    return this.find(block, block.start, path.length);
  }

  /**
   * Takes in a record that is in the arena already: a snapshot's. Its digest is added to the tree's. It cannot be
   * found before `indexAdopted`, which the caller must call when `mustIndex` says so, and at the end.
   */
  adopt(blockIndex: number, record: number, hash: number, parent: number): number {
    if (this.slots === this.offsetOf.length) this.growColumns(1);
    const slot = this.slots++;
    this.syncViews();
    this.blockOf[slot] = blockIndex;
    this.offsetOf[slot] = record;
    this.classOf[slot] = 0;
    this.parentOf[slot] = parent;
    this.childrenOf[slot] = 0;
    this.enlist(slot, parent);
    this.size++;
    const digest = this.memoryOf(slot).kernel.znode_digest(record) >>> 0;
    this.digestOf[slot] = digest;
    this.addToDigest(digest);
    this.pending[this.pendingCount++] = hash;
    return slot;
  }

  /**
   * The same for the znodes that a run has just taken; their parents are znodes. The slots that were adopted before must
   * be in the index, and these are when it returns. It adds to the digest what the run says of it.
   */
  adoptRun(blockIndex: number, run: ZnodeRun, count: number, duplicate: (slot: number) => void): void {
    const { results } = run;
    const first = this.slots;
    if (first + count > this.offsetOf.length) this.growColumns(count);
    this.syncViews();
    const { blockOf, offsetOf, parentOf, childrenOf, digestOf, pending } = this;
    for (let each = 0, at = 0; each < count; each++, at += 4) {
      const slot = first + each;
      const parent = results[at + 3] as number;
      blockOf[slot] = blockIndex;
      offsetOf[slot] = results[at] as number;
      digestOf[slot] = results[at + 2] as number;
      parentOf[slot] = parent;
      childrenOf[parent] = (childrenOf[parent] as number) + 1;
    }
    for (let from = 0; from < count; from += PENDING) {
      const to = Math.min(from + PENDING, count);
      for (let each = from; each < to; each++) pending[each - from] = results[4 * each + 1] as number;
      this.pendingCount = to - from;
      this.slots = first + to;
      this.indexAdopted(duplicate);
    }
    this.size += count;
    this.addToDigest(run.digestLow);
    this.digestHigh = (this.digestHigh + run.digestHigh) | 0;
  }

  /** Whether `indexAdopted` is due: no more may be adopted before it. */
  get mustIndex(): boolean {
    return this.pendingCount === PENDING;
  }

  /**
   * Puts the adopted slots into the index, all at once so that the cache misses of many overlap. A slot whose path is
   * in already stays out of the index and is passed to `duplicate`.
   */
  indexAdopted(duplicate: (slot: number) => void): void {
    const { index, pending, pendingCount } = this;
    const first = this.slots - pendingCount;
    let touched = 0;
    for (let each = 0; each < pendingCount; each++) touched ^= index.slotAt(index.home(pending[each] as number));
    this.touched = touched;
    for (let each = 0; each < pendingCount; each++) {
      const hash = pending[each] as number;
      const slot = first + each;
      const record = this.recordOf(slot);
      const view = this.viewOf(slot);
      if (this.lookUp(hash, view, record + 4, view.getInt32(record)) === NONE) index.add(hash, slot);
      else duplicate(slot);
    }
    this.pendingCount = 0;
  }

  /** A new znode with zeros for its stat. `path` is at from[pathStart…]; the data at from[dataStart…], null for -1. */
  create(
    from: Block,
    pathStart: number,
    pathLength: number,
    dataStart: number,
    dataLength: number,
    parent: number,
  ): number {
    const slot = this.newSlot();
    this.allocateFor(slot, recordLength(pathLength, dataLength));
    const view = this.viewOf(slot);
    const record = this.recordOf(slot);
    const block = this.memoryOf(slot);
    view.setInt32(record, pathLength);
    copyBytes(from, pathStart, block, record + 4, pathLength);
    const at = record + 4 + pathLength;
    view.setInt32(at, dataLength);
    if (dataLength > 0) copyBytes(from, dataStart, block, at + 4, dataLength);
    const acl = at + 4 + Math.max(dataLength, 0);
    for (let word = acl; word < acl + 8 + STAT_LENGTH; word += 4) view.setInt32(word, 0);
    const hash = block.kernel.path_hash(record + 4, pathLength) >>> 0;
    this.digestOf[slot] = 0;
    this.link(slot, hash, parent);
    return slot;
  }

  /** Must be called before a znode's ACL id or stat is written; the store itself sees to all else. */
  willChange(slot: number): void {
    if (this.listener !== null) this.listener.changes(slot);
  }

  /** Replaces a znode's data, in place where it fits. Its digest is stale until `refresh`. */
  setData(slot: number, from: Block, dataStart: number, dataLength: number): void {
    this.willChange(slot);
    const view = this.viewOf(slot);
    const record = this.recordOf(slot);
    const at = dataAt(view, record);
    const acl = aclAt(view, record);
    const before = acl + 8 + STAT_LENGTH - record;
    const after = before - (acl - at - 4) + Math.max(dataLength, 0);
    const block = this.memoryOf(slot);
    const sizeClass = this.classOf[slot] as number;
    if (after <= (sizeClass === 0 ? before : capacityOf(sizeClass))) {
      const newAcl = at + 4 + Math.max(dataLength, 0);
      if (newAcl !== acl) block.bytes.copyWithin(newAcl, acl, acl + 8 + STAT_LENGTH);
      view.setInt32(at, dataLength);
      if (dataLength > 0) copyBytes(from, dataStart, block, at + 4, dataLength);
      return;
    }
    const oldBlock = this.blockOf[slot] as number;
    this.allocateFor(slot, after);
    const target = this.memoryOf(slot);
    const moved = this.recordOf(slot);
    const dataOffset = at - record;
    copyBytes(block, record, target, moved, dataOffset);
    this.viewOf(slot).setInt32(moved + dataOffset, dataLength);
    if (dataLength > 0) copyBytes(from, dataStart, target, moved + dataOffset + 4, dataLength);
    copyBytes(block, acl, target, moved + dataOffset + 4 + Math.max(dataLength, 0), 8 + STAT_LENGTH);
    this.arena.release(oldBlock, record, sizeClass, before);
  }

  /** Brings a znode's digest, and with it the tree's, up to date after its record changed. */
  refresh(slot: number): void {
    const digest = this.memoryOf(slot).kernel.znode_digest(this.recordOf(slot)) >>> 0;
    const before = this.digestOf[slot] as number;
    this.digestOf[slot] = digest;
    this.addToDigest(digest - before);
  }

  /**
   * Removes a znode. Its children, if it has any, stay as orphans: in no list, whatever comes to have the path of their
   * parent. Its slot is not used again before the last of them is gone, so that their links say so.
   */
  remove(slot: number): void {
    this.willChange(slot);
    const view = this.viewOf(slot);
    const record = this.recordOf(slot);
    const block = this.memoryOf(slot);
    const pathLength = view.getInt32(record);
    this.index.remove(block.kernel.path_hash(record + 4, pathLength) >>> 0, slot);
    this.addToDigest(-(this.digestOf[slot] as number));
    this.delist(slot);
    const length = aclAt(view, record) + 8 + STAT_LENGTH - record;
    this.arena.release(this.blockOf[slot] as number, record, this.classOf[slot] as number, length);
    this.parentOf[slot] = FREE;
    const children = this.childrenOf[slot] as number;
    if (children === 0) this.freeSlots.push(slot);
    else this.orphans += children;
    this.size--;
  }

  private lookUp(hash: number, view: DataView, start: number, length: number): number {
    const { index } = this;
    for (let entry = index.home(hash); ; entry = index.after(entry)) {
      const slot = index.slotAt(entry);
      if (slot < 0) return NONE;
      if (index.hashAt(entry) === hash && this.hasPath(slot, view, start, length)) return slot;
    }
  }

  private hasPath(slot: number, view: DataView, start: number, length: number): boolean {
    const there = this.viewOf(slot);
    let at = this.recordOf(slot);
    if (there.getInt32(at) !== length) return false;
    at += 4;
    const end = start + length;
    let from = start;
    for (; from + 4 <= end; from += 4, at += 4) if (there.getInt32(at) !== view.getInt32(from)) return false;
    for (; from < end; from++, at++) if (there.getUint8(at) !== view.getUint8(from)) return false;
    return true;
  }

  private link(slot: number, hash: number, parent: number): void {
    if (this.listener !== null) this.listener.created(slot);
    this.parentOf[slot] = parent;
    this.childrenOf[slot] = 0;
    this.enlist(slot, parent);
    this.index.add(hash, slot);
    this.size++;
  }

  private allocateFor(slot: number, length: number): void {
    const { arena } = this;
    arena.allocate(length);
    this.syncViews();
    this.blockOf[slot] = arena.block;
    this.offsetOf[slot] = arena.offset;
    this.classOf[slot] = arena.sizeClass;
  }

  /** `delta` is the difference of two CRC-32s: between -2^32 and 2^32. */
  private addToDigest(delta: number): void {
    const low = this.digestLow + delta;
    if (low < 0) this.digestHigh = (this.digestHigh - 1) | 0;
    else if (low >= 2 ** 32) this.digestHigh = (this.digestHigh + 1) | 0;
    this.digestLow = low >>> 0;
  }

  private enlist(slot: number, parent: number): void {
    if (parent >= 0) {
      this.willChange(parent);
      this.childrenOf[parent] = (this.childrenOf[parent] as number) + 1;
    } else if (slot !== ROOT) this.orphans++;
  }

  private delist(slot: number): void {
    const parent = this.parentOf[slot] as number;
    if (parent < 0) {
      if (slot !== ROOT) this.orphans--;
      return;
    }
    if (this.parentOf[parent] !== FREE) this.willChange(parent);
    const children = (this.childrenOf[parent] as number) - 1;
    this.childrenOf[parent] = children;
    if (this.parentOf[parent] !== FREE) return;
    this.orphans--;
    if (children === 0) this.freeSlots.push(parent);
  }

  /** Puts an orphan into a znode's list of children; NONE leaves it an orphan. */
  protected setParent(slot: number, parent: number): void {
    this.delist(slot);
    this.parentOf[slot] = parent;
    this.enlist(slot, parent);
  }

  private newSlot(): number {
    const free = this.freeSlots.pop();
    if (free !== undefined) return free;
    if (this.slots === this.offsetOf.length) this.growColumns(1);
    return this.slots++;
  }
}

/** Adopted slots that wait for the index: their table entries fit into the nearest cache. */
const PENDING = 128;

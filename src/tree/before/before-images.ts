import { Arena } from "../arena.js";
import { ChildIndex } from "../children.js";
import type { DataTree } from "../data-tree.js";
import { parentLength } from "../parent-length.js";
import type { StoreListener } from "./store-listener.js";
import { aclAt, dataAt, STAT_LENGTH } from "../znode-fields.js";
import { NONE, ROOT, ZnodeStore } from "../znode-store.js";

/** What is compared of a tree: all of one, or of an earlier state only the znodes that were touched since. */
export type TreeView = Pick<DataTree, "znodes" | "acls" | "sessions">;

/**
 * What a tree was at one moment, kept while it goes on: the record of each znode as it was before the first change.
 *
 * A record costs a copy once, however often the znode changes; znodes that nothing touches cost nothing.
 *
 * @example
 * import { discover, replay } from "zkrewind/recovery";
 * import { BeforeImages, freshTree } from "zkrewind/tree";
 *
 * const tree = freshTree();
 * const images = new BeforeImages(tree.znodes);
 * await replay(tree, discover(["fixtures/3.8.6-standalone"]).logs, { from: 0n, to: 0x20n, exactFrom: 0n, proven: true });
 * images.close();
 * console.log([...images.touchedNow()].length, images.before.size);
 */
export class BeforeImages implements StoreListener {
  /**
   * The znodes that were touched, as they were; with them the root, and what is below /zookeeper/quota, touched or not.
   * Parents are linked where they are among them.
   */
  readonly before = new ZnodeCopies();
  private readonly store: ZnodeStore;
  /** By slot: whether it has been touched. */
  private touched: Uint8Array;

  /** Begins: from now on the store tells it of each change. */
  constructor(store: ZnodeStore) {
    this.store = store;
    this.touched = new Uint8Array(Math.ceil(store.slots * 1.25) + 256);
    this.changes(ROOT);
    this.keepQuotas();
    store.listener = this;
  }

  changes(slot: number): void {
    if (this.touched[slot] === 1) return;
    this.mark(slot);
    this.before.add(this.store, slot);
  }

  created(slot: number): void {
    this.mark(slot);
  }

  /** Ends it: the tree is at the later moment. */
  close(): void {
    this.store.listener = null;
    this.before.linkAll();
  }

  /** The slots of the znodes that the tree has now, and that were touched. */
  *touchedNow(): Generator<number> {
    const { store, touched } = this;
    for (let slot = 0; slot < store.slots; slot++) if (touched[slot] === 1 && store.exists(slot)) yield slot;
  }

  private mark(slot: number): void {
    if (slot >= this.touched.length) {
      const grown = new Uint8Array(Math.ceil(slot * 1.5));
      grown.set(this.touched);
      this.touched = grown;
    }
    this.touched[slot] = 1;
  }

  /** What an undo of quotas asks of the earlier tree is not only what has changed. */
  private keepQuotas(): void {
    const top = this.store.findPath(QUOTA_ROOT);
    if (top === NONE) return;
    this.changes(top);
    if (this.store.numChildren(top) > 0) for (const slot of new ChildIndex(this.store).walk(top)) this.changes(slot);
  }
}

/**
 * Copies of znodes; their numbers of children are those that they had, not those of the copies.
 *
 * @example
 * import { ZnodeCopies, freshTree, ROOT } from "zkrewind/tree";
 *
 * const { znodes } = freshTree();
 * const copies = new ZnodeCopies();
 * copies.add(znodes, ROOT);
 * copies.linkAll();
 * console.log(copies.size);
 */
export class ZnodeCopies extends ZnodeStore {
  private readonly children: number[] = [];

  constructor() {
    super(new Arena(0), 0);
  }

  override numChildren(slot: number): number {
    return this.children[slot] ?? 0;
  }

  /** Copies a znode of another store. */
  add(from: ZnodeStore, slot: number): void {
    const block = from.memoryOf(slot);
    const { view } = block;
    const record = from.recordOf(slot);
    const data = dataAt(view, record);
    const copy = this.create(block, record + 4, view.getInt32(record), data + 4, view.getInt32(data), NONE);
    const to = this.viewOf(copy);
    const acl = aclAt(view, record);
    const at = aclAt(to, this.recordOf(copy));
    for (let word = 0; word < 8 + STAT_LENGTH; word += 4) to.setInt32(at + word, view.getInt32(acl + word));
    this.children[copy] = from.numChildren(slot);
  }

  /** Puts each copy below that of its parent, where there is one. */
  linkAll(): void {
    for (let slot = 1; slot < this.slots; slot++) {
      const block = this.memoryOf(slot);
      const path = this.recordOf(slot) + 4;
      this.setParent(slot, this.find(block, path, parentLength(block, path, block.view.getInt32(path - 4))));
    }
  }
}

const QUOTA_ROOT = Buffer.from("/zookeeper/quota");

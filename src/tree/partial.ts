import type { Block } from "../checksum/index.js";
import { Body, effectOf, type TxnCursor } from "../txn/index.js";
import type { DataTree } from "./data-tree.js";
import { parentLength } from "./parent-length.js";
import { aclAt, setLong } from "./znode-fields.js";
import { NONE } from "./znode-store.js";

/**
 * A tree of which only some transactions are known: before one is applied, the znodes that it needs and the tree lacks
 * are put in, empty, with zeros for their stats. What the transactions themselves wrote is right; the rest is assumed.
 */
export class PartialTree {
  /** How many znodes were put in. */
  assumed = 0;

  private readonly tree: DataTree;

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  /** Puts in what `txn`, parsed from `from`'s bytes, needs: parents of what it creates, and what it writes. */
  makeRoom(txn: TxnCursor, from: Block): void {
    if (txn.body !== Body.multi) return this.makeRoomForOne(txn, from);
    if (!txn.multiFailed()) txn.eachMember((member) => this.makeRoomForOne(member, from));
  }

  private makeRoomForOne(txn: TxnCursor, from: Block): void {
    const { pathStart, pathLength } = txn;
    switch (effectOf(txn.body)) {
      case "created":
        if (pathLength > 1) this.find(from, pathStart, parentLength(from, pathStart, pathLength));
        return;
      case "data":
      case "acl":
        this.find(from, pathStart, pathLength);
        return;
      case "deleted":
      case null:
    }
  }

  /** The znode at a path, put in with all above it where it is missing. */
  private find(from: Block, start: number, length: number): number {
    const { znodes } = this.tree;
    const known = znodes.find(from, start, length);
    if (known !== NONE || length < 2) return known;
    const parent = this.find(from, start, parentLength(from, start, length));
    const slot = znodes.create(from, start, length, start, -1, parent);
    const view = znodes.viewOf(slot);
    setLong(view, aclAt(view, znodes.recordOf(slot)), -1, 0xffffffff);
    znodes.refresh(slot);
    this.assumed++;
    return slot;
  }
}

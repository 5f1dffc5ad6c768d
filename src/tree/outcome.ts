import type { Block } from "../checksum/index.js";
import { fromHalves } from "../storage/zxid.js";
import type { TxnCursor } from "../txn/index.js";

/**
 * What applying a transaction met. Over a snapshot that is fuzzy all of these but `ok` and `unknown` are normal until
 * its window is behind; after it, each says that something before it is missing or was changed.
 */
export const Outcome = {
  ok: 0,
  /** A create or delete whose parent does not exist. */
  missingParent: 1,
  /** A change or delete of a znode that does not exist. */
  missingNode: 2,
  /** A create of a znode that exists: that is in its parent's list of children, or is an orphan. */
  exists: 3,
  /** A setData or setACL whose version does not follow. */
  version: 4,
  /** A delete of a znode that has children. */
  children: 5,
  /** A closeSession of a session that is not open, or a createSession of one that is. */
  session: 6,
  /** A type that is not known, or a body that does not parse. */
  unknown: 7,
} as const;

/** How a transaction was applied: one of {@link Outcome}. */
export type OutcomeCode = (typeof Outcome)[keyof typeof Outcome];

/** What a transaction met that a snapshot's window does not explain. */
export interface OpenMisfit {
  what: "missing" | "older";
  path: string;
  zxid: bigint;
}

/**
 * Over a fuzzy snapshot a transaction may meet its own effect, or a later one's; nothing else. So a znode that is missing
 * when it is changed, or when a child is created, must be deleted later in the window; and one that exists when it is
 * created, or has another version than it must, cannot have got that before. What is still open at the end of the window
 * shows that the snapshot is not of its zxid. A tree whose `window` this is tells it what transactions meet.
 *
 * @example
 * import { freshTree, WindowMisfits } from "zkrewind/tree";
 *
 * const tree = freshTree();
 * tree.window = new WindowMisfits();
 * console.log(tree.window.open);
 */
export class WindowMisfits {
  private readonly missing = new Map<string, bigint>();
  private older: OpenMisfit | null = null;

  /** A path that is not there although the server had it. */
  lacks(txn: TxnCursor, from: Block, length: number, start = txn.pathStart): void {
    if (this.missing.size >= MOST_PATHS) return;
    const path = textOf(from, start, length);
    if (!this.missing.has(path)) this.missing.set(path, fromHalves(txn.zxidHigh, txn.zxidLow));
  }

  /** A path whose znode is as it was before the transaction, and not as it must have been then. */
  isOlder({ pathStart, pathLength, zxidHigh, zxidLow }: TxnCursor, from: Block): void {
    this.older ??= { what: "older", path: textOf(from, pathStart, pathLength), zxid: fromHalves(zxidHigh, zxidLow) };
  }

  deletes(from: Block, start: number, length: number): void {
    if (this.missing.size > 0) this.missing.delete(textOf(from, start, length));
  }

  /** A closeSession up to 3.5 does not say what it deletes. */
  deletesUnnamed(): void {
    this.missing.clear();
  }

  /** The first that nothing has explained; null where all is. */
  get open(): OpenMisfit | null {
    const [first] = this.missing;
    return this.older ?? (first ? { what: "missing", path: first[0], zxid: first[1] } : null);
  }
}

function textOf({ bytes }: Block, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("utf8");
}

/** What a forged directory may make this keep. */
const MOST_PATHS = 10_000;

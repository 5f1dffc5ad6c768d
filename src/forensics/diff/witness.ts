import type { Block } from "../../checksum/index.js";
import { type DataTree, NONE, type TreeView, type TxnWatcher } from "../../tree/index.js";
import { Body, type Effect, type TxnCursor } from "../../txn/index.js";
import type { Attribution } from "./attribution.js";
import { type Cause, type Causes, CausesSoFar, eachEffect, latin1At } from "./causes.js";
import { pathBytes } from "./path-bytes.js";
import type { ZnodeChange } from "./znode-change.js";

/**
 * Notes who changes what while a replay goes from the one point to the other: what `attribute` reads the logs for.
 *
 * @example
 * import { diffPair, Witness } from "zkrewind/forensics";
 * import { discover, parsePoint, rebuildPair } from "zkrewind/recovery";
 *
 * const at = (zxid) => ({ point: parsePoint(zxid), inclusive: true });
 * let witness;
 * const watch = (tree) => (witness = new Witness(tree));
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const pair = await rebuildPair(directory, at("0xe40"), at("0xe60"), { watch });
 * const changes = [...diffPair(pair, {})];
 * console.log(witness?.attribution(pair.from.tree, pair.to.tree, changes).causes.length);
 */
export class Witness implements TxnWatcher {
  private readonly tree: DataTree;
  private readonly byPath = new Map<string, CausesSoFar>();

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  before(txn: TxnCursor, from: Block): void {
    if (txn.body === Body.closeSession) this.closeSession(txn, from);
    else eachEffect(txn, from, this.note);
  }

  /** The causes of what was found to differ. */
  attribution(before: TreeView, after: TreeView, changes: readonly ZnodeChange[]): Attribution {
    const causes = changes.map((change) => {
      const path = change.before === NONE ? pathBytes(after, change.after) : pathBytes(before, change.before);
      return this.byPath.get(path.toString("latin1")) ?? NOTHING;
    });
    return { causes, unlogged: [], findings: [] };
  }

  /** Before 3.6 it does not name what it deletes; the tree knows. */
  private closeSession(txn: TxnCursor, from: Block): void {
    const { tree } = this;
    const deleted = new Set<string>();
    for (const slot of tree.ephemerals.get(txn.sessionHigh, txn.sessionLow) ?? [])
      deleted.add(pathBytes(tree, slot).toString("latin1"));
    txn.eachPath((start, length) => {
      deleted.add(latin1At(from, start, length));
    });
    for (const path of deleted) this.note(path, "deleted", txn, undefined);
  }

  private readonly note = (path: string, what: Effect, txn: TxnCursor, multi: Cause["multi"]): void => {
    let causes = this.byPath.get(path);
    if (!causes) this.byPath.set(path, (causes = new CausesSoFar()));
    causes.note(what, txn, multi);
  };
}

const NOTHING: Causes = { count: 0 };

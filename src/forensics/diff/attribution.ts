import type { Block } from "../../checksum/index.js";
import type { DataDirectory } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { follows } from "../../storage/zxid.js";
import { type TreeView, kindOf, NONE, SessionMap, STAT } from "../../tree/index.js";
import { Body, type Effect, type TxnCursor, type TxnShape } from "../../txn/index.js";
import { type Cause, type Causes, CausesSoFar, eachEffect, latin1At } from "./causes.js";
import { pathBytes } from "./path-bytes.js";
import type { ZnodeChange } from "./znode-change.js";
import { readTimeline, type TimelineVisitor } from "../history/timeline.js";

/** Transactions between the two points that no log has: what they changed has no cause. `before` null: up to the end. */
export interface Unlogged {
  after: bigint;
  before: bigint | null;
}

/** Who made changes. */
export interface Attribution {
  /** In the order of the changes. */
  causes: readonly Causes[];
  unlogged: readonly Unlogged[];
  findings: readonly Finding[];
}

/**
 * Finds, in one pass over the logs, the transactions after `from` up to `to` that made the changes.
 *
 * @example
 * import { attribute, diffTrees } from "zkrewind/forensics";
 * import { discover, parsePoint, rebuild } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const at = (zxid) => rebuild(directory, { point: parsePoint(zxid), inclusive: true });
 * const [before, after] = [await at("0xe40"), await at("0xe60")];
 * const changes = [...diffTrees(before.tree, after.tree, { oneHistory: true })];
 * const range = { from: before.zxid, to: after.zxid };
 * const { causes } = await attribute(directory, range, before.tree, after.tree, changes);
 * console.log(changes.length, causes[0]?.count);
 */
export async function attribute(
  directory: DataDirectory,
  range: { from: bigint; to: bigint },
  before: TreeView,
  after: TreeView,
  changes: readonly ZnodeChange[],
): Promise<Attribution> {
  const attributor = new Attributor(range, before, after, changes);
  const last = await readTimeline(directory.logs, { from: range.from + 1n, to: range.to }, attributor);
  return attributor.result(last);
}

class Attributor implements TimelineVisitor {
  private readonly from: bigint;
  private readonly to: bigint;
  private readonly byPath = new Map<string, number>();
  /** Ephemerals among the changes, by their owners: a closeSession before 3.6 does not name what it deletes. */
  private readonly owned = new SessionMap<Set<number>>();
  private readonly ownerOf = new Map<number, Set<number>>();
  private readonly causes: CausesSoFar[];
  private readonly unlogged: Unlogged[] = [];
  private readonly findings: Finding[] = [];

  constructor(
    { from, to }: { from: bigint; to: bigint },
    before: TreeView,
    after: TreeView,
    changes: readonly ZnodeChange[],
  ) {
    this.from = from;
    this.to = to;
    this.causes = changes.map(() => new CausesSoFar());
    for (const [index, change] of changes.entries()) {
      const [tree, slot] = change.before === NONE ? [after, change.after] : [before, change.before];
      this.byPath.set(pathBytes(tree, slot).toString("latin1"), index);
      if (change.before !== NONE) this.noteOwner(before, change.before, index);
    }
  }

  begin(next: bigint, after: bigint | null): void {
    const known = after === null || after < this.from ? this.from : after;
    if (next > known && !follows(known, next)) this.unlogged.push({ after: known, before: next });
  }

  take(txn: TxnCursor, _shape: TxnShape, from: Block): void {
    if (txn.body === Body.closeSession) return this.closeSession(txn, from);
    eachEffect(txn, from, (path, what, each, multi) => {
      const index = this.byPath.get(path);
      if (index === undefined) return;
      this.note(index, what, each, multi);
      if (what === "created" && each.ephemeral) this.own(each.sessionHigh, each.sessionLow, index);
    });
  }

  finding(finding: Finding): void {
    this.findings.push(finding);
  }

  result(last: bigint | null): Attribution {
    const reached = last === null || last < this.from ? this.from : last;
    if (reached < this.to) this.unlogged.push({ after: reached, before: null });
    return { causes: this.causes, unlogged: this.unlogged, findings: this.findings };
  }

  private closeSession(txn: TxnCursor, from: Block): void {
    const deleted = new Set(this.owned.get(txn.sessionHigh, txn.sessionLow));
    txn.eachPath((start, length) => {
      const change = this.byPath.get(latin1At(from, start, length));
      if (change !== undefined) deleted.add(change);
    });
    for (const index of deleted) this.note(index, "deleted", txn, undefined);
    this.owned.delete(txn.sessionHigh, txn.sessionLow);
  }

  private note(index: number, what: Effect, txn: TxnCursor, multi: Cause["multi"]): void {
    (this.causes[index] as CausesSoFar).note(what, txn, multi);
    if (what === "deleted") this.ownerOf.get(index)?.delete(index);
  }

  private noteOwner({ znodes }: TreeView, slot: number, index: number): void {
    const view = znodes.viewOf(slot);
    const at = znodes.statOf(slot) + STAT.ephemeralOwner;
    const [high, low] = [view.getInt32(at), view.getUint32(at + 4)];
    if (kindOf(high, low) === "ephemeral") this.own(high, low, index);
  }

  private own(high: number, low: number, index: number): void {
    let owned = this.owned.get(high, low);
    if (!owned) this.owned.set(high, low, (owned = new Set()));
    owned.add(index);
    this.ownerOf.set(index, owned);
  }
}

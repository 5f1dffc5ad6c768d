import type { Block } from "../../checksum/index.js";
import type { DataDirectory } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { follows } from "../../storage/zxid.js";
import { type DataTree, kindOf, NONE, SessionMap, STAT } from "../../tree/index.js";
import { Body, type Effect, effectOf, opName, type TxnCursor, type TxnShape } from "../../txn/index.js";
import { pathBytes, type ZnodeChange } from "./diff.js";
import { readTimeline, type TimelineVisitor } from "../history/timeline.js";
import type { Safe } from "../../text/safe.js";

/** A transaction that did something to a znode. */
export interface Cause {
  zxid: bigint;
  /** Milliseconds since 1970. */
  time: bigint;
  session: bigint;
  cxid: number;
  op: Safe;
  /** Which member of a multi it was, from 0; undefined of one that stands alone. */
  multi: { member: number; of: number } | undefined;
}

/** Who made a change: the last transaction of each kind that touched the znode, and how many did in all. */
export interface Causes extends Partial<Record<Effect, Cause>> {
  count: number;
}

/** Transactions between the two points that no log has: what they changed has no cause. `before` null: up to the end. */
export interface Unlogged {
  after: bigint;
  before: bigint | null;
}

export interface Attribution {
  /** In the order of the changes. */
  causes: readonly Causes[];
  unlogged: readonly Unlogged[];
  findings: readonly Finding[];
}

/** Finds, in one pass over the logs, the transactions after `from` up to `to` that made the changes. */
export async function attribute(
  directory: DataDirectory,
  range: { from: bigint; to: bigint },
  before: DataTree,
  after: DataTree,
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
  private readonly causes: Causes[];
  private readonly unlogged: Unlogged[] = [];
  private readonly findings: Finding[] = [];

  constructor(
    { from, to }: { from: bigint; to: bigint },
    before: DataTree,
    after: DataTree,
    changes: readonly ZnodeChange[],
  ) {
    this.from = from;
    this.to = to;
    this.causes = changes.map(() => ({ count: 0 }));
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
    if (txn.body === Body.closeSession) this.closeSession(txn, from);
    else if (txn.body !== Body.multi) this.change(txn, from, undefined);
    else if (!txn.multiFailed())
      txn.eachMember((member, index) => this.change(member, from, { member: index, of: txn.items }));
  }

  finding(finding: Finding): void {
    this.findings.push(finding);
  }

  result(last: bigint | null): Attribution {
    const reached = last === null || last < this.from ? this.from : last;
    if (reached < this.to) this.unlogged.push({ after: reached, before: null });
    return { causes: this.causes, unlogged: this.unlogged, findings: this.findings };
  }

  private change(txn: TxnCursor, from: Block, multi: Cause["multi"]): void {
    const what = effectOf(txn.body);
    if (what === null) return;
    const index = this.byPath.get(from.bytes.toString("latin1", txn.pathStart, txn.pathStart + txn.pathLength));
    if (index === undefined) return;
    this.note(index, what, txn, multi);
    if (what === "created" && txn.ephemeral) this.own(txn.sessionHigh, txn.sessionLow, index);
  }

  private closeSession(txn: TxnCursor, from: Block): void {
    const deleted = new Set(this.owned.get(txn.sessionHigh, txn.sessionLow));
    txn.eachPath((start, length) => {
      const change = this.byPath.get(from.bytes.toString("latin1", start, start + length));
      if (change !== undefined) deleted.add(change);
    });
    for (const index of deleted) this.note(index, "deleted", txn, undefined);
    this.owned.delete(txn.sessionHigh, txn.sessionLow);
  }

  private note(index: number, what: Effect, txn: TxnCursor, multi: Cause["multi"]): void {
    const causes = this.causes[index] as Causes;
    causes.count++;
    causes[what] = {
      zxid: txn.zxid,
      time: txn.time,
      session: txn.session,
      cxid: txn.cxid,
      op: opName(txn.type),
      multi,
    };
    if (what === "deleted") this.ownerOf.get(index)?.delete(index);
  }

  private noteOwner({ znodes }: DataTree, slot: number, index: number): void {
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

/** The transactions that explain a change, newest last. A znode that came to be anew has its data and ACL from that. */
export function causesOf({ change, fields, recreated }: ZnodeChange, causes: Causes): Cause[] {
  const wanted =
    change === "removed"
      ? [causes.deleted]
      : change === "added" || recreated
        ? [causes.created, latest(causes.data, causes.created), latest(causes.acl, causes.created)]
        : [
            ...(fields.includes("data") ? [causes.data] : []),
            ...(fields.includes("acl") || fields.includes("aclUnknown") ? [causes.acl] : []),
          ];
  const list = [...new Set(wanted.filter((cause) => cause !== undefined))];
  return list.sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
}

/** A cause that is of this life, not of one before. */
function latest(cause: Cause | undefined, since: Cause | undefined): Cause | undefined {
  return cause && since && cause.zxid < since.zxid ? undefined : cause;
}

import type { Block } from "../../checksum/index.js";
import { fromHalves } from "../../storage/zxid.js";
import { Body, type Effect, effectOf, opName, type TxnCursor } from "../../txn/index.js";
import type { Safe } from "../../text/safe.js";
import type { ZnodeChange } from "./znode-change.js";

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
export interface Causes extends Readonly<Partial<Record<Effect, Cause | undefined>>> {
  readonly count: number;
}

/** Who made the changes of one znode: the last transaction of each kind, kept without an object for each transaction. */
export class CausesSoFar implements Causes {
  private readonly last: Partial<Record<Effect, LastTxn>> = {};
  count = 0;

  /** Adds a transaction's effect. */
  note(what: Effect, txn: TxnCursor, multi: Cause["multi"]): void {
    this.count++;
    const known = this.last[what];
    if (known) known.take(txn, multi);
    else this.last[what] = new LastTxn().take(txn, multi);
  }

  get created(): Cause | undefined {
    return this.last.created?.cause;
  }

  get deleted(): Cause | undefined {
    return this.last.deleted?.cause;
  }

  get data(): Cause | undefined {
    return this.last.data?.cause;
  }

  get acl(): Cause | undefined {
    return this.last.acl?.cause;
  }
}

class LastTxn {
  private zxidHigh = 0;
  private zxidLow = 0;
  private timeHigh = 0;
  private timeLow = 0;
  private sessionHigh = 0;
  private sessionLow = 0;
  private cxid = 0;
  private type = 0;
  private multi: Cause["multi"];

  take(txn: TxnCursor, multi: Cause["multi"]): this {
    this.zxidHigh = txn.zxidHigh;
    this.zxidLow = txn.zxidLow;
    this.timeHigh = txn.timeHigh;
    this.timeLow = txn.timeLow;
    this.sessionHigh = txn.sessionHigh;
    this.sessionLow = txn.sessionLow;
    this.cxid = txn.cxid;
    this.type = txn.type;
    this.multi = multi;
    return this;
  }

  get cause(): Cause {
    return {
      zxid: fromHalves(this.zxidHigh, this.zxidLow),
      time: fromHalves(this.timeHigh, this.timeLow),
      session: fromHalves(this.sessionHigh, this.sessionLow),
      cxid: this.cxid,
      op: opName(this.type),
      multi: this.multi,
    };
  }
}

/** Gives each change of a znode that a transaction makes, with its path; all but what a closeSession deletes. */
export function eachEffect(
  txn: TxnCursor,
  from: Block,
  take: (path: string, what: Effect, txn: TxnCursor, multi: Cause["multi"]) => void,
): void {
  const one = (each: TxnCursor, multi: Cause["multi"]): void => {
    const what = effectOf(each.body);
    if (what !== null) take(latin1At(from, each.pathStart, each.pathLength), what, each, multi);
  };
  if (txn.body !== Body.multi) one(txn, undefined);
  else if (!txn.multiFailed()) txn.eachMember((member, index) => one(member, { member: index, of: txn.items }));
}

/** A path as a key: a character for each byte. */
export function latin1At(from: Block, start: number, length: number): string {
  return from.bytes.toString("latin1", start, start + length);
}

/**
 * The transactions that explain a change, newest last. A znode that came to be anew has its data and ACL from that.
 *
 * @example
 * import { attribute, causesOf, diffTrees } from "zkrewind/forensics";
 * import { discover, parsePoint, rebuild } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const at = (zxid) => rebuild(directory, { point: parsePoint(zxid), inclusive: true });
 * const [{ tree: before }, { tree: after }] = [await at("0xe40"), await at("0xe60")];
 * const changes = [...diffTrees(before, after, { oneHistory: true })];
 * const { causes } = await attribute(directory, { from: 0xe40n, to: 0xe60n }, before, after, changes);
 * for (const [index, change] of changes.entries()) console.log(causesOf(change, causes[index]).map(({ op }) => op));
 */
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

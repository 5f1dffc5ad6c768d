import type { Block } from "../checksum/index.js";
import { Body, OpCode, TxnCursor } from "../txn/index.js";
import { AclTable } from "./acl-table.js";
import { Arena } from "./arena.js";
import { CVersionEnds } from "./cversion-end.js";
import { Outcome, type OutcomeCode, type WindowMisfits } from "./outcome.js";
import { CONTAINER_HIGH, kindOf, TTL_MARK } from "./owner.js";
import { parentLength } from "./parent-length.js";
import { mayBeOfQuota, Quotas } from "./quota.js";
import { aclAt, dataAt, longLess, STAT, setLong } from "./znode-fields.js";
import { SessionMap } from "./sessions.js";
import { pathOf } from "./znode.js";
import { NONE, ROOT, ZnodeStore } from "./znode-store.js";

/** Looks on while transactions are applied. */
export interface TxnWatcher {
  /** Is given each before it is applied, parsed from `from`'s bytes. */
  before(txn: TxnCursor, from: Block): void;
}

/**
 * ZooKeeper's DataTree, and the sessions beside it: the state that a snapshot holds and transactions change.
 *
 * `apply` follows DataTree.processTxn and FileTxnSnapLog.processTransaction of 3.8 and 3.9; where releases differ it
 * takes what brings a replay over a fuzzy snapshot to the state that the live server had (each place says so).
 *
 * @example
 * import { discover } from "zkrewind/recovery";
 * import { LogReader } from "zkrewind/storage";
 * import { freshTree, Outcome } from "zkrewind/tree";
 * import { TxnCursor } from "zkrewind/txn";
 *
 * const tree = freshTree();
 * const cursor = new TxnCursor();
 * const reader = new LogReader(discover(["fixtures/3.8.6-standalone"]).logs[0].open());
 * await reader.readHead();
 * await reader.fill();
 * for (let count = 0; count < 10 && reader.next(); count++) {
 *   const { block } = reader.window;
 *   if (cursor.parse(block.view, reader.payloadStart, reader.payloadEnd) !== "ok") break;
 *   console.log(tree.apply(cursor, block) === Outcome.applied, tree.znodes.size);
 * }
 * reader.close();
 */
export class DataTree {
  readonly znodes: ZnodeStore;
  readonly acls = new AclTable();
  /** Open sessions: the timeout in milliseconds. */
  readonly sessions = new SessionMap<number>();
  /** Those of them that a transaction opened, and not the snapshot's list. */
  readonly opened = new SessionMap<true>();
  /** The slots of each session's ephemeral znodes. */
  readonly ephemerals = new SessionMap<Set<number>>();
  readonly quotas = new Quotas(this);
  readonly cversionEnds = new CVersionEnds();
  /** The last zxid applied. */
  zxidHigh = 0;
  zxidLow = 0;

  /**
   * Whether the transactions are those of a server before 3.4. Its creates do not say what the parent's cversion
   * becomes, and it raises that with every delete as well (DataTree.deleteNode of 3.3).
   */
  beforeParentCVersion = false;

  /** Whether the snapshot, or a transaction so far, shows a server of 3.6 or later; null where neither tells. */
  from36: boolean | null = null;

  /** Told of every transaction before it is applied. */
  watcher: TxnWatcher | null = null;

  /** What does not fit while a fuzzy snapshot's window is replayed; null outside of one. */
  window: WindowMisfits | null = null;

  private readonly member = new TxnCursor();

  constructor(arena = new Arena(0), expectedZnodes = 0) {
    this.znodes = new ZnodeStore(arena, expectedZnodes);
  }

  /** Applies a transaction that `txn` has parsed from `from`'s bytes. */
  apply(txn: TxnCursor, from: Block): OutcomeCode {
    this.watcher?.before(txn, from);
    this.zxidHigh = txn.zxidHigh;
    this.zxidLow = txn.zxidLow;
    switch (txn.body) {
      case Body.multi:
        if (txn.hasDigest) this.from36 = true;
        return this.applyMulti(txn, from);
      case Body.createSession:
        return this.openSession(txn);
      case Body.closeSession:
        return this.closeSession(txn, from);
      default:
        return this.applyOne(txn, from);
    }
  }

  /** Links a znode to its owner's ephemerals: for those that a snapshot holds. */
  noteOwner(slot: number): void {
    const view = this.znodes.viewOf(slot);
    const at = this.znodes.statOf(slot) + STAT.ephemeralOwner;
    const high = view.getInt32(at);
    const low = view.getUint32(at + 4);
    if (kindOf(high, low) !== "ephemeral") return;
    const owned = this.ephemerals.get(high, low);
    if (owned) owned.add(slot);
    else this.ephemerals.set(high, low, new Set([slot]));
  }

  private applyOne(txn: TxnCursor, from: Block): OutcomeCode {
    const { body } = txn;
    switch (body) {
      case Body.create:
        return this.create(txn, from);
      case Body.delete:
        return this.deleteAt(txn, from, txn.pathStart, txn.pathLength);
      case Body.setData:
        return this.setData(txn, from);
      case Body.setAcl:
        return this.setAcl(txn, from);
      case Body.check:
      case Body.error:
        return Outcome.ok;
      case Body.none:
      case Body.multi:
      case Body.createSession:
      case Body.closeSession:
        return Outcome.unknown;
      default:
        return body satisfies never;
    }
  }

  /** Members in order, if none of them failed: a multi is all or nothing. */
  private applyMulti(txn: TxnCursor, from: Block): OutcomeCode {
    if (txn.multiFailed()) return Outcome.ok;
    let worst: OutcomeCode = Outcome.ok;
    let at = txn.itemsStart;
    for (let index = 0; index < txn.items; index++) {
      at = txn.parseMember(this.member, at);
      if (at < 0) return Outcome.unknown;
      const outcome = this.applyOne(this.member, from);
      if (worst === Outcome.ok) worst = outcome;
    }
    return worst;
  }

  private create(txn: TxnCursor, from: Block): OutcomeCode {
    const { znodes } = this;
    const { pathStart, pathLength } = txn;
    const parentPath = parentLength(from, pathStart, pathLength);
    const parent = znodes.find(from, pathStart, parentPath);
    if (parent === NONE || pathLength < 2) {
      this.window?.lacks(txn, from, parentPath);
      return Outcome.missingParent;
    }
    const existing = znodes.find(from, pathStart, pathLength);
    if (existing !== NONE && znodes.parent(existing) === parent) {
      // Only over a fuzzy snapshot. The ACL becomes the transaction's (3.8.1 on, ZOOKEEPER-4846): the map that came
      // with the snapshot may lack it. The parent is raised for every kind of create, not only type 1 as the server
      // does: the live parent had been.
      if (this.window && this.isBefore(existing, STAT.czxid, txn)) this.window.isOlder(txn, from);
      this.storeAcl(existing, txn, from);
      this.raiseParent(parent, txn, txn.parentCVersion);
      return Outcome.exists;
    }
    // The snapshot had it from its parent's next life already. The live server put it into the new parent's list, and so
    // do releases before 3.8.1 when they replay; later ones leave it out of every list, and so out of their next snapshot.
    if (existing !== NONE) this.remove(existing);
    const slot = znodes.create(from, pathStart, pathLength, txn.dataStart, txn.dataLength, parent);
    const view = znodes.viewOf(slot);
    const acl = aclAt(view, znodes.recordOf(slot));
    const id = this.acls.intern(from.bytes, txn.aclStart, txn.aclEnd);
    setLong(view, acl, id < 0 ? -1 : Math.floor(id / 2 ** 32), id >>> 0);
    const stat = acl + 8;
    setLong(view, stat + STAT.czxid, txn.zxidHigh, txn.zxidLow);
    setLong(view, stat + STAT.mzxid, txn.zxidHigh, txn.zxidLow);
    setLong(view, stat + STAT.pzxid, txn.zxidHigh, txn.zxidLow);
    setLong(view, stat + STAT.ctime, txn.timeHigh, txn.timeLow);
    setLong(view, stat + STAT.mtime, txn.timeHigh, txn.timeLow);
    this.setOwner(slot, view, stat, txn);
    znodes.refresh(slot);
    this.raiseParent(parent, txn, txn.parentCVersion);
    if (this.quotas.active || mayBeOfQuota(from, pathStart, pathLength)) this.quotas.created(slot);
    return existing === NONE ? Outcome.ok : Outcome.exists;
  }

  private setOwner(slot: number, view: DataView, stat: number, txn: TxnCursor): void {
    const at = stat + STAT.ephemeralOwner;
    if (txn.type === OpCode.createContainer) setLong(view, at, CONTAINER_HIGH, 0);
    else if (txn.type === OpCode.createTTL) setLong(view, at, TTL_MARK | txn.ttlHigh, txn.ttlLow);
    else if (txn.ephemeral) {
      setLong(view, at, txn.sessionHigh, txn.sessionLow);
      this.noteOwner(slot);
    }
  }

  /**
   * A create's effect on its parent: cversion and pzxid, but only upwards, so that a replay cannot revert what a fuzzy
   * snapshot already has. -1 (creators before 3.4) means one more than now.
   */
  private raiseParent(parent: number, txn: TxnCursor, parentCVersion: number): void {
    const { znodes } = this;
    const view = znodes.viewOf(parent);
    const stat = znodes.statOf(parent);
    const now = view.getInt32(stat + STAT.cversion);
    const cversion = parentCVersion === -1 ? (now + 1) | 0 : parentCVersion;
    // Not by which is larger: it may have wrapped.
    if (((cversion - now) | 0) <= 0) return;
    if (cversion < now && !this.mayWrap(parent, cversion, txn)) return;
    znodes.willChange(parent);
    view.setInt32(stat + STAT.cversion, cversion);
    setLong(view, stat + STAT.pzxid, txn.zxidHigh, txn.zxidLow);
    znodes.refresh(parent);
  }

  /** Whether a cversion that came to its end goes on with the smallest int. */
  private mayWrap(slot: number, cversion: number, txn: TxnCursor): boolean {
    if (this.isFrom36(txn)) {
      this.cversionEnds.stays(slot, cversion, txn.zxidHigh, txn.zxidLow);
      return false;
    }
    const { zxidHigh, zxidLow } = txn;
    if (this.from36 === null) this.cversionEnds.unsure ??= { path: pathOf(this, slot), zxidHigh, zxidLow };
    return true;
  }

  /** The parent's pzxid rises even where the znode is already gone: a fuzzy snapshot may have missed it. */
  private deleteAt(txn: TxnCursor, from: Block, pathStart: number, pathLength: number): OutcomeCode {
    const { znodes } = this;
    const parentPath = parentLength(from, pathStart, pathLength);
    const parent = znodes.find(from, pathStart, parentPath);
    this.window?.deletes(from, pathStart, pathLength);
    const slot = pathLength < 2 ? NONE : znodes.find(from, pathStart, pathLength);
    if (parent === NONE || pathLength < 2) {
      if (slot !== NONE) this.deleteWithoutParent(slot, txn);
      this.window?.lacks(txn, from, parentPath, pathStart);
      return Outcome.missingParent;
    }
    const view = znodes.viewOf(parent);
    const pzxid = znodes.statOf(parent) + STAT.pzxid;
    if (longLess(view, pzxid, txn.zxidHigh, txn.zxidLow)) {
      znodes.willChange(parent);
      setLong(view, pzxid, txn.zxidHigh, txn.zxidLow);
      if (this.beforeParentCVersion && slot !== NONE) this.countDelete(parent);
      if (!this.cversionEnds.isEmpty) this.cversionEnds.deletedBelow(parent, txn.zxidHigh, txn.zxidLow);
      znodes.refresh(parent);
    }
    if (slot === NONE || slot === ROOT) return Outcome.missingNode;
    const outcome = znodes.numChildren(slot) > 0 ? Outcome.children : Outcome.ok;
    if (this.quotas.active) this.quotas.deleted(slot, !this.isFrom36(txn));
    this.remove(slot);
    return outcome;
  }

  /**
   * An orphan whose parent's path is gone. A delete of it was logged by a server where it had a parent, and so was
   * deleted there. Not so a closeSession: the server finds no parent then, and leaves the znode where it is
   * (DataTree.deleteNode from 3.5 on), without anybody to delete it later; its digests count it from then on.
   */
  private deleteWithoutParent(slot: number, txn: TxnCursor): void {
    if (txn.type === OpCode.closeSession) this.ephemerals.get(txn.sessionHigh, txn.sessionLow)?.delete(slot);
    else this.remove(slot);
  }

  /** Takes a znode out, as if it had never been: neither its parent's stat nor a quota says so. */
  remove(slot: number): void {
    const { znodes } = this;
    const view = znodes.viewOf(slot);
    const at = znodes.statOf(slot) + STAT.ephemeralOwner;
    const high = view.getInt32(at);
    const low = view.getUint32(at + 4);
    if (high !== 0 || low !== 0) {
      const owned = this.ephemerals.get(high, low);
      if (owned?.delete(slot) && owned.size === 0) this.ephemerals.delete(high, low);
    }
    if (!this.cversionEnds.isEmpty) this.cversionEnds.forget(slot);
    znodes.remove(slot);
  }

  private setData(txn: TxnCursor, from: Block): OutcomeCode {
    const { znodes } = this;
    const slot = znodes.find(from, txn.pathStart, txn.pathLength);
    if (slot === NONE) return this.lacks(txn, from);
    const older = this.window !== null && this.isBefore(slot, STAT.mzxid, txn);
    const lengthBefore = this.quotas.active ? dataLengthOf(znodes, slot) : 0;
    znodes.setData(slot, from, txn.dataStart, txn.dataLength);
    if (this.quotas.active) this.quotas.changed(slot, lengthBefore);
    const view = znodes.viewOf(slot);
    const stat = znodes.statOf(slot);
    const before = view.getInt32(stat + STAT.version);
    setLong(view, stat + STAT.mzxid, txn.zxidHigh, txn.zxidLow);
    setLong(view, stat + STAT.mtime, txn.timeHigh, txn.timeLow);
    view.setInt32(stat + STAT.version, txn.version);
    znodes.refresh(slot);
    // A reconfig's version is the configuration's, not the znode's next one.
    if (txn.type === OpCode.reconfig || ((before + 1) | 0) === txn.version) return Outcome.ok;
    if (older) this.window?.isOlder(txn, from);
    return Outcome.version;
  }

  private setAcl(txn: TxnCursor, from: Block): OutcomeCode {
    const { znodes } = this;
    const slot = znodes.find(from, txn.pathStart, txn.pathLength);
    if (slot === NONE) return this.lacks(txn, from);
    this.storeAcl(slot, txn, from);
    const at = znodes.statOf(slot) + STAT.aversion;
    const view = znodes.viewOf(slot);
    const before = view.getInt32(at);
    view.setInt32(at, txn.version);
    znodes.refresh(slot);
    return ((before + 1) | 0) === txn.version ? Outcome.ok : Outcome.version;
  }

  private lacks(txn: TxnCursor, from: Block): OutcomeCode {
    this.window?.lacks(txn, from, txn.pathLength);
    return Outcome.missingNode;
  }

  /** Whether a zxid in a znode's stat is below the transaction's. */
  private isBefore(slot: number, field: number, { zxidHigh, zxidLow }: TxnCursor): boolean {
    return longLess(this.znodes.viewOf(slot), this.znodes.statOf(slot) + field, zxidHigh, zxidLow);
  }

  private storeAcl(slot: number, txn: TxnCursor, from: Block): void {
    this.znodes.willChange(slot);
    const view = this.znodes.viewOf(slot);
    const id = this.acls.intern(from.bytes, txn.aclStart, txn.aclEnd);
    setLong(view, aclAt(view, this.znodes.recordOf(slot)), id < 0 ? -1 : Math.floor(id / 2 ** 32), id >>> 0);
  }

  private openSession(txn: TxnCursor): OutcomeCode {
    const known = this.sessions.has(txn.sessionHigh, txn.sessionLow);
    this.sessions.set(txn.sessionHigh, txn.sessionLow, txn.timeout);
    this.opened.set(txn.sessionHigh, txn.sessionLow, true);
    return known ? Outcome.session : Outcome.ok;
  }

  /** The paths that the transaction names (3.6+) go first, then any ephemerals that are left: DataTree.killSession. */
  private closeSession(txn: TxnCursor, from: Block): OutcomeCode {
    const { sessionHigh, sessionLow } = txn;
    if (txn.items < 0) this.window?.deletesUnnamed();
    if (txn.items >= 0) this.from36 = true;
    else if (!txn.hasDigest) this.from36 ??= false;
    this.opened.delete(sessionHigh, sessionLow);
    let outcome: OutcomeCode = this.sessions.delete(sessionHigh, sessionLow) ? Outcome.ok : Outcome.session;
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      const length = txn.view.getInt32(at);
      const deleted = this.deleteAt(txn, from, at + 4, length);
      if (outcome === Outcome.ok) outcome = deleted;
      at += 4 + length;
    }
    const left = this.ephemerals.get(sessionHigh, sessionLow);
    if (left) for (const slot of left) this.deleteOwned(slot, txn);
    return outcome;
  }

  private deleteOwned(slot: number, txn: TxnCursor): void {
    const { znodes } = this;
    const parent = this.parentByPath(slot);
    if (parent === NONE) return this.deleteWithoutParent(slot, txn);
    znodes.willChange(parent);
    const view = znodes.viewOf(parent);
    const pzxid = znodes.statOf(parent) + STAT.pzxid;
    if (longLess(view, pzxid, txn.zxidHigh, txn.zxidLow)) setLong(view, pzxid, txn.zxidHigh, txn.zxidLow);
    if (this.beforeParentCVersion) this.countDelete(parent);
    znodes.refresh(parent);
    if (this.quotas.active) this.quotas.deleted(slot, !this.isFrom36(txn));
    this.remove(slot);
  }

  /** Digests, and what closeSession deletes, are in the logs from 3.6 on, unless they are switched off. */
  private isFrom36(txn: TxnCursor): boolean {
    return this.from36 === true || txn.hasDigest;
  }

  /** The znode that has the path of a znode's parent, whether it has it in its list or not. */
  private parentByPath(slot: number): number {
    const { znodes } = this;
    const listed = znodes.parent(slot);
    if (listed !== NONE) return listed;
    const block = znodes.memoryOf(slot);
    const path = znodes.recordOf(slot) + 4;
    return znodes.find(block, path, parentLength(block, path, block.view.getInt32(path - 4)));
  }

  private countDelete(parent: number): void {
    const at = this.znodes.statOf(parent) + STAT.cversion;
    const view = this.znodes.viewOf(parent);
    view.setInt32(at, (view.getInt32(at) + 1) | 0);
  }
}

function dataLengthOf(znodes: ZnodeStore, slot: number): number {
  const view = znodes.viewOf(slot);
  return view.getInt32(dataAt(view, znodes.recordOf(slot)));
}

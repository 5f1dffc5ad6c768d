import type { Block } from "../../checksum/index.js";
import { aclAt, type DataTree, NONE, OPEN_ACL_ID, parentLength } from "../../tree/index.js";
import { OpCode, TxnCursor } from "../../txn/index.js";

/**
 * A server's ACL map while it replays (ReferenceCountedACLCache): what ids mean for it, which differs from what they mean
 * here. From 3.8 on a server looks up the ACL of each znode that it changes, and of its parent where a child comes or
 * goes, and stops where the map has none (ZOOKEEPER-4846). It gives a new ACL the next id, which may be one that the map
 * of a fuzzy snapshot lacks.
 */
export class ServerAcls {
  private readonly tree: DataTree;
  private readonly byId = new Map<number, string>();
  private readonly ids = new Map<string, number>();
  private readonly uses = new Map<number, number>();
  private index = 0;
  /** Ids of the znodes whose record has another by now, by slot. */
  private readonly changed = new Map<number, number>();
  private due: { pathStart: number; pathLength: number; id: number }[] = [];
  private readonly member = new TxnCursor();

  /** Of a tree as its snapshot has it. */
  constructor(tree: DataTree) {
    this.tree = tree;
    for (const [id, acl] of tree.acls.pairs()) {
      if (id === OPEN_ACL_ID) continue;
      this.byId.set(id, acl.toString("latin1"));
      this.ids.set(acl.toString("latin1"), id);
      this.uses.set(id, 0);
      if (id > this.index) this.index = id;
    }
    for (let slot = 0; slot < tree.znodes.slots; slot++) if (tree.znodes.exists(slot)) this.use(this.idOf(slot));
    for (const [id, count] of this.uses) if (count === 0) this.forget(id);
  }

  /** What the server looks up in vain for a transaction, before that is applied: an id, or null where it finds all. */
  missing(txn: TxnCursor, from: Block): number | null {
    if (txn.type !== OpCode.multi) return this.missingForOne(txn, from);
    if (txn.multiFailed()) return null;
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      at = txn.parseMember(this.member, at);
      if (at < 0) return null;
      const missing = this.missingForOne(this.member, from);
      if (missing !== null) return missing;
    }
    return null;
  }

  /** The transaction has been applied: its znodes have the ids that it gave them. */
  applied(from: Block): void {
    for (const { pathStart, pathLength, id } of this.due) {
      const slot = this.find(from, pathStart, pathLength);
      if (slot !== NONE) this.changed.set(slot, id);
    }
    this.due = [];
  }

  /** What the server looks up in vain to delete an ephemeral of a session that is gone. */
  missingToDelete(slot: number): number | null {
    const parent = this.tree.znodes.parent(slot);
    return this.lookUp(slot) ?? (parent === NONE ? null : this.lookUp(parent));
  }

  private missingForOne(txn: TxnCursor, from: Block): number | null {
    switch (txn.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
        return this.create(txn, from);
      case OpCode.delete:
      case OpCode.deleteContainer:
        return this.delete(from, txn.pathStart, txn.pathLength);
      case OpCode.setData:
      case OpCode.reconfig:
        return this.lookUp(this.find(from, txn.pathStart, txn.pathLength));
      case OpCode.setACL:
        return this.setAcl(txn, from);
      case OpCode.closeSession:
        return this.closeSession(txn, from);
      default:
        return null;
    }
  }

  private create(txn: TxnCursor, from: Block): number | null {
    const { pathStart, pathLength } = txn;
    const parent = this.find(from, pathStart, parentLength(from, pathStart, pathLength));
    if (parent === NONE || pathLength < 2) return null;
    const missing = this.lookUp(parent);
    if (missing === null) this.due.push({ pathStart, pathLength, id: this.convert(txn, from) });
    return missing;
  }

  private delete(from: Block, pathStart: number, pathLength: number): number | null {
    const parent = this.find(from, pathStart, parentLength(from, pathStart, pathLength));
    const slot = this.find(from, pathStart, pathLength);
    if (parent === NONE || slot === NONE) return null;
    const missing = this.lookUp(slot);
    if (missing !== null) return missing;
    this.release(this.idOf(slot));
    return this.lookUp(parent);
  }

  private setAcl(txn: TxnCursor, from: Block): null {
    const { pathStart, pathLength } = txn;
    const slot = this.find(from, pathStart, pathLength);
    if (slot === NONE) return null;
    this.release(this.idOf(slot));
    this.due.push({ pathStart, pathLength, id: this.convert(txn, from) });
    return null;
  }

  private closeSession(txn: TxnCursor, from: Block): number | null {
    const named = new Set<number>();
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      const length = txn.view.getInt32(at);
      named.add(this.find(from, at + 4, length));
      const missing = this.delete(from, at + 4, length);
      if (missing !== null) return missing;
      at += 4 + length;
    }
    for (const slot of this.tree.ephemerals.get(txn.sessionHigh, txn.sessionLow) ?? []) {
      if (named.has(slot)) continue;
      const missing = this.missingToDelete(slot);
      if (missing !== null) return missing;
      this.release(this.idOf(slot));
    }
    return null;
  }

  private find(from: Block, start: number, length: number): number {
    return this.tree.znodes.find(from, start, length);
  }

  private lookUp(slot: number): number | null {
    if (slot === NONE) return null;
    const id = this.idOf(slot);
    return id === OPEN_ACL_ID || this.byId.has(id) ? null : id;
  }

  private idOf(slot: number): number {
    const known = this.changed.get(slot);
    if (known !== undefined) return known;
    const { znodes } = this.tree;
    const view = znodes.viewOf(slot);
    const at = aclAt(view, znodes.recordOf(slot));
    return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
  }

  /** The id of a transaction's ACL, the next one for an ACL that is new; it is used once more. */
  private convert({ aclStart, aclEnd }: TxnCursor, from: Block): number {
    if (from.view.getInt32(aclStart) < 0) return OPEN_ACL_ID;
    const acl = from.bytes.toString("latin1", aclStart, aclEnd);
    let id = this.ids.get(acl);
    if (id === undefined) {
      id = ++this.index;
      this.byId.set(id, acl);
      this.ids.set(acl, id);
    }
    this.use(id);
    return id;
  }

  private use(id: number): void {
    if (this.byId.has(id)) this.uses.set(id, (this.uses.get(id) ?? 0) + 1);
  }

  private release(id: number): void {
    if (!this.byId.has(id)) return;
    const left = (this.uses.get(id) ?? 0) - 1;
    if (left > 0) this.uses.set(id, left);
    else this.forget(id);
  }

  private forget(id: number): void {
    const acl = this.byId.get(id);
    if (acl !== undefined) this.ids.delete(acl);
    this.byId.delete(id);
    this.uses.delete(id);
  }
}

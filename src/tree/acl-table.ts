import { JuteReader } from "../jute/index.js";
import { type Acl, OPEN_ACL, readAcl } from "../storage/acl.js";

/** The aclId of world:anyone with every permission: never in a snapshot's map. */
export const OPEN_ACL_ID = -1;

/**
 * The ACLs of a tree, each stored once: from the id that a znode's record carries to a vector<ACL>.
 *
 * Ids given to ACLs from transactions are above every id that the snapshot uses, in its map or in its znodes: an id
 * that the map lacks (ZOOKEEPER-4846) can never come to mean a later ACL by accident.
 *
 * @example
 * import { AclTable, OPEN_ACL_ID } from "zkrewind/tree";
 * import { encodeAcl } from "zkrewind/storage";
 *
 * const acls = new AclTable();
 * const acl = encodeAcl([{ perms: 1, scheme: "ip", id: "10.0.0.0/8" }]);
 * console.log(acls.entries(OPEN_ACL_ID), acls.entries(acls.intern(acl, 0, acl.length)));
 */
export class AclTable {
  private readonly byId = new Map<number, Buffer>([[OPEN_ACL_ID, OPEN_ACL]]);
  private readonly byContent = new Map<string, number>();
  private nextId = 1;
  private last: Buffer = OPEN_ACL;
  private lastId = 0;

  /** Takes in an entry of a snapshot's ACL map. */
  adopt(id: bigint, acl: Buffer): void {
    const key = Number(id);
    // Real ids are small counters; one that a double cannot hold belongs to no znode that can be told apart.
    if (!Number.isSafeInteger(key)) return;
    this.byId.set(key, acl);
    const content = acl.toString("latin1");
    if (!this.byContent.has(content)) this.byContent.set(content, key);
    this.reserve(key);
  }

  /** Keeps `id` from being given to another ACL. */
  reserve(id: number): void {
    if (id >= this.nextId) this.nextId = id + 1;
  }

  /** The id of the vector<ACL> at bytes[start, end); a null vector is open, as the server takes it. */
  intern(bytes: Buffer, start: number, end: number): number {
    const { last } = this;
    if (this.lastId !== 0 && last.length === end - start && bytes.compare(last, 0, last.length, start, end) === 0)
      return this.lastId;
    if (bytes.readInt32BE(start) < 0) return OPEN_ACL_ID;
    const content = bytes.toString("latin1", start, end);
    let id = this.byContent.get(content);
    if (id === undefined) {
      id = this.nextId++;
      this.byId.set(id, Buffer.from(bytes.subarray(start, end)));
      this.byContent.set(content, id);
    }
    this.last = this.byId.get(id) as Buffer;
    this.lastId = id;
    return id;
  }

  /** Every id with its vector<ACL>, the open one included. */
  pairs(): IterableIterator<[id: number, acl: Buffer]> {
    return this.byId.entries();
  }

  /** The vector<ACL> behind an id; undefined for a dangling one. */
  get(id: number): Buffer | undefined {
    return this.byId.get(id);
  }

  /** The entries behind an id; undefined for a dangling one. */
  entries(id: number): readonly Acl[] | undefined {
    const known = this.decoded.get(id);
    if (known) return known;
    const acl = this.byId.get(id);
    if (!acl) return undefined;
    const entries = readAcl(new JuteReader(new DataView(acl.buffer, acl.byteOffset, acl.byteLength))) ?? [];
    this.decoded.set(id, entries);
    return entries;
  }

  private readonly decoded = new Map<number, readonly Acl[]>();
}

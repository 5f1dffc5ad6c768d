import { crc32, Writer } from "./bytes.js";
import { hashText } from "../random.js";
import { type AclBytes, OP, type Op, OPEN_ACL, type Txn, aclBytes } from "./txn.js";

/** A znode as ZooKeeper's DataNode is: with the names of its children. */
export interface Znode {
  path: string;
  data: Buffer | null;
  /** Null where the snapshot's map lacks it. */
  acl: AclBytes | null;
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  ctime: bigint;
  mtime: bigint;
  version: number;
  cversion: number;
  aversion: number;
  owner: bigint;
  children: Set<string>;
}

export type Misfit = "no parent" | "no znode" | "exists" | "version" | "children" | "session" | "unknown";

/**
 * A tree's contents as numbers: two that are equal are the same tree, but for luck. Each is a sum over znodes, so that
 * parts which some proof does not cover can be left out.
 */
export interface TreeHash {
  /** Everything but ACLs and what is below /zookeeper, in two halves. */
  one: number;
  two: number;
  /** The same without pzxids. */
  bare: number;
  acls: number;
  system: number;
  /** /zookeeper/config, and how many children /zookeeper has: servers write the one without a transaction, or have none. */
  config: number;
  znodes: number;
}

export const CONTAINER = -(2n ** 63n);
const CONFIG = "/zookeeper/config";
export const TTL_MARK = 0xff00000000000000n;

/**
 * ZooKeeper's DataTree, plainly: maps and sets, and a list of children in every znode. "Exists" means: is in its
 * parent's list. Quotas are not counted.
 */
export class Tree {
  readonly nodes = new Map<string, Znode>();
  readonly sessions = new Map<bigint, number>();
  /** Before 3.6 a cversion that has come to its end goes on from the smallest int; from 3.6 on it stays. */
  wraps = false;
  /** Servers before 3.4 raise the parent's cversion with every delete as well. */
  before34 = false;
  private readonly ephemerals = new Map<bigint, Set<string>>();
  /** Znodes whose hash and digest are to be counted anew; those counted are in `counted`. */
  private readonly changed = new Set<string>();
  private readonly counted = new Map<string, Counted>();
  private readonly sums: Omit<TreeHash, "znodes"> = { one: 0, two: 0, bare: 0, acls: 0, system: 0, config: 0 };
  private sum = 0n;

  /** What a server begins with. */
  static fresh(withConfig: boolean): Tree {
    const tree = new Tree();
    tree.put(znode(""));
    tree.put(znode("/zookeeper"));
    tree.put(znode("/zookeeper/quota"));
    if (withConfig) tree.put(znode("/zookeeper/config", { acl: aclBytes([[1, "world", "anyone"]]), aversion: -1 }));
    return tree;
  }

  /** Enters a znode, as when a snapshot is read; false where its parent is missing. */
  put(node: Znode): boolean {
    this.nodes.set(node.path, node);
    this.touch(node);
    if (node.owner !== 0n && node.owner !== CONTAINER && !isTtl(node.owner)) this.own(node);
    if (node.path === "") return true;
    const parent = this.nodes.get(parentOf(node.path));
    if (!parent) return false;
    parent.children.add(nameOf(node.path));
    this.touch(parent);
    return true;
  }

  apply(txn: Txn): Misfit | null {
    switch (txn.type) {
      case OP.createSession: {
        const known = this.sessions.has(txn.session);
        this.sessions.set(txn.session, txn.timeout);
        return known ? "session" : null;
      }
      case OP.closeSession:
        return this.close(txn);
      case OP.multi: {
        if (txn.members.some((member) => member.type === OP.error)) return null;
        let first: Misfit | null = null;
        for (const member of txn.members) first = this.change(member, txn) ?? first;
        return first;
      }
      default:
        return this.change(txn, txn);
    }
  }

  clone(): Tree {
    const tree = new Tree();
    for (const node of this.nodes.values()) tree.put({ ...node, children: new Set() });
    // Those in no list stay in none.
    for (const node of this.nodes.values()) {
      const copy = tree.nodes.get(node.path) as Znode;
      copy.children.clear();
      for (const name of node.children) copy.children.add(name);
    }
    for (const [id, timeout] of this.sessions) tree.sessions.set(id, timeout);
    tree.before34 = this.before34;
    tree.wraps = this.wraps;
    return tree;
  }

  /** ZooKeeper's tree digest, version 2, signed. */
  get digest(): bigint {
    this.count();
    return BigInt.asIntN(64, this.sum);
  }

  get hash(): TreeHash {
    this.count();
    return { ...this.sums, znodes: this.nodes.size };
  }

  private change(body: Op, { session, zxid, time }: Txn): Misfit | null {
    switch (body.type) {
      case OP.create:
      case OP.create2:
      case OP.createContainer:
      case OP.createTTL:
        return this.create(body, session, zxid, time);
      case OP.delete:
      case OP.deleteContainer:
        return this.delete(body.path, zxid);
      case OP.setData:
      case OP.reconfig: {
        const node = this.nodes.get(body.path);
        if (!node) return "no znode";
        const follows = body.type === OP.reconfig || body.version === ((node.version + 1) | 0);
        Object.assign(node, { data: body.data, version: body.version, mzxid: zxid, mtime: time });
        this.touch(node);
        return follows ? null : "version";
      }
      case OP.setACL: {
        const node = this.nodes.get(body.path);
        if (!node) return "no znode";
        const follows = body.version === ((node.aversion + 1) | 0);
        Object.assign(node, { acl: body.acl, aversion: body.version });
        this.touch(node);
        return follows ? null : "version";
      }
      case OP.check:
      case OP.error:
        return null;
      default:
        return "unknown";
    }
  }

  private create(body: Op, session: bigint, zxid: bigint, time: bigint): Misfit | null {
    const parent = this.nodes.get(parentOf(body.path));
    if (!parent || body.path.length < 2) return "no parent";
    const name = nameOf(body.path);
    if (parent.children.has(name)) {
      // Over a fuzzy snapshot: the ACL is the transaction's (3.8.1 on), and the parent is raised as it had been.
      const node = this.nodes.get(body.path);
      if (node) {
        node.acl = body.acl;
        this.touch(node);
      }
      this.raise(parent, body.parentCVersion, zxid);
      return "exists";
    }
    const owner =
      body.type === OP.createContainer
        ? CONTAINER
        : body.type === OP.createTTL
          ? BigInt.asIntN(64, TTL_MARK | body.ttl)
          : body.ephemeral
            ? session
            : 0n;
    const made = { czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: time, mtime: time, owner };
    this.forget(body.path);
    this.put(znode(body.path, { ...made, data: body.data, acl: body.acl }));
    this.raise(parent, body.parentCVersion, zxid);
    return null;
  }

  private raise(parent: Znode, cversion: number | undefined, zxid: bigint): void {
    const next = cversion === undefined || cversion === -1 ? (parent.cversion + 1) | 0 : cversion;
    if (this.wraps ? ((next - parent.cversion) | 0) <= 0 : next <= parent.cversion) return;
    parent.cversion = next;
    parent.pzxid = zxid;
    this.touch(parent);
  }

  private delete(path: string, zxid: bigint): Misfit | null {
    const node = this.nodes.get(path);
    const parent = this.nodes.get(parentOf(path));
    if (path.length < 2) return "no parent";
    if (parent && zxid > parent.pzxid) {
      parent.pzxid = zxid;
      if (this.before34 && node) parent.cversion = (parent.cversion + 1) | 0;
    }
    if (parent) {
      parent.children.delete(nameOf(path));
      this.touch(parent);
    }
    this.forget(path);
    if (!parent) return "no parent";
    return !node ? "no znode" : node.children.size > 0 ? "children" : null;
  }

  /** Takes a znode out of the map; what is below it stays, in no list. */
  private forget(path: string): void {
    const node = this.nodes.get(path);
    if (!node) return;
    this.nodes.delete(path);
    this.changed.add(path);
    this.ephemerals.get(node.owner)?.delete(path);
  }

  private close(txn: Txn): Misfit | null {
    let misfit: Misfit | null = this.sessions.delete(txn.session) ? null : "session";
    for (const path of txn.paths ?? []) misfit = this.delete(path, txn.zxid) ?? misfit;
    for (const path of this.ephemeralsOf(txn.session)) this.delete(path, txn.zxid);
    return misfit;
  }

  private own(node: Znode): void {
    let owned = this.ephemerals.get(node.owner);
    if (!owned) this.ephemerals.set(node.owner, (owned = new Set()));
    owned.add(node.path);
  }

  ephemeralsOf(session: bigint): string[] {
    return [...(this.ephemerals.get(session) ?? [])];
  }

  private touch(node: Znode): void {
    this.changed.add(node.path);
  }

  private count(): void {
    for (const path of this.changed) {
      const before = this.counted.get(path);
      if (before) {
        addHash(this.sums, before, -1);
        this.sum -= BigInt(before.digest);
        this.counted.delete(path);
      }
      const node = this.nodes.get(path);
      if (!node) continue;
      const digest = isSystem(path) ? 0 : nodeDigest(node);
      const counted = { ...nodeHash(node, node.children.size), digest };
      this.counted.set(path, counted);
      addHash(this.sums, counted, 1);
      this.sum += BigInt(digest);
    }
    this.changed.clear();
  }
}

type NodeHash = Omit<TreeHash, "znodes">;
type Counted = NodeHash & { digest: number };

const NO_HASH: NodeHash = { one: 0, two: 0, bare: 0, acls: 0, system: 0, config: 0 };

/** What a znode adds to its tree's hash. */
export function nodeHash(node: Omit<Znode, "children">, children: number): NodeHash {
  // How many children it has depends on the server's release, as what is below it does.
  if (node.path === "/zookeeper" && children !== 0) {
    const [config] = hashText(`${children} below`);
    return { ...nodeHash(node, 0), config };
  }
  const [one, two] = hashText(textOf(node, children));
  const [bare] = hashText(textOf({ ...node, pzxid: 0n }, children));
  const [acls] = hashText(`${node.path}\n${node.acl ?? "?"}`);
  if (node.path === CONFIG) return { ...NO_HASH, config: one ^ acls };
  return isSystem(node.path) ? { ...NO_HASH, system: one ^ acls } : { ...NO_HASH, one, two, bare, acls };
}

export function addHash(sums: NodeHash, each: NodeHash, times: 1 | -1): void {
  sums.one = (sums.one + times * each.one) | 0;
  sums.two = (sums.two + times * each.two) | 0;
  sums.bare = (sums.bare + times * each.bare) | 0;
  sums.acls = (sums.acls + times * each.acls) | 0;
  sums.system = (sums.system + times * each.system) | 0;
  sums.config = (sums.config + times * each.config) | 0;
}

/** Whether the tree digest leaves a znode out. */
function isSystem(path: string): boolean {
  return path.startsWith("/zookeeper/");
}

export function znode(path: string, fields: Partial<Znode> = {}): Znode {
  return {
    path,
    data: Buffer.alloc(0),
    acl: OPEN_ACL,
    czxid: 0n,
    mzxid: 0n,
    pzxid: 0n,
    ctime: 0n,
    mtime: 0n,
    version: 0,
    cversion: 0,
    aversion: 0,
    owner: 0n,
    children: new Set(),
    ...fields,
  };
}

/** Everything of a znode but its ACL, in some lines. */
export function textOf(node: Omit<Znode, "children">, children: number): string {
  const { path, data, czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner } = node;
  // Without a transaction a server stores the counts of quotas and its configuration: they are not compared.
  if (path === CONFIG) return `${path}\n${children}`;
  const numbers = `${czxid} ${mzxid} ${pzxid} ${ctime} ${mtime} ${version} ${cversion} ${aversion} ${owner} ${children}`;
  const shown = path.endsWith("/zookeeper_stats") ? "" : data === null ? "null" : `=${data.toString("latin1")}`;
  return `${path === "" ? "/" : path}\n${shown}\n${numbers}`;
}

function nodeDigest(node: Znode): number {
  const numbers = new Writer().long(node.czxid).long(node.mzxid).long(node.pzxid).long(node.ctime).long(node.mtime);
  numbers.int(node.version).int(node.cversion).int(node.aversion).long(node.owner);
  return crc32(Buffer.from(node.path, "latin1"), node.data ?? Buffer.alloc(0), numbers.bytes);
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The two bytes behind the mark are reserved: a session id of a server 255 has something there. */
export function isTtl(owner: bigint): boolean {
  return BigInt.asUintN(64, owner) >> 40n === 0xff0000n;
}

export function sessionsText(sessions: ReadonlyMap<bigint, number>): string {
  return [...sessions]
    .map(([id, timeout]) => `${BigInt.asUintN(64, id).toString(16)}=${timeout}`)
    .sort()
    .join(" ");
}

/** Whether two trees are the same, but for the parts that are named. */
export function sameTree(a: TreeHash, b: TreeHash, without: readonly string[] = []): boolean {
  if (without.includes("pzxids") ? a.bare !== b.bare : a.one !== b.one || a.two !== b.two) return false;
  if (a.acls !== b.acls && !without.includes("acls")) return false;
  if (without.includes("/zookeeper")) return true;
  return a.system === b.system && (without.includes("config") || (a.config === b.config && a.znodes === b.znodes));
}

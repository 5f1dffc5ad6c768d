import { crc32 } from "node:zlib";
import { JuteWriter } from "../../src/jute/index.js";
import { type Acl, encodeAcl, OPEN_ACL } from "../../src/storage/acl.js";
import { SnapshotWriter } from "../../src/storage/snapshot-writer.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";
import { PlainQuotas } from "./plain-quotas.js";
import type { CreateKind, QuotaStep, Step } from "./steps.js";

/** A znode as ZooKeeper's DataNode has it: with the names of its children. */
export interface PlainNode {
  data: Buffer | null;
  /** The id of its ACL, as the server's cache gives them out. */
  acl: number;
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

/** A transaction as it is logged. */
export interface Logged {
  zxid: bigint;
  payload: Buffer;
}

/**
 * A server as plain as can be, with child lists as ZooKeeper has them: it refuses what PrepRequestProcessor refuses,
 * logs what a server logs, and applies that as DataTree does.
 */
export class PlainServer {
  readonly nodes = new Map<string, PlainNode>();
  readonly sessions = new Map<bigint, number>();
  readonly log: Logged[] = [];
  zxid = 0n;
  /** When a transaction was made, in milliseconds. */
  timeOf: (zxid: bigint) => bigint = (zxid) => zxid * 10n;
  private readonly acls: (readonly Acl[])[] = [];
  private readonly quotas: PlainQuotas;
  /** Whether closeSession names the ephemerals that it deletes, and transactions have digests: from 3.6 on. */
  private readonly from36: boolean;

  constructor(from36: boolean) {
    this.from36 = from36;
    this.quotas = new PlainQuotas(this.nodes, from36);
    this.nodes.set("", { ...fresh(null, -1, 0n, 0n), data: Buffer.alloc(0) });
    for (const path of ["/zookeeper", "/zookeeper/quota"]) {
      this.nodes.set(path, { ...fresh(null, -1, 0n, 0n), data: Buffer.alloc(0) });
      this.parentOf(path).children.add(nameOf(path));
    }
  }

  /** Carries out a step, if it can be: each change is logged. A snapshot can come by wherever it yields. */
  *take(step: Step): Generator<void> {
    if (step.op === "session") this.openSession(BigInt(step.session));
    else if (step.op === "close") yield* this.closeSession(BigInt(step.session));
    else if (step.op === "multi") yield* this.takeMulti(step.members, step.fails);
    else if (step.op === "renew") yield* this.renew(step);
    else if (step.op === "quota") yield* this.quota(step);
    else this.commit(this.prepare(step));
    yield;
  }

  /** The ACL that stands behind an id, as it is stored. */
  aclOf(id: number): Buffer {
    return id === -1 ? OPEN_ACL : encodeAcl(this.acls[id - 1] as Acl[]);
  }

  /** ZooKeeper's tree digest, by its definition. */
  digest(): bigint {
    let sum = 0n;
    for (const [path, node] of this.nodes) {
      if (path.startsWith("/zookeeper/")) continue;
      const stat = Buffer.alloc(60);
      [node.czxid, node.mzxid, node.pzxid, node.ctime, node.mtime].forEach((value, index) =>
        stat.writeBigInt64BE(value, index * 8),
      );
      [node.version, node.cversion, node.aversion].forEach((value, index) => stat.writeInt32BE(value, 40 + index * 4));
      stat.writeBigInt64BE(node.owner, 52);
      sum += BigInt(crc32(Buffer.concat([Buffer.from(path), node.data ?? Buffer.alloc(0), stat])));
    }
    return BigInt.asUintN(64, sum);
  }

  /**
   * Writes a snapshot as DataTree.serialize does: the sessions and the ACLs first, then each znode as it is when its
   * turn comes, with the children that its list has at that moment. `between` is called after each. `trailers`: with the
   * digest that servers from 3.6 on write behind the znodes.
   */
  async snapshot(between: () => void, trailers = false): Promise<Buffer> {
    const parts: Buffer[] = [];
    const writer = new SnapshotWriter({
      write: async (bytes) => void parts.push(Buffer.from(bytes)),
      finish: async () => ({ size: 0, crc32c: 0 }),
      abandon() {},
    });
    const acls = this.acls.map((acl, index) => ({ id: BigInt(index + 1), acl: encodeAcl(acl) }));
    await writer.begin(
      [...this.sessions].map(([id, timeout]) => ({ id, timeout })),
      acls,
    );
    const write = async (path: string): Promise<void> => {
      const node = this.nodes.get(path);
      if (!node) return;
      const children = [...node.children].sort();
      const record = recordOf(path, node);
      await writer.add(record, 0, record.length, node.acl);
      between();
      for (const child of children) await write(`${path}/${child}`);
    };
    await write("");
    if (trailers) await writer.finish({ digest: true, lastZxid: false }, this.zxid, BigInt.asIntN(64, this.digest()));
    else await writer.finish({ digest: false, lastZxid: false }, 0n, 0n);
    return Buffer.concat(parts);
  }

  /** What a step would log; null where a server refuses it. */
  private prepare(step: Step): Change | null {
    const live = [...this.nodes.keys()].filter((path) => !path.startsWith("/zookeeper"));
    const at = (index: number): string => live[index % live.length] as string;
    switch (step.op) {
      case "create":
        return this.prepareCreate(at(step.under), `n${step.name}`, step);
      case "delete":
        return this.prepareDelete(at(step.which));
      case "set": {
        const path = at(step.which);
        const data = dataOf(step.size, step.which);
        const version = (this.node(path).version + 1) | 0;
        return { session: 0n, txn: { type: 5, path: path || "/", data, version } };
      }
      case "acl": {
        const path = at(step.which);
        const acl = aclNumber(step.acl);
        return { session: 0n, txn: { type: 7, path: path || "/", acl, version: (this.node(path).aversion + 1) | 0 } };
      }
      default:
        return null;
    }
  }

  private prepareCreate(
    parent: string,
    name: string,
    step: { size: number; acl: number; kind: CreateKind; session: number },
  ): Change | null {
    const path = `${parent}/${name}`;
    const above = this.nodes.get(parent);
    if (!above || this.nodes.has(path) || isEphemeral(above)) return null;
    const session = BigInt(step.session);
    if (step.kind === "ephemeral" && !this.sessions.has(session)) return null;
    const parentCVersion = (above.cversion + 1) | 0;
    const common = { path, data: dataOf(step.size, step.acl), acl: aclNumber(step.acl), parentCVersion };
    if (step.kind === "container") return { session, txn: { type: 19, ...common } };
    if (step.kind === "ttl") return { session, txn: { type: 21, ...common, ttl: 1000n } };
    const type = step.kind === "create2" ? 15 : 1;
    return { session, txn: { type, ...common, ephemeral: step.kind === "ephemeral" } };
  }

  private prepareDelete(path: string): Change | null {
    const node = this.nodes.get(path);
    if (!node || path === "" || node.children.size > 0) return null;
    return { session: 0n, txn: { type: node.owner === CONTAINER ? 20 : 2, path } };
  }

  private *renew(step: { which: number; children: number; kind: CreateKind; session: number }): Generator<void> {
    const live = [...this.nodes.keys()].filter((path) => path !== "" && !path.startsWith("/zookeeper"));
    const top = live[step.which % live.length];
    if (top === undefined) return;
    const below = live.filter((path) => path === top || path.startsWith(`${top}/`));
    for (const path of below.sort((a, b) => b.length - a.length)) {
      this.commit(this.prepareDelete(path));
      yield;
    }
    const how = { size: step.children, acl: step.which, session: step.session };
    this.commit(this.prepareCreate(top.slice(0, top.lastIndexOf("/")), nameOf(top), { ...how, kind: "create" }));
    for (let child = 0; child < step.children; child++) {
      yield;
      this.commit(this.prepareCreate(top, `n${child}`, { ...how, kind: step.kind }));
    }
  }

  /** As zkCli does it: the folders, the limits, the stats. The root can have stats alone. */
  private *quota({ of, what, value }: { of: number; what: QuotaStep; value: number }): Generator<void> {
    const live = [...this.nodes.keys()].filter((path) => !path.startsWith("/zookeeper"));
    const path = live[of % live.length] as string;
    const folder = `/zookeeper/quota${path}`;
    const [limits, stats] = [`${folder}/zookeeper_limits`, `${folder}/zookeeper_stats`];
    const create = (name: string, data: string): void => this.commit(this.newNode(name, Buffer.from(data)));
    if (what === "set" || what === "limits" || what === "stats") {
      for (let at = "/zookeeper/quota".length; at !== -1; at = folder.indexOf("/", at + 1)) {
        create(folder.slice(0, at), "");
        yield;
      }
      create(folder, "");
    }
    if (path !== "" && (what === "set" || what === "limits")) create(limits, `count=${value},bytes=-1`);
    yield;
    if (what === "set" || what === "stats") create(stats, "count=0,bytes=0");
    if (what === "write" && this.nodes.has(stats)) {
      const data = Buffer.from(`count=${value},bytes=${value}`);
      this.commit({ session: 0n, txn: { type: 5, path: stats, data, version: (this.node(stats).version + 1) | 0 } });
    }
    if (what === "delete" || what === "delete limits") this.commit(this.prepareDelete(limits));
    yield;
    if (what === "delete" || what === "delete stats") this.commit(this.prepareDelete(stats));
  }

  private newNode(path: string, data: Buffer): Change | null {
    const parent = this.nodes.get(path.slice(0, path.lastIndexOf("/")));
    if (!parent || this.nodes.has(path)) return null;
    const parentCVersion = (parent.cversion + 1) | 0;
    return { session: 0n, txn: { type: 1, path, data, acl: null, ephemeral: false, parentCVersion } };
  }

  /** All or nothing; yet the members come one after another, and a snapshot can hold some of them. */
  private *takeMulti(steps: readonly Step[], fails: boolean): Generator<void> {
    const members: NewTxn[] = [];
    const zxid = this.zxid + 1n;
    const before = [...this.nodes].map(
      ([path, node]) => [path, { ...node, children: new Set(node.children) }] as const,
    );
    for (const step of steps) {
      const change = this.prepare(step);
      if (!change || change.session !== 0n) continue;
      members.push(change.txn);
      this.apply(change.txn, 0n, zxid);
    }
    this.nodes.clear();
    for (const [path, node] of before) this.nodes.set(path, node);
    if (members.length === 0) return;
    if (!fails) {
      for (const member of members) {
        this.apply(member, 0n, zxid);
        yield;
      }
    }
    this.append(0n, { type: 14, members: fails ? [...members.slice(0, -1), { type: -1, error: -110 }] : members });
  }

  private openSession(id: bigint): void {
    if (id === 0n || this.sessions.has(id)) return;
    this.sessions.set(id, 30_000);
    this.append(id, { type: -10, timeout: 30_000 });
  }

  private *closeSession(id: bigint): Generator<void> {
    if (!this.sessions.delete(id)) return;
    const paths = [...this.nodes].filter(([, node]) => node.owner === id && isEphemeral(node)).map(([path]) => path);
    for (const path of paths) {
      this.remove(path, this.zxid + 1n);
      yield;
    }
    this.append(id, { type: -11, paths: this.from36 ? paths : null });
  }

  private commit(change: Change | null): void {
    if (!change) return;
    this.apply(change.txn, change.session, this.zxid + 1n);
    this.append(change.session, change.txn);
  }

  private append(session: bigint, txn: NewTxn): void {
    this.zxid++;
    const header = { session, cxid: 1, zxid: this.zxid, time: this.timeOf(this.zxid) };
    this.log.push({ zxid: this.zxid, payload: encodeTxn(header, txn, this.digestOf(txn)) });
  }

  private digestOf(txn: NewTxn): { version: number; value: bigint } | undefined {
    return this.from36 && txn.type !== -1 ? { version: 2, value: this.digest() } : undefined;
  }

  private apply(txn: NewTxn, session: bigint, zxid: bigint): void {
    switch (txn.type) {
      case 1:
      case 15:
      case 19:
      case 21: {
        const owner = txn.type === 19 ? CONTAINER : txn.type === 21 ? TTL | txn.ttl : txn.ephemeral ? session : 0n;
        const node = fresh(txn.data, this.aclId(txn.acl), zxid, BigInt.asIntN(64, owner), this.timeOf(zxid));
        const parent = this.parentOf(txn.path);
        parent.children.add(nameOf(txn.path));
        parent.cversion = txn.parentCVersion as number;
        parent.pzxid = zxid;
        this.nodes.set(txn.path, node);
        this.quotas.created(txn.path);
        break;
      }
      case 2:
      case 20:
        this.remove(txn.path, zxid);
        break;
      case 5: {
        const node = this.node(txn.path);
        const before = node.data?.length ?? 0;
        Object.assign(node, { data: txn.data, version: txn.version, mzxid: zxid, mtime: this.timeOf(zxid) });
        this.quotas.changed(txn.path, (txn.data?.length ?? 0) - before);
        break;
      }
      case 7:
        Object.assign(this.node(txn.path), { acl: this.aclId(txn.acl), aversion: txn.version });
        break;
      default:
        throw new Error(`no transaction of type ${txn.type} is made here`);
    }
  }

  private remove(path: string, zxid: bigint): void {
    const bytes = this.node(path).data?.length ?? 0;
    this.nodes.delete(path);
    const parent = this.parentOf(path);
    parent.children.delete(nameOf(path));
    parent.pzxid = zxid;
    this.quotas.deleted(path, bytes);
  }

  private aclId(acl: readonly Acl[] | null): number {
    if (acl === null) return -1;
    const known = this.acls.findIndex((each) => encodeAcl(each).equals(encodeAcl(acl)));
    return known >= 0 ? known + 1 : this.acls.push(acl);
  }

  private node(path: string): PlainNode {
    return this.nodes.get(path === "/" ? "" : path) as PlainNode;
  }

  private parentOf(path: string): PlainNode {
    return this.node(path.slice(0, path.lastIndexOf("/")));
  }
}

/** A znode's record, as a snapshot has it. */
function recordOf(path: string, node: PlainNode): Buffer {
  const out = new JuteWriter().string(path).bytesOf(node.data).long(BigInt(node.acl));
  out.long(node.czxid).long(node.mzxid).long(node.ctime).long(node.mtime);
  out.int(node.version).int(node.cversion).int(node.aversion).long(node.owner).long(node.pzxid);
  return Buffer.from(out.bytes);
}

interface Change {
  session: bigint;
  txn: NewTxn;
}

const CONTAINER = -(2n ** 63n);
const TTL = 0xff00000000000000n;

function isEphemeral(node: PlainNode): boolean {
  return node.owner > 0n;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function dataOf(size: number, fill: number): Buffer | null {
  return size % 7 === 6 ? null : Buffer.alloc(size, fill);
}

/** The open ACL, or one of a few others. */
function aclNumber(index: number): Acl[] | null {
  return index % 5 === 0 ? null : [{ perms: 31, scheme: "digest", id: `user${index % 5}:x` }];
}

function fresh(data: Buffer | null, acl: number, zxid: bigint, owner: bigint, time = 0n): PlainNode {
  return {
    data,
    acl,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: time,
    mtime: time,
    version: 0,
    cversion: 0,
    aversion: 0,
    owner,
    children: new Set(),
  };
}

import type { Random } from "../random.js";
import { Writer } from "../model/bytes.js";
import { CONTAINER, isTtl, parentOf, Tree, type Znode } from "../model/tree.js";
import { aclBytes, type AclBytes, OP, op, type Op, OPEN_ACL, type Txn } from "../model/txn.js";
import type { Profile } from "./profile.js";

/**
 * A server at work: every step is a transaction that a client's request, a session's end or an election made, applied
 * to the live tree. What it answers is the truth about its zxid.
 */
export class Server {
  readonly tree: Tree;
  zxid: bigint;
  /** Every ACL list that was ever used, by its id, as ReferenceCountedACLCache numbers them. */
  readonly aclIds = new Map<AclBytes, bigint>([[OPEN_ACL, -1n]]);
  private readonly random: Random;
  private readonly profile: Profile;
  private time: bigint;
  private nextSession: bigint;
  private readonly planned: (() => Op | null)[] = [];

  constructor(random: Random, profile: Profile) {
    this.random = random;
    this.profile = profile;
    this.tree = Tree.fresh(profile.config);
    this.tree.wraps = profile.layout === "3.4" || profile.layout === "3.5";
    this.zxid = BigInt(profile.firstEpoch) << 32n;
    this.time = 1_700_000_000_000n + BigInt(random.below(1_000_000_000));
    this.nextSession = 0x100000000000000n + BigInt(random.below(1 << 30)) * 0x10000n;
    for (const node of this.tree.nodes.values()) this.note(node.acl as AclBytes);
  }

  step(): Txn {
    const { random, profile, tree } = this;
    this.zxid = profile.epochChanges && random.chance(0.02) ? ((this.zxid >> 32n) + 1n) << 32n : this.zxid;
    this.zxid += 1n;
    // A clock that steps back is nothing unusual.
    this.time += BigInt(random.chance(0.02) ? -random.below(5000) : random.below(400));
    const sessions = [...tree.sessions.keys()];
    const session = sessions.length > 0 ? random.pick(sessions) : 0n;
    const head = { session, cxid: random.below(1000), zxid: this.zxid, time: this.time, digest: undefined };
    const txn: Txn = { ...this.next(session), ...head };
    if (txn.type === OP.createSession) txn.session = this.nextSession++;
    if (txn.type === OP.closeSession && profile.namesPaths) txn.paths = tree.ephemeralsOf(session);
    for (const each of [txn, ...txn.members]) if (each.acl !== "") this.note(each.acl);
    const misfit = tree.apply(txn);
    if (misfit) throw new Error(`the live server met ${misfit} at ${this.zxid.toString(16)}`);
    if (profile.digests && txn.type !== OP.error) txn.digest = tree.digest;
    return txn;
  }

  private note(acl: AclBytes): void {
    if (!this.aclIds.has(acl)) this.aclIds.set(acl, BigInt(this.aclIds.size));
  }

  private next(session: bigint): Op {
    const { random, tree } = this;
    for (let plan = this.planned.shift(); plan; plan = this.planned.shift()) {
      const made = plan();
      if (made) return made;
    }
    if (session === 0n || random.chance(0.06))
      return op(OP.createSession, { timeout: random.pick([4000, 30000, 6000]) });
    if (tree.sessions.size > 2 && random.chance(0.06)) return op(OP.closeSession);
    if (random.chance(0.04)) return op(OP.error, { error: random.pick([-101, -103, -110, -111]) });
    if (random.chance(0.1)) this.planRebirth();
    if (random.chance(0.1)) return this.multi();
    return this.change() ?? op(OP.error, { error: -101 });
  }

  /** Some changes as one transaction; each is made as if those before it had been applied. */
  private multi(): Op {
    const { random } = this;
    const members: Op[] = [];
    const touched = new Set<string>();
    for (let count = random.between(1, 4); count > 0; count--) {
      const member = this.change();
      // Two members of one znode or one parent would need each other's effects.
      if (!member || touched.has(member.path) || touched.has(parentOf(member.path)) || member.type === OP.createTTL)
        continue;
      if ([...touched].some((path) => parentOf(path) === parentOf(member.path) || parentOf(path) === member.path))
        continue;
      touched.add(member.path);
      members.push(random.chance(0.15) ? op(OP.check, { path: member.path, version: 0 }) : member);
    }
    if (members.length > 0 && random.chance(0.25)) {
      const failing = random.below(members.length);
      for (let index = failing; index < members.length; index++)
        members[index] = op(OP.error, { error: index === failing ? -101 : -2 });
    }
    return op(OP.multi, { members });
  }

  private change(): Op | null {
    const { random, profile, tree } = this;
    const few = tree.nodes.size < profile.breadth;
    const kind = random.weighted({
      create: few ? 5 : 2,
      ephemeral: 2,
      odd: profile.modern ? 1 : 0,
      delete: few ? 1 : 4,
      setData: 5,
      setACL: 2,
    });
    switch (kind) {
      case "create":
        return this.create(this.freshPath(), profile.modern && random.chance(0.3) ? OP.create2 : OP.create);
      case "ephemeral":
        return this.create(this.freshPath(), OP.create, true);
      case "odd":
        return this.create(this.freshPath(), random.pick([OP.createContainer, OP.createTTL]));
      case "delete": {
        const leaf = this.anyNode((node) => node.children.size === 0);
        if (!leaf) return null;
        const reaped = (leaf.owner === CONTAINER || isTtl(leaf.owner)) && random.chance(0.5);
        return op(reaped ? OP.deleteContainer : OP.delete, { path: leaf.path });
      }
      case "setData": {
        const node = this.anyNode(() => true);
        return node && op(OP.setData, { path: node.path, data: this.value(), version: node.version + 1 });
      }
      default: {
        const node = this.anyNode(() => true);
        return node && op(OP.setACL, { path: node.path, acl: this.acl(), version: node.aversion + 1 });
      }
    }
  }

  private create(path: string | null, type: number, ephemeral = false): Op | null {
    const { tree, random } = this;
    const parent = path === null ? undefined : tree.nodes.get(parentOf(path));
    if (path === null || !parent || tree.nodes.has(path) || isEphemeral(parent)) return null;
    return op(type, {
      path,
      data: this.value(),
      acl: this.acl(),
      ephemeral,
      parentCVersion: this.cversionAfter(parent),
      ttl: type === OP.createTTL ? BigInt(random.between(1, 1 << 20)) : 0n,
    });
  }

  private cversionAfter({ cversion }: Znode): number {
    const far = this.profile.manyChildren && cversion < 1000 && cversion >= 0 && this.random.chance(0.1);
    return far ? 0x7fffffff - this.random.below(3) : (cversion + 1) | 0;
  }

  /** A znode goes with all below it and comes again with a child: where a fuzzy snapshot tears, lists go wrong. */
  private planRebirth(): void {
    const { random, tree } = this;
    const top = this.anyNode((node) => node.children.size > 0 && node.children.size < 4 && !isEphemeral(node));
    if (!top) return;
    const below = [...tree.nodes.keys()].filter((path) => path.startsWith(`${top.path}/`)).sort(longestFirst);
    if (below.length > 6) return;
    const children = [...top.children];
    for (const path of [...below, top.path])
      this.planned.push(() => {
        const node = tree.nodes.get(path);
        return node && node.children.size === 0 ? op(OP.delete, { path }) : null;
      });
    this.planned.push(() => this.create(top.path, OP.create));
    for (const name of children)
      if (random.chance(0.8)) this.planned.push(() => this.create(`${top.path}/${name}`, OP.create));
  }

  private anyNode(wanted: (node: Znode) => boolean): Znode | null {
    const list = [...this.tree.nodes.values()].filter(
      (node) => node.path !== "" && !node.path.startsWith("/zookeeper") && wanted(node),
    );
    return list.length > 0 ? this.random.pick(list) : null;
  }

  private freshPath(): string | null {
    const { random, profile } = this;
    const parents = [...this.tree.nodes.values()].filter(
      (node) => !node.path.startsWith("/zookeeper") && !isEphemeral(node) && node.path.length < 40,
    );
    const parent = random.chance(0.3) ? "" : random.pick(parents).path;
    const number = random.chance(0.5) ? random.below(8) : "";
    const odd = profile.oddNames && random.chance(0.3) ? random.pick(ODD) : "";
    const path = `${parent}/${Buffer.from(`${random.pick(NAMES)}${number}${odd}`).toString("latin1")}`;
    return this.tree.nodes.has(path) ? null : path;
  }

  private value(): Buffer | null {
    const { random, profile } = this;
    if (random.chance(0.05)) return null;
    if (random.chance(0.1)) return Buffer.alloc(0);
    if (profile.fakeHeads && random.chance(0.3)) return fakeHeads(random);
    if (profile.oddNames && random.chance(0.3)) return Buffer.from(`x${random.pick(ODD)}\u001b[31m\u0007y`);
    if (random.chance(0.02)) return random.bytes(random.between(1000, 5000));
    return random.chance(0.5) ? Buffer.from(`value ${random.below(1e6)}`) : random.bytes(random.between(1, 40));
  }

  private acl(): AclBytes {
    const { random } = this;
    if (random.chance(0.7)) return OPEN_ACL;
    if (random.chance(0.5)) return aclBytes([[random.between(1, 31), "world", "anyone"]]);
    return aclBytes([
      [31, "digest", `user${random.below(5)}:hash`],
      [1, "ip", "10.0.0.1"],
    ]);
  }
}

function isEphemeral(node: Znode): boolean {
  return node.owner !== 0n && node.owner !== CONTAINER && !isTtl(node.owner);
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length || (a < b ? -1 : 1);
}

/** The beginnings of records, one after the other, each with a length that leads to the end mark of another. */
function fakeHeads(random: Random): Buffer {
  const heads = random.chance(0.03) ? 1500 : random.between(3, 60);
  const out = new Writer();
  for (let index = 0; index < heads; index++) {
    const head = new Writer()
      .int(0)
      .int(random.word())
      .int(45 * random.between(1, heads - index) - 13);
    out.raw(head.bytes).raw(random.bytes(32)).byte(0x42);
  }
  return out.bytes;
}

const NAMES = ["app", "config", "lock-", "n", "topics", "b", "ü", "election_0000000"];
/** Turned around, not seen, or beyond the first plane: all of them names that a server takes. */
const ODD = ["\u202e", "\u2066", "\u061c", "\u00ad", "\u200b", "\u{e0041}", "é", " ", "\u2028", "\ufeff"];

import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { fromHalves } from "../../src/storage/zxid.js";
import { ChildIndex, type DataTree, freshTree, Outcome, readZnode, type Znode } from "../../src/tree/index.js";
import { TxnCursor } from "../../src/txn/index.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";

/** A znode of the model: as plain as can be. */
interface ModelNode {
  data: Buffer | null;
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  ctime: bigint;
  mtime: bigint;
  version: number;
  cversion: number;
  aversion: number;
  owner: bigint;
}

const model = (data: Buffer | null, zxid: bigint, time: bigint, owner: bigint): ModelNode => ({
  data,
  czxid: zxid,
  mzxid: zxid,
  pzxid: zxid,
  ctime: time,
  mtime: time,
  version: 0,
  cversion: 0,
  aversion: 0,
  owner,
});

type Step =
  | { kind: "create"; name: number; under: number; size: number; session: number }
  | { kind: "set"; which: number; size: number }
  | { kind: "delete"; which: number }
  | { kind: "close"; session: number };

const small = fc.nat({ max: 1000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      name: small,
      under: small,
      size: fc.nat({ max: 700 }),
      session: fc.nat({ max: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), which: small, size: fc.nat({ max: 1200 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), which: small }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("close" as const), session: fc.nat({ max: 3 }) }) },
);

/** Applies what a server would log for these steps, to the tree and to the model. */
class Pair {
  readonly tree: DataTree = freshTree();
  readonly nodes = new Map<string, ModelNode>();
  private readonly block = Block.create(1 << 16);
  private readonly cursor = new TxnCursor();
  private zxid = 0n;

  constructor() {
    for (const path of ["", "/zookeeper", "/zookeeper/quota"]) this.nodes.set(path, model(Buffer.alloc(0), 0n, 0n, 0n));
  }

  run(each: Step): void {
    const live = [...this.nodes.keys()].filter((path) => !path.startsWith("/zookeeper"));
    const at = (index: number): string => live[index % live.length] as string;
    if (each.kind === "create") {
      const parents = live.filter((path) => this.node(path).owner === 0n);
      const parent = parents[each.under % parents.length] as string;
      const path = `${parent}/n${each.name % 40}`;
      if (this.nodes.has(path)) return;
      const above = this.node(parent);
      const owner = BigInt(each.session);
      const data = Buffer.alloc(each.size, each.name);
      this.apply(
        { type: 1, path, data, acl: null, ephemeral: owner !== 0n, parentCVersion: above.cversion + 1 },
        owner,
      );
      above.cversion++;
      above.pzxid = this.zxid;
      this.nodes.set(path, model(data, this.zxid, this.zxid * 10n, owner));
    } else if (each.kind === "set") {
      const node = this.node(at(each.which));
      const data = each.size % 7 === 0 ? null : Buffer.alloc(each.size, each.which);
      this.apply({ type: 5, path: at(each.which) || "/", data, version: node.version + 1 }, 0n);
      Object.assign(node, { data, version: node.version + 1, mzxid: this.zxid, mtime: this.zxid * 10n });
    } else if (each.kind === "delete") {
      const path = at(each.which);
      if (path === "" || live.some((other) => other.startsWith(`${path}/`))) return;
      this.apply({ type: 2, path }, 0n);
      this.remove(path);
    } else {
      const owner = BigInt(each.session);
      if (owner === 0n) return;
      this.apply({ type: -11, paths: null }, owner);
      for (const path of live) if (this.node(path).owner === owner) this.remove(path);
    }
  }

  private node(path: string): ModelNode {
    return this.nodes.get(path) as ModelNode;
  }

  private remove(path: string): void {
    this.nodes.delete(path);
    this.node(path.slice(0, path.lastIndexOf("/"))).pzxid = this.zxid;
  }

  private apply(txn: NewTxn, session: bigint): void {
    this.zxid++;
    const bytes = encodeTxn({ session, cxid: 1, zxid: this.zxid, time: this.zxid * 10n }, txn);
    this.block.bytes.set(bytes, this.block.start);
    expect(this.cursor.parse(this.block.view, this.block.start, this.block.start + bytes.length)).toBe("ok");
    const outcome = this.tree.apply(this.cursor, this.block);
    if (txn.type !== -11) expect(outcome).toBe(Outcome.ok);
  }

  /** ZooKeeper's digest, by its definition and with another CRC. */
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
}

test("after any history the tree is the plain model's, digest and all", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), (steps) => {
      const pair = new Pair();
      for (const each of steps) pair.run(each);
      const { tree, nodes } = pair;
      const found = new Map<string, Znode>();
      for (const slot of new ChildIndex(tree.znodes).walk()) {
        const znode = readZnode(tree, slot);
        found.set(znode.path === "/" ? "" : znode.path, znode);
      }
      expect([...found.keys()].sort()).toEqual([...nodes.keys()].sort());
      for (const [path, node] of nodes) {
        const { data, stat } = found.get(path) as Znode;
        const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner: owner } = stat;
        expect({
          data: data && Buffer.from(data),
          czxid,
          mzxid,
          pzxid,
          ctime,
          mtime,
          version,
          cversion,
          aversion,
          owner,
        }).toEqual(node);
        expect(tree.znodes.findPath(Buffer.from(path || "/"))).toBeGreaterThanOrEqual(0);
      }
      const { digestHigh, digestLow } = tree.znodes;
      expect(BigInt.asUintN(64, fromHalves(digestHigh, digestLow))).toBe(pair.digest());
    }),
    { numRuns: 40 },
  );
});

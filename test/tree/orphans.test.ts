import { describe, expect, test } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { fromHalves } from "../../src/storage/zxid.js";
import { ChildIndex, freshTree, NONE, Outcome, orphans, pathOf, readZnode } from "../../src/tree/index.js";
import { TxnCursor } from "../../src/txn/index.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";

/**
 * A replay over a fuzzy snapshot that held /P/C from P's next life already: P is deleted under its child. The expected
 * values are those of the classes of 3.4.14 to 3.9.5, but where a comment says otherwise.
 */
class Orphaned {
  readonly tree = freshTree();
  private readonly block = Block.create(1 << 12);
  private readonly cursor = new TxnCursor();
  private zxid = 0n;

  constructor(owner = 0n) {
    this.apply(create(1, "/P", "p1", 1), 5n);
    this.apply(create(1, "/P/C", "c1", 1, owner !== 0n), owner);
    this.apply({ type: 5, path: "/P/C", data: Buffer.from("c1b"), version: 1 });
    expect(this.apply({ type: 2, path: "/P" })).toBe(Outcome.children);
  }

  apply(txn: NewTxn, session = 5n): number {
    this.zxid++;
    const bytes = encodeTxn({ session, cxid: 1, zxid: this.zxid, time: this.zxid * 10n }, txn);
    this.block.bytes.set(bytes, this.block.start);
    expect(this.cursor.parse(this.block.view, this.block.start, this.block.start + bytes.length)).toBe("ok");
    return this.tree.apply(this.cursor, this.block);
  }

  /** The parent lives again. */
  again(): this {
    expect(this.apply(create(1, "/P", "p2", 3))).toBe(Outcome.ok);
    return this;
  }

  at(path: string): object | null {
    const slot = this.tree.znodes.findPath(Buffer.from(path));
    if (slot === NONE) return null;
    const { data, stat } = readZnode(this.tree, slot);
    const { czxid, pzxid, cversion, version, aversion, ephemeralOwner, numChildren } = stat;
    return { data: data?.toString(), stat: [czxid, pzxid, cversion, version, aversion, ephemeralOwner, numChildren] };
  }

  walked(): string[] {
    return [...new ChildIndex(this.tree.znodes).walk()].map((slot) => pathOf(this.tree, slot));
  }

  orphans(): string[] {
    return orphans(this.tree.znodes).map((slot) => pathOf(this.tree, slot));
  }

  get digest(): bigint {
    const { digestHigh, digestLow } = this.tree.znodes;
    return BigInt.asUintN(64, fromHalves(digestHigh, digestLow));
  }
}

function create(type: 1 | 15, path: string, data: string, parentCVersion: number, ephemeral = false): NewTxn {
  return { type, path, data: Buffer.from(data), acl: null, ephemeral, parentCVersion };
}

const FRESH = ["/", "/zookeeper", "/zookeeper/quota"];

test("a znode whose parent is deleted stays, in no list, and the digest counts it", () => {
  const state = new Orphaned();
  expect(state.walked()).toEqual(FRESH);
  expect(state.orphans()).toEqual(["/P/C"]);
  expect(state.tree.znodes.size).toBe(FRESH.length + 1);
  expect(state.at("/P/C")).toMatchObject({ data: "c1b" });
  expect(state.digest).toBe(7135845546n);
});

describe("a create over an orphan makes a new znode, in the list of the parent that there is then", () => {
  const acl = null;
  const data = Buffer.from("c2");
  test.each<[string, NewTxn, bigint, bigint]>([
    ["create", create(1, "/P/C", "c2", 1), 0n, 8693638323n],
    ["create2", create(15, "/P/C", "c2", 1), 0n, 8693638323n],
    ["createContainer", { type: 19, path: "/P/C", data, acl, parentCVersion: 1 }, -(2n ** 63n), 10021627773n],
    [
      "createTTL",
      { type: 21, path: "/P/C", data, acl, parentCVersion: 1, ttl: 1000n },
      -72057594037926936n,
      5986930192n,
    ],
  ])("%s", (_, txn, owner, digest) => {
    // As releases before 3.8.1 replay it, and as the live servers of all had it.
    const state = new Orphaned().again();
    expect(state.walked()).toEqual(["/", "/P", ...FRESH.slice(1)]);
    expect(state.orphans()).toEqual(["/P/C"]);
    expect(state.apply(txn)).toBe(Outcome.exists);
    expect(state.at("/P")).toEqual({ data: "p2", stat: [5n, 6n, 1, 0, 0, 0n, 1] });
    expect(state.at("/P/C")).toEqual({ data: "c2", stat: [6n, 6n, 0, 0, 0, owner, 0] });
    expect(state.walked()).toEqual(["/", "/P", "/P/C", ...FRESH.slice(1)]);
    expect(state.orphans()).toEqual([]);
    expect(state.digest).toBe(digest);
  });

  test("its own children are orphans from then on", () => {
    const state = new Orphaned();
    state.apply(create(1, "/P/C/D", "d", 1));
    state.again();
    expect(state.orphans()).toEqual(["/P/C"]);
    state.apply(create(1, "/P/C", "c2", 1));
    expect(state.orphans()).toEqual(["/P/C/D"]);
    state.apply(create(1, "/P/C/D", "d2", 1));
    expect(state.walked()).toEqual(["/", "/P", "/P/C", "/P/C/D", ...FRESH.slice(1)]);
  });

  test("it is the new session's alone", () => {
    const state = new Orphaned(5n).again();
    state.apply(create(1, "/P/C", "c2", 1, true), 6n);
    // Real classes delete it here: they had left the path in the list of the orphan's owner.
    state.apply({ type: -11, paths: null }, 5n);
    expect(state.at("/P/C")).toMatchObject({ data: "c2" });
    state.apply({ type: -11, paths: null }, 6n);
    expect(state.at("/P/C")).toBeNull();
  });
});

test("setData and setACL change an orphan", () => {
  const state = new Orphaned();
  expect(state.apply({ type: 5, path: "/P/C", data: Buffer.from("x"), version: 2 })).toBe(Outcome.ok);
  expect(state.apply({ type: 7, path: "/P/C", acl: null, version: 1 })).toBe(Outcome.ok);
  expect(state.at("/P/C")).toEqual({ data: "x", stat: [2n, 2n, 0, 2, 1, 0n, 0] });
});

describe("a delete of an orphan", () => {
  test("whose parent is gone takes it away, for it was logged where there was one", () => {
    // 3.4.14 does so too; from 3.5 on a replay leaves it.
    const state = new Orphaned();
    expect(state.apply({ type: 2, path: "/P/C" })).toBe(Outcome.missingParent);
    expect(state.at("/P/C")).toBeNull();
    expect(state.orphans()).toEqual([]);
  });

  test("whose parent is there again raises that one's pzxid", () => {
    const state = new Orphaned().again();
    expect(state.apply({ type: 2, path: "/P/C" })).toBe(Outcome.ok);
    expect(state.at("/P/C")).toBeNull();
    expect(state.at("/P")).toEqual({ data: "p2", stat: [5n, 6n, 0, 0, 0, 0n, 0] });
    expect(state.digest).toBe(4577480871n);
  });
});

describe.each([
  ["that names it", ["/P/C"]],
  ["that names nothing", null],
])("a closeSession %s", (_, paths) => {
  test("leaves an ephemeral whose parent is gone, and its digest counts it", () => {
    const state = new Orphaned(5n);
    state.apply({ type: -11, paths });
    expect(state.orphans()).toEqual(["/P/C"]);
    expect(state.digest).toBe(7938724153n);
    // Nobody's any more.
    state.apply({ type: -11, paths: null });
    expect(state.orphans()).toEqual(["/P/C"]);
  });

  test("deletes one whose parent is there again", () => {
    const state = new Orphaned(5n).again();
    state.apply({ type: -11, paths });
    expect(state.at("/P/C")).toBeNull();
    expect(state.at("/P")).toEqual({ data: "p2", stat: [5n, 6n, 0, 0, 0, 0n, 0] });
    expect(state.digest).toBe(4577480871n);
  });
});

test("a slot is not used again as long as it has orphans", () => {
  const state = new Orphaned();
  for (let each = 0; each < 20; each++) state.apply(create(1, `/n${each}`, "n", each + 5));
  expect(state.orphans()).toEqual(["/P/C"]);
  expect(state.walked().length).toBe(FRESH.length + 20);
  const { slots } = state.tree.znodes;
  state.apply({ type: 2, path: "/P/C" });
  // The orphan's, and its parent's.
  for (const name of ["/a", "/b"]) state.apply(create(1, name, "n", 30));
  expect(state.tree.znodes.slots).toBe(slots);
});

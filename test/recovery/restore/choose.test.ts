import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AS_IT_IS,
  carryOut,
  type DataDirectory,
  NO_FILES,
  type Restorable,
  type RestorePlan,
} from "../../../src/recovery/index.js";
import { type DataTree, pathOf, readZnode, STAT } from "../../../src/tree/index.js";
import type { Acl } from "../../../src/storage/acl.js";
import { stateOf, treeOf } from "../../export/trees.js";
import { logBytes, memoryFile } from "../../fixtures/memory.js";
import { encodeTxn } from "../../txn/encode.js";

function made(tree: DataTree, more: Partial<RestorePlan>, directory = NO_FILES): Promise<Restorable> {
  return carryOut(stateOf(tree), directory, { ...AS_IT_IS, now: 0, epoch: "leap", ...more });
}

function grafting(from: DataTree, paths: string[], merge = false, directory = NO_FILES): Partial<RestorePlan> {
  const grafts = paths.map((path) => ({ path, merge }));
  return { grafts: [{ directory, open: () => Promise.resolve({ tree: from, zxid: 5n }), grafts }] };
}

/** Every znode's path and data; the server's own only where `own`. */
function values(tree: DataTree, own = false): Record<string, string | null> {
  const list: [string, string | null][] = [];
  for (let slot = 0; slot < tree.znodes.slots; slot++) {
    if (!tree.znodes.exists(slot)) continue;
    const path = pathOf(tree, slot);
    if (path === "/" || (path.startsWith("/zookeeper") && !own)) continue;
    list.push([path, readZnode(tree, slot).data?.toString() ?? null]);
  }
  return Object.fromEntries(list.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function znode(tree: DataTree, path: string): ReturnType<typeof readZnode> {
  return readZnode(tree, tree.znodes.findPath(Buffer.from(path)));
}

function setCounter(tree: DataTree, path: string, cversion: number): DataTree {
  const slot = tree.znodes.findPath(Buffer.from(path));
  tree.znodes.viewOf(slot).setInt32(tree.znodes.statOf(slot) + STAT.cversion, cversion);
  tree.znodes.refresh(slot);
  return tree;
}

const LEAP = 17n << 32n;

describe("a graft", () => {
  const old = (): DataTree =>
    treeOf([
      { path: "/app", data: "old app" },
      { path: "/app/config", data: "old config", zxid: 3n, version: 4 },
      { path: "/app/config/a", data: "old a", zxid: 1n << 60n },
      { path: "/app/config/lock", data: "", owner: 7n },
    ]);

  test("takes the place of what is there, and leaves the rest", async () => {
    const now = treeOf([
      { path: "/app", data: "new app" },
      { path: "/app/config", data: "new config" },
      { path: "/app/config/b", data: "new b" },
      { path: "/other", data: "other" },
    ]);
    const { tree, zxid, changes } = await made(now, grafting(old(), ["/app/config"]));
    expect(values(tree)).toEqual({
      "/app": "new app",
      "/app/config": "old config",
      "/app/config/a": "old a",
      "/other": "other",
    });
    expect(zxid).toBe(LEAP);
    expect(znode(tree, "/app/config").stat).toMatchObject({ czxid: 3n, mzxid: 3n, version: 4 });
    expect(znode(tree, "/app/config/a").stat).toMatchObject({ czxid: LEAP, mzxid: LEAP, pzxid: LEAP });
    expect(znode(tree, "/app").stat.pzxid).toBe(LEAP);
    expect(changes?.map(({ change, count }) => [change, count])).toEqual([
      ["graft.replaced", 2],
      ["graft.taken", 2],
      ["graft.ephemerals", 1],
    ]);
  });

  test("merged, comes over what is there", async () => {
    const now = setCounter(
      treeOf([
        { path: "/app", data: "new app" },
        { path: "/app/config", data: "new config" },
        { path: "/app/config/a", data: "new a, which is longer than it was" },
        { path: "/app/config/b", data: "new b" },
      ]),
      "/app/config",
      9,
    );
    const { tree } = await made(now, grafting(old(), ["/app/config"], true));
    expect(values(tree)).toEqual({
      "/app": "new app",
      "/app/config": "old config",
      "/app/config/a": "old a",
      "/app/config/b": "new b",
    });
    expect(znode(tree, "/app/config").stat.cversion).toBe(9);
  });

  test("brings what is above it and missing, and nothing beside it", async () => {
    const { tree, changes } = await made(treeOf([{ path: "/x" }]), grafting(old(), ["/app/config/a"]));
    expect(values(tree)).toEqual({
      "/app": "old app",
      "/app/config": "old config",
      "/app/config/a": "old a",
      "/x": null,
    });
    expect(changes?.[0]).toMatchObject({ change: "graft.parents", paths: ["/app", "/app/config"] });
  });

  test("drops the sessions, since it goes back in part", async () => {
    const now = treeOf([{ path: "/e", owner: 9n }]);
    now.sessions.set(0, 9, 4000);
    const { tree } = await made(now, grafting(old(), ["/app"]));
    expect([tree.sessions.size, tree.znodes.findPath(Buffer.from("/e"))]).toEqual([0, -1]);
  });

  test("is refused where there is nothing to take, or an ephemeral above it", async () => {
    await expect(made(treeOf([]), grafting(old(), ["/nothing"]))).rejects.toMatchObject({
      exitCode: 1,
      message: "there is no znode /nothing at 0x5 to graft",
    });
    const now = treeOf([{ path: "/app", owner: 9n }]);
    await expect(made(now, grafting(old(), ["/app/config"]))).rejects.toThrow("/app is an ephemeral");
  });

  test("has the ACLs that it had, though the ids mean others here", async () => {
    const acl = (id: string): readonly Acl[] => [{ perms: 1, scheme: "digest", id }];
    const from = treeOf([
      { path: "/a", acl: acl("one") },
      { path: "/a/b", acl: acl("two") },
      { path: "/a/c", aclId: 77n },
    ]);
    const now = treeOf([{ path: "/n", acl: acl("three") }]);
    await expect(made(now, grafting(from, ["/a"]))).rejects.toThrow("the ACL of /a/c is not known");
    const { tree } = await made(treeOf([{ path: "/n", acl: acl("three") }]), {
      ...grafting(from, ["/a"]),
      openDanglingAcls: true,
    });
    expect(["/n", "/a", "/a/b", "/a/c"].map((path) => znode(tree, path).acl?.[0]?.id)).toEqual([
      "three",
      "one",
      "two",
      "anyone",
    ]);
  });

  test("a container that loses its children with it is named", async () => {
    const container = -(2n ** 63n);
    const from = treeOf([
      { path: "/c", owner: container },
      { path: "/c/e", owner: 7n },
    ]);
    const { changes } = await made(treeOf([]), grafting(from, ["/c"]));
    expect(changes).toContainEqual(expect.objectContaining({ change: "containers.emptied", paths: ["/c"] }));
  });

  test("the tree's digest is that of its znodes, whatever is grafted", async () => {
    const paths = fc.uniqueArray(fc.constantFrom("/a", "/b", "/a/a", "/a/b", "/b/a", "/a/a/a", "/a/a/b", "/b/a/a"));
    const treeFrom = (list: string[], data: string): DataTree =>
      treeOf([...withParents(list)].sort().map((path) => ({ path, data: data + path })));
    await fc.assert(
      fc.asyncProperty(paths, paths, fc.boolean(), fc.nat(10), async (now, then, merge, pick) => {
        fc.pre(then.length > 0);
        const path = then[pick % then.length] as string;
        const from = treeFrom(then, "old");
        const { tree } = await made(treeFrom(now, "new"), grafting(from, [path], merge));
        const inside = (each: string): boolean => each === path || each.startsWith(`${path}/`);
        const expected: Record<string, string> = {};
        for (const each of withParents(now)) if (merge || !inside(each)) expected[each] = `new${each}`;
        for (const each of withParents([path])) expected[each] ??= `old${each}`;
        for (const each of withParents(then)) if (inside(each)) expected[each] = `old${each}`;
        expect(values(tree)).toEqual(expected);
        let digest = 0n;
        for (let slot = 0; slot < tree.znodes.slots; slot++)
          if (tree.znodes.exists(slot)) digest += BigInt(tree.znodes.digest(slot));
        const { digestHigh, digestLow } = tree.znodes;
        expect(BigInt.asUintN(64, digest)).toBe((BigInt(digestHigh >>> 0) << 32n) | BigInt(digestLow));
      }),
    );
  });
});

function withParents(list: readonly string[]): Set<string> {
  const all = new Set<string>();
  for (const path of list)
    for (let at = path.indexOf("/", 1); at !== 0; at = path.indexOf("/", at + 1)) {
      all.add(at < 0 ? path : path.slice(0, at));
      if (at < 0) break;
    }
  return all;
}

describe("the counters of sequence names", () => {
  const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
  const logOf = (...creates: [path: string, parentCVersion: number][]): DataDirectory => {
    const records = creates.map(([path, parentCVersion], at) =>
      encodeTxn(
        { session: 1n, cxid: at, zxid: BigInt(at + 1), time: 0n },
        { type: 1, path, data: null, acl, ephemeral: false, parentCVersion },
      ),
    );
    return { ...NO_FILES, logs: [memoryFile("log.1", logBytes(records))] };
  };

  test("are as high as any log shows, be it after the point, and above every number in a name", async () => {
    const from = (): DataTree =>
      treeOf([{ path: "/q" }, { path: "/q/logged" }, { path: "/q/named" }, { path: "/q/named/n-0000000041" }]);
    const directory = logOf(["/q/logged/n-0000000011", 12], ["/q/logged/n-0000000006", 7], ["/q/x", 3], ["/r/x", 99]);
    const { tree, changes } = await made(treeOf([]), grafting(from(), ["/q"], false, directory), directory);
    expect(["/q", "/q/logged", "/q/named"].map((path) => znode(tree, path).stat.cversion)).toEqual([3, 12, 42]);
    expect(changes).toContainEqual(
      expect.objectContaining({ change: "counters.raised", paths: ["/q", "/q/logged", "/q/named"] }),
    );
  });

  test("are no lower than they were where a graft takes the place, and in the znode that it is put into", async () => {
    const now = setCounter(treeOf([{ path: "/q" }, { path: "/q/a" }, { path: "/q/n-0000000007" }]), "/q/a", 30);
    const from = treeOf([{ path: "/q" }, { path: "/q/a" }]);
    const { tree } = await made(now, grafting(from, ["/q/a"]));
    expect(["/q", "/q/a"].map((path) => znode(tree, path).stat.cversion)).toEqual([8, 30]);
  });
});

describe("quotas of a graft", () => {
  const withQuota = (limits: string, ...names: string[]): DataTree =>
    treeOf([
      { path: "/app", data: "x" },
      { path: "/zookeeper/quota/app" },
      ...names.map((name) => ({ path: `/zookeeper/quota/app/zookeeper_${name}`, data: limits })),
    ]);

  test("come along with limits and stats, or not at all", async () => {
    const both = await made(treeOf([]), grafting(withQuota("count=5,bytes=-1", "limits", "stats"), ["/app"]));
    expect(Object.keys(values(both.tree, true))).toEqual(
      expect.arrayContaining(["/zookeeper/quota/app/zookeeper_limits", "/zookeeper/quota/app/zookeeper_stats"]),
    );
    for (const name of ["limits", "stats"]) {
      const one = await made(treeOf([]), grafting(withQuota("count=5,bytes=-1", name), ["/app"]));
      expect(Object.keys(values(one.tree, true)).filter((path) => path.startsWith("/zookeeper/quota/"))).toEqual([]);
      expect(one.changes).toContainEqual(
        expect.objectContaining({ change: "graft.quotas-incomplete", paths: ["/app"] }),
      );
    }
  });

  test("take the place of those that are there, which is told", async () => {
    const quota = ["limits", "stats"];
    const now = withQuota("count=1,bytes=-1", ...quota);
    const without = await made(now, grafting(treeOf([{ path: "/app", data: "y" }]), ["/app"]));
    expect(Object.keys(values(without.tree, true)).filter((path) => path.startsWith("/zookeeper/quota/"))).toEqual([]);
    expect(without.changes).toContainEqual(expect.objectContaining({ change: "graft.quotas-gone", paths: ["/app"] }));
    const other = withQuota("count=9,bytes=-1", ...quota);
    const both = await made(withQuota("count=1,bytes=-1", ...quota), grafting(other, ["/app"]));
    expect(values(both.tree, true)["/zookeeper/quota/app/zookeeper_limits"]).toBe("count=9,bytes=-1");
    expect(both.changes?.map(({ change }) => change)).not.toContain("graft.quotas-gone");
  });

  test("whose limits no server can read are refused", async () => {
    await expect(made(treeOf([]), grafting(withQuota("many", "limits", "stats"), ["/app"]))).rejects.toMatchObject({
      exitCode: 1,
      message: "the limits in /zookeeper/quota/app/zookeeper_limits cannot be read",
    });
  });
});

describe("renaming", () => {
  test("moves a subtree with its stats and its quota, without its ephemerals", async () => {
    const now = treeOf([
      { path: "/a", data: "a", zxid: 3n, version: 2 },
      { path: "/a/b", data: "b" },
      { path: "/a/e", owner: 7n },
      { path: "/ab", data: "ab" },
      { path: "/to" },
      { path: "/zookeeper/quota/to" },
      { path: "/zookeeper/quota/a" },
      { path: "/zookeeper/quota/a/zookeeper_limits", data: "count=1,bytes=1" },
    ]);
    now.sessions.set(0, 7, 4000);
    const { tree, changes } = await made(now, { renamings: [{ from: "/a", to: "/to/c" }] });
    expect(values(tree)).toEqual({ "/ab": "ab", "/to": null, "/to/c": "a", "/to/c/b": "b" });
    expect(znode(tree, "/to/c").stat).toMatchObject({ czxid: 3n, version: 2, numChildren: 1 });
    expect(znode(tree, "/to").stat).toMatchObject({ cversion: 1, pzxid: LEAP });
    expect(tree.znodes.findPath(Buffer.from("/zookeeper/quota/to/c/zookeeper_limits"))).toBeGreaterThan(0);
    expect(changes?.map(({ change }) => change)).toEqual(["ephemerals.dropped-moved", "renamed"]);
    expect([tree.sessions.size, tree.ephemerals.size]).toEqual([1, 0]);
  });

  test.each([
    ["/x", "/y", "it does not exist"],
    ["/a", "/b", "that exists"],
    ["/a", "/x/y", "its parent does not exist"],
    ["/a", "/a/c", "it would be below itself"],
  ])("%s to %s is refused: %s", async (from, to, why) => {
    await expect(made(treeOf([{ path: "/a" }, { path: "/b" }]), { renamings: [{ from, to }] })).rejects.toMatchObject({
      exitCode: 1,
      message: `${from} cannot become ${to}: ${why}`,
    });
  });
});

test("values are set as one more write, at the result's zxid and the point's time", async () => {
  const now = treeOf([{ path: "/a", data: "before", zxid: 3n, version: 2 }]);
  const values = [{ path: "/a", data: Buffer.from("after, and longer") }];
  const { tree } = await made(now, { values });
  expect(znode(tree, "/a").data?.toString()).toBe("after, and longer");
  expect(znode(tree, "/a").stat).toMatchObject({ czxid: 3n, mzxid: LEAP, version: 3, mtime: 1_700_000_000_123n });
  await expect(made(treeOf([]), { values })).rejects.toMatchObject({ exitCode: 1 });
});

describe("ACLs", () => {
  const acl = (...ids: string[]): readonly Acl[] => ids.map((id) => ({ perms: 3, scheme: "digest", id }));
  const now = (): DataTree =>
    treeOf([{ path: "/a", acl: acl("x", "y") }, { path: "/a/b", acl: acl("y") }, { path: "/c" }]);
  const told = (tree: DataTree): string[] =>
    ["/a", "/a/b", "/c"].map((path) => {
      const { acl: entries = [], stat } = znode(tree, path);
      return `${entries.map(({ scheme, id, perms }) => `${scheme}:${id}:${perms}`).join(" ")} ${stat.aversion}`;
    });

  test("are opened from a znode on down", async () => {
    const { tree } = await made(now(), { resetAcls: ["/a/b"] });
    expect(told(tree)).toEqual(["digest:x:3 digest:y:3 0", "world:anyone:31 1", "world:anyone:31 0"]);
  });

  test("have identities replaced, with their permissions", async () => {
    const mapAcls = [{ from: { scheme: "digest", id: "y" }, to: { scheme: "sasl", id: "z" } }];
    const { tree, changes } = await made(now(), { mapAcls });
    expect(told(tree)).toEqual(["digest:x:3 sasl:z:3 1", "sasl:z:3 1", "world:anyone:31 0"]);
    expect(changes).toEqual([{ change: "acls.mapped", count: 2, paths: ["/a", "/a/b"], sessions: [] }]);
  });
});

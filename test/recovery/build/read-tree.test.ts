import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTree } from "../../../src/recovery/index.js";
import { type DataTree, pathOf, readZnode } from "../../../src/tree/index.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-build-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function read(...lines: (object | string)[]): ReturnType<typeof readTree> {
  const path = join(folder, `${++files}.ndjson`);
  writeFileSync(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return readTree(path);
}

const node = (path: string, more: object = {}): object => ({ type: "node", path, ...more });
const znode = (tree: DataTree, path: string): ReturnType<typeof readZnode> =>
  readZnode(tree, path === "/" ? 0 : tree.znodes.findPath(Buffer.from(path)));

function pathsOf(tree: DataTree): string[] {
  const list: string[] = [];
  for (let slot = 0; slot < tree.znodes.slots; slot++) if (tree.znodes.exists(slot)) list.push(pathOf(tree, slot));
  return list.sort();
}

describe("a tree made by a program", () => {
  test("needs no more than paths: what every tree has is made, and stats are those of new znodes", async () => {
    const { tree, zxid, edited } = await read(node("/app", { data: "x" }), node("/app/n-0000000007"), node("/app/b"));
    expect(pathsOf(tree)).toEqual(["/", "/app", "/app/b", "/app/n-0000000007", "/zookeeper", "/zookeeper/quota"]);
    expect([zxid, edited]).toEqual([0n, false]);
    expect(znode(tree, "/app")).toMatchObject({
      kind: "persistent",
      acl: [{ perms: 31, scheme: "world", id: "anyone" }],
    });
    expect(znode(tree, "/app").data?.toString()).toBe("x");
    expect(znode(tree, "/app/b").data).toBeNull();
    // Above the name below it: the next sequence znode must not be one that exists.
    expect(znode(tree, "/app").stat).toMatchObject({ version: 0, cversion: 8, numChildren: 2 });
  });

  test("has kinds, sessions, ACLs, values in base64 and hex, and a zxid if its header says one", async () => {
    const { tree, zxid } = await read(
      { type: "header", at: { zxid: "0x100000005" } },
      { type: "session", id: "0xffff000000000001", timeout: 4000 },
      node("/c", { kind: "container" }),
      node("/t", { kind: "ttl", ttl: 2 ** 33 + 5 }),
      node("/e", { kind: "ephemeral", data: "", stat: { ephemeralOwner: "0xffff000000000001" } }),
      node("/b", { data: "AAH/", encoding: "base64", acl: [{ perms: "rd", scheme: "digest", id: "a:b" }] }),
      node("/h", { data: "0001ff", encoding: "hex", acl: [{ perms: "cdrwa", scheme: "digest", id: null }] }),
      { type: "end" },
    );
    expect(zxid).toBe(0x100000005n);
    expect(tree.sessions.sorted()).toEqual([[-281474976710655n, 4000]]);
    expect(["/c", "/t", "/e"].map((path) => znode(tree, path).kind)).toEqual(["container", "ttl", "ephemeral"]);
    expect(znode(tree, "/t").ttl).toBe(2 ** 33 + 5);
    expect(znode(tree, "/c").stat).toMatchObject({ czxid: 0x100000005n, pzxid: 0x100000005n });
    expect([znode(tree, "/b").data, znode(tree, "/h").data]).toEqual([
      Buffer.from([0, 1, 255]),
      Buffer.from([0, 1, 255]),
    ]);
    expect(znode(tree, "/b").acl).toEqual([{ perms: 9, scheme: "digest", id: "a:b" }]);
    expect(tree.ephemerals.size).toBe(1);
  });

  test("may have its lines in any order", async () => {
    const paths = ["/a", "/a/b", "/a/b/c", "/a/d", "/zookeeper", "/zookeeper/quota", "/"];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(paths, { minLength: paths.length }), async (order) => {
        const { tree } = await read(...order.map((path) => node(path, { data: path })));
        expect(pathsOf(tree)).toEqual([...paths].sort());
        for (const path of paths) expect(znode(tree, path).data?.toString()).toBe(path);
        expect(znode(tree, "/a").stat.numChildren).toBe(2);
      }),
    );
  });

  test("64-bit values and times of any size are kept", async () => {
    const zxids = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
    const longs = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const dates = fc.integer({ min: -8.64e15, max: 8.64e15 });
    await fc.assert(
      fc.asyncProperty(
        zxids,
        dates,
        longs,
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        async (zxid, date, mtime, version) => {
          const ctime = new Date(date).toISOString();
          const { tree } = await read(
            node("/a", {
              data: null,
              stat: { czxid: `0x${zxid.toString(16)}`, ctime, mtime: String(mtime), cversion: version },
            }),
          );
          expect(znode(tree, "/a").stat).toMatchObject({ czxid: zxid, ctime: BigInt(date), mtime, cversion: version });
        },
      ),
    );
  });
});

describe("what cannot be built is told by its line", () => {
  const refused = async (lines: (object | string)[], ...messages: string[]): Promise<void> => {
    const error = await read(...lines).catch((each: unknown) => each);
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining("no tree can be built from") });
    for (const message of messages) expect((error as Error).message).toContain(message);
  };

  test.each<[string, (object | string)[], string]>([
    ["an orphan", [node("/a"), node("/b/c")], "line 2: /b/c: no line has its parent"],
    ["a duplicate", [node("/a"), node("/a")], "line 2: /a is listed twice"],
    ["the root twice", [node("/"), node("/")], "line 2: / is listed twice"],
    ["no JSON", [node("/a"), "{"], "line 2: not JSON"],
    ["JSON that is no object", ["5"], "line 1: type is nothing"],
    ["another type", [{ type: "txn" }], 'line 1: type is "txn", not header, session, node or end'],
    ["no path", [{ type: "node" }], "line 1: path is nothing, not text"],
    ["a relative path", [node("a")], 'line 1: a: it does not begin with "/"'],
    ["a slash at the end", [node("/a/")], 'it ends in "/"'],
    ["an empty name", [node("/a//b")], "it has an empty name"],
    ["a name of dots", [node("/a/..")], 'it has a name "." or ".."'],
    ["a character that ZooKeeper refuses", [node("/a\u0001")], "U+0001"],
    ["half a surrogate pair", [node("/a\ud83d\ude00")], "U+D83D"],
    ["a kind of its own", [node("/a", { kind: "odd" })], 'kind is "odd", not persistent, ephemeral, container or ttl'],
    [
      "an owner that contradicts",
      [node("/a", { kind: "container", data: null, stat: { ephemeralOwner: "0x5" } })],
      "ephemeralOwner says otherwise",
    ],
    ["an ephemeral of nobody", [node("/a", { kind: "ephemeral" })], "an ephemeral without a session"],
    ["data that is no base64", [node("/a", { data: "??", encoding: "base64" })], "its data is not base64"],
    [
      "permissions that are none",
      [node("/a", { acl: [{ perms: "xyz", scheme: "a", id: "b" }] })],
      "not letters of cdrwa",
    ],
    ["an unknown ACL", [node("/a", { acl: null })], "its ACL is not known"],
    ["a version that is no int", [node("/a", { data: null, stat: { version: 2 ** 31 } })], "version is 2147483648"],
    ["a zxid in decimal", [node("/a", { data: null, stat: { czxid: "12" } })], 'czxid is "12", not a number as 0x1f'],
    ["a time that is none", [node("/a", { data: null, stat: { ctime: "soon" } })], 'ctime is "soon"'],
    ["an export without data", [node("/a", { stat: {} })], "/a has no data"],
    ["a session without a timeout", [{ type: "session", id: "0x5" }], "a session needs an id and a timeout"],
    [
      "a znode that is newer than the tree",
      [{ type: "header", at: { zxid: "0x5" } }, node("/a", { data: null, stat: { mzxid: "0x6" } }), { type: "end" }],
      "line 2: its mzxid is above the tree's zxid, 0x5",
    ],
    [
      "an export of transactions",
      [{ type: "header", document: "txns" }, { type: "end" }],
      "line 1: this is not an export of a tree",
    ],
    ["an export that is cut", [{ type: "header" }, node("/a")], "the file is cut"],
    [
      "a child of an ephemeral",
      [node("/a", { kind: "ephemeral", data: "", stat: { ephemeralOwner: "0x5" } }), node("/a/b")],
      "line 2: /a/b is below an ephemeral",
    ],
    [
      "a child of an ephemeral, listed before it",
      [node("/a/b"), node("/a", { kind: "ephemeral", data: "", stat: { ephemeralOwner: "0x5" } }), node("a")],
      "line 1: /a/b is below an ephemeral",
    ],
    [
      "the server's own as an ephemeral",
      [node("/zookeeper", { kind: "ephemeral", data: "", stat: { ephemeralOwner: "0x5" } })],
      "line 1: /zookeeper cannot be an ephemeral",
    ],
  ])("%s", async (_, lines, message) => {
    await refused(lines, message);
  });

  test("all of them at once, up to a number", async () => {
    await refused([node("a"), node("/b/c"), "x"], "3 errors", "line 1:", "line 2:", "line 3:");
    await refused(
      Array.from({ length: 30 }, () => "x"),
      "30 errors",
      "line 20: not JSON",
      "…",
    );
  });
});

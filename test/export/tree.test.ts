import { beforeAll, describe, expect, it } from "vitest";
import { type DataMode, exportTree, json, MemorySink, ndjson, select } from "../../src/export/index.js";
import { discover, isoTime, rebuild, type State } from "../../src/recovery/index.js";
import { permissionLetters } from "../../src/storage/acl.js";
import { hex } from "../../src/storage/zxid.js";
import { ChildIndex, readZnode, type Znode } from "../../src/tree/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { type NewZnode, orphanChildrenOf, stateOf, treeOf } from "./trees.js";
import { say } from "../../src/text/message.js";

type Line = Record<string, unknown> & { type: string };

async function lines(
  state: State,
  options: { data?: DataMode; include?: string[]; exclude?: string[] } = {},
): Promise<Line[]> {
  const sink = new MemorySink();
  const { data = "auto", ...globs } = options;
  await exportTree(state, sink, { format: ndjson, source: ["here"], data, selection: select(state.tree, globs) });
  expect(sink.toString().endsWith("}\n")).toBe(true);
  return sink
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** Schema 1, made from objects the plain way. */
function expected(znode: Znode): unknown {
  const { stat, acl } = znode;
  const text = znode.data === null ? null : asText(znode.data);
  return {
    type: "node",
    path: znode.path,
    ...(znode.pathBytes.equals(Buffer.from(znode.path)) ? {} : { pathBase64: znode.pathBytes.toString("base64") }),
    data: znode.data === null ? null : (text ?? znode.data.toString("base64")),
    ...(znode.data === null ? {} : { encoding: text === null ? "base64" : "utf8" }),
    acl: acl ? acl.map(({ perms, scheme, id }) => ({ perms: permissionLetters(perms), scheme, id })) : null,
    ...(acl ? {} : { aclId: String(znode.aclId) }),
    stat: {
      czxid: hex(stat.czxid),
      mzxid: hex(stat.mzxid),
      pzxid: hex(stat.pzxid),
      ctime: isoTime(stat.ctime),
      mtime: isoTime(stat.mtime),
      version: stat.version,
      cversion: stat.cversion,
      aversion: stat.aversion,
      ephemeralOwner: hex(stat.ephemeralOwner),
      dataLength: stat.dataLength,
      numChildren: stat.numChildren,
    },
    kind: znode.kind,
    ...(znode.ttl === undefined ? {} : { ttl: znode.ttl }),
  };
}

function asText(data: Buffer): string | null {
  const text = data.toString("utf8");
  return Buffer.from(text).equals(data) && !/(?![\t\n\r])\p{Cc}/u.test(text) ? text : null;
}

describe("a real server's tree", () => {
  let state: State;
  beforeAll(async () => {
    state = await rebuild(discover([fixtureDir("3.8.6-standalone")]));
  });

  it("is written node by node as its objects say", async () => {
    const [header, ...rest] = await lines(state);
    const end = rest.pop();
    const sessions = rest.filter(({ type }) => type === "session");
    const nodes = rest.filter(({ type }) => type === "node");
    expect(header).toEqual({
      type: "header",
      document: "tree",
      schema: 1,
      source: ["here"],
      at: {
        zxid: hex(state.zxid),
        epoch: 0,
        counter: Number(state.zxid),
        time: isoTime(state.time ?? 0n),
        exact: true,
      },
      digest: { version: 2, value: String(state.digest.value), verified: true },
    });
    expect(sessions).toEqual(
      state.tree.sessions.sorted().map(([id, timeout]) => ({ type: "session", id: hex(id), timeout })),
    );
    expect(nodes).toEqual(
      [...new ChildIndex(state.tree.znodes).walk()].map((slot) => expected(readZnode(state.tree, slot))),
    );
    expect(end).toEqual({ type: "end", nodes: state.tree.znodes.size, sessions: sessions.length });
  });

  it("is written depth first, siblings in byte order", async () => {
    const paths = (await lines(state, { data: "none" }))
      .filter(({ type }) => type === "node")
      .map(({ path }) => path as string);
    const key = (path: string): Buffer => Buffer.concat(path.split("/").map((name) => Buffer.from(`${name}\0`)));
    const sorted = [...paths].sort((a, b) => (a === "/" ? -1 : b === "/" ? 1 : key(a).compare(key(b))));
    expect(paths).toEqual(sorted);
  });

  it("is the same as JSON", async () => {
    const sink = new MemorySink();
    await exportTree(state, sink, { format: json, source: ["here"] });
    const whole = JSON.parse(sink.toString()) as { nodes: unknown[]; sessions: unknown[]; type?: string };
    const all = await lines(state);
    const { document: type, ...header } = all[0] as Line;
    const { type: _, ...counts } = all.at(-1) as Line;
    const of = (wanted: string): unknown[] => all.filter((line) => line.type === wanted);
    expect(whole).toEqual({ ...header, type, sessions: of("session"), nodes: of("node"), counts });
  });

  it("loses nothing in any way of writing data", async () => {
    for (const mode of ["auto", "base64", "utf8", "hex"] as const) {
      const decoded = new Map(
        (await lines(state, { data: mode }))
          .filter(({ type }) => type === "node")
          .map((node) => [node["path"], decode(node)]),
      );
      for (const slot of new ChildIndex(state.tree.znodes).walk()) {
        const { path, data } = readZnode(state.tree, slot);
        expect(decoded.get(path) ?? null, path).toEqual(data === null ? null : Buffer.from(data));
      }
    }
  });
});

function decode(node: Line): Buffer | null {
  if (node["data"] === null) return null;
  return Buffer.from(node["data"] as string, node["encoding"] as BufferEncoding);
}

describe("what trees can hold", () => {
  const node = async (znode: NewZnode, mode: DataMode = "auto"): Promise<Line | undefined> => {
    const all = await lines(stateOf(treeOf([znode])), { data: mode });
    return all.find(
      ({ type, path }) => type === "node" && !["/", "/zookeeper", "/zookeeper/quota"].includes(path as string),
    );
  };

  it("tells null from empty data", async () => {
    expect(await node({ path: "/a", data: null })).toMatchObject({ data: null });
    expect(await node({ path: "/a", data: null })).not.toHaveProperty("encoding");
    expect(await node({ path: "/a", data: "" })).toMatchObject({ data: "", encoding: "utf8" });
  });

  it("chooses an encoding by the bytes", async () => {
    expect(await node({ path: "/a", data: "a\tb\r\nc" })).toMatchObject({ data: "a\tb\r\nc", encoding: "utf8" });
    expect(await node({ path: "/a", data: "a\0b" })).toMatchObject({ data: "YQBi", encoding: "base64" });
    expect(await node({ path: "/a", data: "a\0b" }, "utf8")).toMatchObject({ data: "a\0b", encoding: "utf8" });
    expect(await node({ path: "/a", data: Buffer.from([0xff]) }, "utf8")).toMatchObject({
      data: "/w==",
      encoding: "base64",
    });
    expect(await node({ path: "/a", data: "ab" }, "hex")).toMatchObject({ data: "6162", encoding: "hex" });
    expect(await node({ path: "/a", data: "ab" }, "none")).not.toHaveProperty("data");
    expect(await node({ path: "/a", data: "ab" }, "none")).toMatchObject({ stat: { dataLength: 2 } });
  });

  it("writes values of many pieces as it writes short ones", async () => {
    const text = Buffer.from(`${"é".repeat(700_000)}x${"😀".repeat(300_000)}`);
    expect(await node({ path: "/a", data: text })).toMatchObject({ data: text.toString(), encoding: "utf8" });
    const binary = Buffer.alloc(2_500_001, "\x01\xffabc", "latin1");
    expect(await node({ path: "/a", data: binary })).toMatchObject({
      data: binary.toString("base64"),
      encoding: "base64",
    });
    expect(await node({ path: "/a", data: binary }, "hex")).toMatchObject({
      data: binary.toString("hex"),
      encoding: "hex",
    });
    expect(await node({ path: "/a", data: binary }, "none")).not.toHaveProperty("data");
  });

  it("writes a path that is not UTF-8 with its bytes", async () => {
    const path = Buffer.from("/caf\xe9", "latin1");
    expect(await node({ path })).toMatchObject({ path: "/caf\ufffd", pathBase64: path.toString("base64") });
    expect(await node({ path: '/a"b\\c\u0001é' })).toMatchObject({ path: '/a"b\\c\u0001é' });
  });

  it("names a dangling ACL's id", async () => {
    expect(await node({ path: "/a", aclId: 77n })).toMatchObject({ acl: null, aclId: "77" });
  });

  it("writes ACLs with strange members", async () => {
    const acl = [
      { perms: 1, scheme: "digest", id: 'a"b:c' },
      { perms: 64, scheme: null, id: null },
    ];
    expect(await node({ path: "/a", acl })).toMatchObject({
      acl: [
        { perms: "r", scheme: "digest", id: 'a"b:c' },
        { perms: "+0x40", scheme: null, id: null },
      ],
    });
  });

  it("tells kinds by the owner", async () => {
    expect(await node({ path: "/a" })).toMatchObject({ kind: "persistent" });
    expect(await node({ path: "/a", owner: 0x1000012120c0001n })).toMatchObject({
      kind: "ephemeral",
      stat: { ephemeralOwner: "0x1000012120c0001" },
    });
    expect(await node({ path: "/a", owner: -(2n ** 63n) })).toMatchObject({
      kind: "container",
      stat: { ephemeralOwner: "0x8000000000000000" },
    });
    const ttl = BigInt.asIntN(64, 0xff00_0000_0000_0000n | 5_000_000_000n);
    expect(await node({ path: "/a", owner: ttl })).toMatchObject({ kind: "ttl", ttl: 5_000_000_000 });
  });

  it("writes times that no Date holds", async () => {
    const znode = await node({ path: "/a", ctime: 2n ** 63n - 1n, mtime: -1n });
    expect(znode).toMatchObject({ stat: { ctime: "9223372036854775807", mtime: "1969-12-31T23:59:59.999Z" } });
  });

  it("puts znodes without parents after the others, marked", async () => {
    const tree = treeOf([{ path: "/a" }, { path: "/a/b" }, { path: "/a/b/c" }, { path: "/z" }]);
    orphanChildrenOf(tree, "/a");
    const nodes = (await lines(stateOf(tree))).filter(({ type }) => type === "node");
    expect(nodes.map(({ path, orphan }) => [path, orphan ?? false])).toEqual([
      ["/", false],
      ["/z", false],
      ["/zookeeper", false],
      ["/zookeeper/quota", false],
      ["/a/b", true],
      ["/a/b/c", true],
    ]);
  });

  it("says in the header what is not certain", async () => {
    const state = stateOf(treeOf([]), { exact: false, doubt: say`fuzzy`, inDoubt: ["/a"], time: null });
    expect((await lines(state))[0]).toMatchObject({
      at: { exact: false, doubt: "fuzzy", inDoubt: ["/a"], time: null },
    });
  });
});

describe("include and exclude", () => {
  const tree = treeOf([
    { path: "/app" },
    { path: "/app/a" },
    { path: "/app/a/x" },
    { path: "/app/b" },
    { path: "/apple" },
    { path: "/other" },
    { path: "/other/.hidden" },
  ]);
  const paths = async (globs: { include?: string[]; exclude?: string[] }): Promise<unknown[]> =>
    (await lines(stateOf(tree), globs)).filter(({ type }) => type === "node").map(({ path }) => path);

  it("keeps what is included and what is above it", async () => {
    expect(await paths({ include: ["/app/**"] })).toEqual(["/", "/app", "/app/a", "/app/a/x", "/app/b"]);
    expect(await paths({ include: ["/app/a/x"] })).toEqual(["/", "/app", "/app/a", "/app/a/x"]);
    expect(await paths({ include: ["/app/*"] })).toEqual(["/", "/app", "/app/a", "/app/b"]);
    expect(await paths({ include: ["**/.hidden", "/apple/"] })).toEqual(["/", "/apple", "/other", "/other/.hidden"]);
    expect(await paths({ include: ["/nothing"] })).toEqual([]);
  });

  it("drops what is excluded with all below it", async () => {
    expect(await paths({ exclude: ["/app", "/zookeeper"] })).toEqual(["/", "/apple", "/other", "/other/.hidden"]);
    expect(await paths({ include: ["/app/**"], exclude: ["/app/a"] })).toEqual(["/", "/app", "/app/b"]);
  });

  it("says so in the header", async () => {
    const [header] = await lines(stateOf(tree), { include: ["/app/**"] });
    expect(header).toMatchObject({ include: ["/app/**"] });
  });

  it("refuses a glob that can match no path", async () => {
    await expect(paths({ include: ["app/**"] })).rejects.toMatchObject({
      exitCode: 2,
      hint: expect.stringContaining("/app/**"),
    });
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { discover, rebuild, type State } from "../../src/recovery/index.js";
import { hex } from "../../src/storage/zxid.js";
import { ChildIndex, NONE, pathOf, readZnode, type Znode } from "../../src/tree/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { ndjsonOf, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
let state: State;
let all: Znode[];

beforeAll(async () => {
  state = await rebuild(discover([SOURCE]));
  all = [...new ChildIndex(state.tree.znodes).walk()].map((slot) => readZnode(state.tree, slot));
});

const childrenOf = (path: string): string[] =>
  all.map((each) => each.path).filter((each) => each !== "/" && (each.slice(0, each.lastIndexOf("/")) || "/") === path);

describe("ls", () => {
  it("lists names, one a line, and says which point it is", () => {
    const { stdout, stderr, code } = zkrewind(["ls", SOURCE, "/"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((name) => `/${name}`),
    ).toEqual(childrenOf("/"));
    expect(stderr).toMatch(
      new RegExp(`^at ${hex(state.zxid)} \\(epoch 0, counter ${Number(state.zxid)}, .*Z\\), exact, digest verified\n`),
    );
    expect(code).toBe(0);
  });

  it("takes the root where no path is given, and forgives a slash at the end", () => {
    expect(zkrewind(["ls", SOURCE]).stdout).toBe(zkrewind(["ls", SOURCE, "/"]).stdout);
    expect(
      zkrewind(["ls", SOURCE, "/data/"])
        .stdout.trimEnd()
        .split("\n")
        .map((name) => `/data/${name}`),
    ).toEqual(childrenOf("/data"));
  });

  it("lists a subtree by full paths, escaped for the terminal", () => {
    const { stdout } = zkrewind(["ls", SOURCE, "/", "-R"]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(all.length);
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it("shows stats with -l", () => {
    const [head, ...rows] = zkrewind(["ls", SOURCE, "/data", "-l"]).stdout.trimEnd().split("\n");
    expect(head).toMatch(/^kind +children +bytes +version +mzxid +mtime +name$/);
    const first = all.find(({ path }) => path === childrenOf("/data")[0]) as Znode;
    const { stat } = first;
    expect(rows[0]?.split(/ +/)).toEqual([
      first.kind,
      String(stat.numChildren),
      String(stat.dataLength),
      String(stat.version),
      hex(stat.mzxid),
      new Date(Number(stat.mtime)).toISOString(),
      first.path.slice("/data/".length),
    ]);
  });

  it("writes node lines as NDJSON", () => {
    const lines = ndjsonOf(zkrewind(["ls", SOURCE, "/data", "--format", "ndjson"]).stdout);
    expect(lines.filter(({ type }) => type === "node").map(({ path }) => path)).toEqual(childrenOf("/data"));
    expect(lines.at(-1)).toMatchObject({ type: "end", nodes: childrenOf("/data").length });
  });
});

describe("find", () => {
  it("sorts like ls, and lists at most as many as -n says", () => {
    const wanted = zkrewind(["ls", SOURCE, "-R", "--sort", "bytes", "-n", "5"]).stdout;
    expect(zkrewind(["find", SOURCE, "--sort", "bytes", "-n", "5"]).stdout).toBe(wanted);
    expect(zkrewind(["find", SOURCE, "--audit", "all", "--sort", "bytes"]).code).toBe(2);
  });
});

describe("tree", () => {
  it("draws every znode and counts them", () => {
    const lines = zkrewind(["tree", SOURCE, "/data"]).stdout.trimEnd().split("\n");
    const below = all.filter(({ path }) => path === "/data" || path.startsWith("/data/"));
    expect(lines[0]).toMatch(/^\/data/);
    expect(lines).toHaveLength(below.length + 2);
    expect(lines.at(-1)).toBe(`${below.length} znodes`);
  });

  it("counts what is deeper than asked for", () => {
    const { stdout } = zkrewind(["tree", SOURCE, "--depth", "1"]);
    const shown = childrenOf("/").length + 1;
    expect(stdout).toContain(`${shown} znodes, ${(all.length - shown).toLocaleString("en-US")} more below`);
  });

  it("draws branches as tree does", () => {
    const { stdout } = zkrewind(["tree", SOURCE, "/zookeeper", "--depth", "1"]);
    expect(stdout).toMatch(/^\/zookeeper\n├── config.*\n└── quota.* … \d+ below\n\n3 znodes, \d+ more below\n$/);
  });
});

describe("cat", () => {
  it("writes exactly the bytes", () => {
    for (const { path, data } of all.filter((each) => each.path.startsWith("/data/") && each.data !== null)) {
      const { bytes, code } = zkrewind(["cat", SOURCE, path]);
      expect(bytes.equals(data as Buffer), path).toBe(true);
      expect(code).toBe(0);
    }
  });

  it("writes nothing for null, and says so", () => {
    const empty = all.find(({ data }) => data === null) as Znode;
    const { stdout, stderr, code } = zkrewind(["cat", SOURCE, empty.path]);
    expect([stdout, code]).toEqual(["", 0]);
    expect(stderr).toMatch(/is null, which is not the same as empty/);
  });

  it("writes the node line as JSON", () => {
    const node = JSON.parse(zkrewind(["cat", SOURCE, "/data/json", "--format", "json"]).stdout) as Record<
      string,
      unknown
    >;
    expect(node).toMatchObject({ type: "node", path: "/data/json", encoding: "utf8" });
    expect(zkrewind(["cat", SOURCE, "/data/json", "--format", "json", "--data", "hex"]).stdout).toContain(
      '"encoding":"hex"',
    );
  });
});

describe("stat", () => {
  it("uses zkCli's names in zkCli's order", () => {
    const { stdout, code } = zkrewind(["stat", SOURCE, "/data"]);
    const names = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" = ")[0]);
    expect(names).toEqual([
      "cZxid",
      "ctime",
      "mZxid",
      "mtime",
      "pZxid",
      "cversion",
      "dataVersion",
      "aclVersion",
      "ephemeralOwner",
      "dataLength",
      "numChildren",
      "kind",
      "acl",
    ]);
    const { stat } = all.find(({ path }) => path === "/data") as Znode;
    expect(stdout).toContain(`cZxid = ${hex(stat.czxid)}\n`);
    expect(stdout).toContain(`cversion = ${stat.cversion}`);
    expect(code).toBe(0);
  });

  it("tells the client's cversion, and whether an owner is there", () => {
    expect(zkrewind(["stat", SOURCE, "/zookeeper"]).stdout).toContain("cversion = 0  (stored; a client is shown -2)");
    const ephemeral = all.find(({ kind }) => kind === "ephemeral") as Znode;
    expect(zkrewind(["stat", SOURCE, ephemeral.path]).stdout).toMatch(
      /ephemeralOwner = 0x[0-9a-f]+ {2}\(session open, timeout \d+ ms\)/,
    );
  });

  it("writes JSON without data", () => {
    const node = JSON.parse(zkrewind(["stat", SOURCE, "/data", "--format", "json"]).stdout) as object;
    expect(node).toHaveProperty("stat");
    expect(node).not.toHaveProperty("data");
  });
});

describe("a point in time", () => {
  it("shows what was there then", async () => {
    const gone = await deletedPath();
    const now = zkrewind(["stat", SOURCE, gone.path]);
    expect(now.code).toBe(1);
    const before = zkrewind(["stat", SOURCE, gone.path, "--before", gone.zxid]);
    expect(before.code).toBe(0);
    expect(before.stdout).toContain("cZxid = ");
    expect(zkrewind(["stat", SOURCE, gone.path, "--at", gone.zxid]).code).toBe(1);
  });

  /** A znode that a plain delete took away, outside of fuzzy windows. */
  async function deletedPath(): Promise<{ path: string; zxid: string }> {
    const { stdout } = zkrewind(["log", SOURCE, "--format", "ndjson", "--data", "none"]);
    const deletes = ndjsonOf(stdout).filter(({ op }) => op === "delete") as unknown as { path: string; zxid: string }[];
    const found = deletes.findLast(({ path }) => state.tree.znodes.findPath(Buffer.from(path)) === NONE);
    return found as { path: string; zxid: string };
  }
});

describe("a znode that does not exist", () => {
  it.each(["cat", "stat", "ls", "tree"])("%s says which is nearest", (name) => {
    const { code, stdout, stderr } = zkrewind([name, SOURCE, "/data/nothing/here"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      `zkrewind: there is no znode /data/nothing/here at ${hex(state.zxid)}\n  The nearest znode above it is /data, with `,
    );
  });
});

it("knows every path that it lists", () => {
  expect(pathOf(state.tree, 0)).toBe("/");
});

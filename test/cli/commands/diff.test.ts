import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtureDir, sources } from "../../fixtures/index.js";
import { ndjsonOf, zkrewind } from "../run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
const ONE = ["--txn", "0xe40"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-diff-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("zkrewind diff", () => {
  it("tells what one transaction did, and whose it was", () => {
    const { code, stdout } = zkrewind(["diff", SOURCE, ...ONE]);
    expect(code).toBe(1);
    expect(stdout).toContain("+ /busy/multi-m3-5-35  persistent, 27 bytes, and 1 znode below\n");
    expect(stdout).toContain(
      "    0xe40 2026-11-23T01:34:45.129Z session 0x10000337d0c000b cxid 13 create in a multi\n",
    );
    expect(stdout).toContain("~ /counters/c14  data\n");
    expect(stdout).toContain('    - /n: 293\n    - /by: "f3-0"\n    + /owner: "m3-5"\n');
    expect(stdout).toContain("    by the server itself, without a transaction\n");
    expect(stdout).toContain("from 0xe3f to 0xe40: 2 added, 0 removed, 2 changed; 0 sessions opened, 0 closed\n");
  });

  it("lists at most as many as -n says, and counts all", () => {
    const args = ["diff", SOURCE, "--from", "0xe00", "--to", "0xe40", "-n", "2"];
    const { stdout } = zkrewind(args);
    expect(stdout.match(/^[+~-] /gm)).toHaveLength(2);
    expect(stdout).toContain("… and 41 more entries (-n shows more)\n");
    const lines = ndjsonOf(zkrewind([...args, "--format", "ndjson"]).stdout);
    expect(lines.filter(({ type }) => type === "change")).toHaveLength(2);
    expect(lines.at(-1)).toMatchObject({ type: "end", added: 23, removed: 9, changed: 15 });
  });

  it("has the same as JSON, whole", () => {
    const lines = ndjsonOf(zkrewind(["diff", SOURCE, ...ONE, "--format", "ndjson"]).stdout);
    const changes = lines.filter(({ type }) => type === "change");
    expect(lines[0]).toMatchObject({
      type: "header",
      schema: 1,
      from: { zxid: "0xe3f" },
      to: { zxid: "0xe40" },
      attributed: true,
      unlogged: [],
    });
    expect(changes).toHaveLength(4);
    expect(changes[2]).toMatchObject({
      change: "changed",
      path: "/counters/c14",
      fields: ["data"],
      by: [{ zxid: "0xe40", session: "0x10000337d0c000b", cxid: 13, op: "setData", multi: { member: 6, of: 7 } }],
      before: { data: '{"n":293,"by":"f3-0"}', encoding: "utf8", stat: { version: 10 } },
      after: { data: '{"owner":"m3-5","count":35}', stat: { version: 11 } },
    });
    expect(lines.at(-1)).toEqual({ type: "end", added: 2, removed: 0, changed: 2 });
    const whole = JSON.parse(zkrewind(["diff", SOURCE, ...ONE, "--format", "json"]).stdout) as { changes: unknown[] };
    expect(whole.changes).toEqual(changes);
  });

  it("ends with 0 where nothing differs", () => {
    const { code, stdout } = zkrewind(["diff", SOURCE, "--from", "0xe40", "--to", "0xe40"]);
    expect([code, stdout]).toEqual([0, "from 0xe40 to 0xe40: nothing differs\n"]);
    expect(zkrewind(["diff", SOURCE, SOURCE]).code).toBe(0);
    expect(zkrewind(["diff", SOURCE, ...ONE, "--include", "/wide/**"]).stdout).toContain("nothing differs");
  });

  it("says which transactions no log has", () => {
    const partial = join(folder, "partial/version-2");
    mkdirSync(partial, { recursive: true });
    for (const name of ["log.1", "snapshot.a9f", "log.aa0", "log.e40"])
      copyFileSync(join(SOURCE, "version-2", name), join(partial, name));
    const { code, stderr, stdout } = zkrewind(["diff", join(folder, "partial"), "--from", "0x200", "--to", "0xf00"]);
    expect(stderr).toMatch(/no log has the transactions after 0x\w+ up to 0xaa0, itself not included/);
    expect(stdout).toContain("by no transaction in the logs");
    expect(code).toBe(1);
  });

  it("compares servers", () => {
    const nodes = sources.filter(({ fixture }) => fixture.name === "ensemble-divergent").map(({ path }) => path);
    const results = nodes.flatMap((a) => nodes.map((b) => zkrewind(["diff", a, b, "--no-who"])));
    expect(results.some(({ code }) => code === 1)).toBe(true);
    for (const { code, stdout } of results) expect(code).toBe(stdout.includes("nothing differs") ? 0 : 1);
  });

  it.each([
    [[SOURCE], "nothing to compare"],
    [[SOURCE, "--from", "0xe40", "--to", "0x100"], "is after"],
    [[SOURCE, "--from", "0x40", "--to", "0x100", "--before", "0x101"], "cannot be used with"],
    [[SOURCE, "--txn", "0xe40", "--from", "0x100"], "cannot be used with"],
    [[SOURCE, "--txn", "2026-11-23T01:34:40Z"], "--txn takes a zxid"],
    [[SOURCE, "--from", "nonsense"], "not a point"],
  ])("refuses %s", (args, message) => {
    const { code, stdout, stderr } = zkrewind(["diff", ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});

describe("one transaction", () => {
  it.each(["diff", "undo"])("of zkrewind %s must be there", (command) => {
    const { code, stderr } = zkrewind([command, SOURCE, "--txn", "0xf10"]);
    expect([code, stderr]).toEqual([
      1,
      "zkrewind: there is no transaction 0xf10\n  The nearest is 0xf08 (2026-11-23T01:34:49.944Z).\n",
    ]);
  });

  it("is told by what it was resolved to", () => {
    const { stderr } = zkrewind(["diff", SOURCE, "--txn", "e0:0xe40"]);
    expect(stderr).toMatch(/^from 0xe3f \(epoch 0, counter 3647.*\nto 0xe40 \(epoch 0, counter 3648/);
  });
});

describe("zkrewind undo", () => {
  it("writes a script with guards, from below to above", () => {
    const { code, stdout } = zkrewind(["undo", SOURCE, ...ONE]);
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => !line.startsWith("#"))).toEqual([
      "delete -v 0 /busy/multi-m3-5-35/child-0000000000",
      "delete -v 1 /busy/multi-m3-5-35",
      'set -v 11 /counters/c14 {"n":293,"by":"f3-0"}',
      "",
    ]);
    expect(stdout).toContain("# left as it is: /zookeeper/quota/busy/zookeeper_stats (the server counts it again)\n");
  });

  it("says what no client can do, and has the same as JSON", () => {
    const { stdout, stderr, code } = zkrewind(["undo", SOURCE, "--from", "0xeea"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/\d+ operations? cannot be done by a client/);
    expect(stdout).toMatch(/^# \S+: it was an ephemeral of session 0x\w+/m);
    const lines = ndjsonOf(zkrewind(["undo", SOURCE, "--from", "0x300", "--format", "ndjson"]).stdout);
    const steps = lines.filter(({ type }) => type === "undo");
    expect(lines.at(-1)).toEqual({ type: "end", operations: steps.length });
    for (const step of steps) {
      expect(step["zkcli"] === null || step["possible"] === true).toBe(true);
      if (step["op"] !== "create") expect(step["version"]).toBeTypeOf("number");
    }
  });

  it("wants to know how far to go back", () => {
    expect(zkrewind(["undo", SOURCE])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("zkrewind du", () => {
  it("adds up a tree and a snapshot file alike", () => {
    const { stdout } = zkrewind(["du", SOURCE, "-n", "3"]);
    expect(stdout).toContain("1,839 znodes, 222,204 bytes of records, 40,778 of values\n");
    expect(stdout).toContain("        88,929         1,848         1,001  /wide\n");
    const file = join(SOURCE, "version-2/snapshot.0");
    const streamed = JSON.parse(zkrewind(["du", file, "--format", "json"]).stdout) as { total: object };
    expect(streamed.total).toMatchObject({ znodes: 4, values: 0 });
  });

  it("tells growth", () => {
    const { stdout, code } = zkrewind(["du", SOURCE, "--from", "0xa9f", "--depth", "1", "--format", "json"]);
    const { growth } = JSON.parse(stdout) as {
      growth: { path: string; before: { znodes: number }; after: { znodes: number } }[];
    };
    expect(code).toBe(0);
    expect(growth.map(({ path }) => path).slice(0, 2)).toEqual(["/", "/busy"]);
    expect((growth[0]?.after.znodes ?? 0) - (growth[0]?.before.znodes ?? 0)).toBe(284);
  });

  it("tells damage, and what it is sure of", () => {
    const damaged = join(folder, "snapshot.e3c");
    copyFileSync(join(SOURCE, "version-2/snapshot.e3c"), damaged);
    truncateSync(damaged, 50_000);
    const { code, stderr, stdout } = zkrewind(["du", damaged]);
    expect(code).toBe(1);
    expect(stderr).toContain("snapshot.truncated");
    expect(stderr).toContain("only what could be read is counted");
    expect(stdout).toMatch(/^\d+ znodes/);
    writeFileSync(join(folder, "snapshot.5"), "");
    expect(zkrewind(["du", join(folder, "snapshot.5")]).code).toBeGreaterThan(0);
    expect(zkrewind(["du", SOURCE, "/nowhere"]).code).toBe(1);
    expect(zkrewind(["du", join(SOURCE, "version-2/snapshot.e3c"), "/nowhere"]).code).toBe(1);
  });
});

describe("zkrewind find", () => {
  const find = (...args: string[]): string[] =>
    zkrewind(["find", SOURCE, ...args])
      .stdout.split("\n")
      .slice(0, -1);

  it("combines what it is asked", () => {
    expect(find("/wide", "--basename", "w00[01]?")).toHaveLength(20);
    expect(find("/wide", "--basename", "w00[01]?", "--size", "+0")).toHaveLength(18);
    expect(find("--kind", "container")).toEqual(find("--kind", "container", "--path", "/containers/**"));
    expect(find("--children", "+999")).toEqual(["/wide"]);
    expect(find("--scheme", "digest", "--perm", "cdrwa").length).toBeGreaterThan(5);
    expect(find("/data", "--size", "+19k", "--size", "-21k")).toEqual(["/data/20k"]);
    expect(find("--limit", "3")).toHaveLength(3);
    expect(find("--content", "OWNER")).toEqual([]);
    expect(find("-i", "--content", "OWNER")).toEqual(find("--regex", "owner"));
  });

  it("writes znodes as JSON", () => {
    const lines = ndjsonOf(zkrewind(["find", SOURCE, "--children", "+999", "--format", "ndjson"]).stdout);
    expect(lines.filter(({ type }) => type === "node")).toMatchObject([{ path: "/wide", stat: { numChildren: 1000 } }]);
  });

  it("ends with 1 where an audit found something", () => {
    expect(zkrewind(["find", SOURCE, "--audit", "oversize,orphan-ephemeral"])).toMatchObject({
      code: 0,
      stdout: "oversize: none\norphan-ephemeral: none\n",
    });
    const { code, stdout } = zkrewind(["find", SOURCE, "--audit", "oversize", "--jute-maxbuffer", "20480"]);
    expect(code).toBe(1);
    expect(stdout).toContain("oversize: 1 hit\n");
    expect(stdout).toContain("/data/20k  20480 bytes of data, 100 % of jute.maxbuffer");
  });

  it.each([
    ["--kind", "permanent"],
    ["--size", "big"],
    ["--mtime", "+5"],
    ["--regex", "("],
    ["--owner", "12"],
    ["--perm", "x"],
    ["--audit", "everything"],
    ["--redact", "all"],
  ])("refuses %s %s", (option, value) => {
    expect(zkrewind(["find", SOURCE, option, value])).toMatchObject({ code: 2, stdout: "" });
  });
});

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { ndjsonOf, zkrewind } from "../run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

describe("zkrewind history", () => {
  it("tells what a value was before and after, as a diff of its keys", () => {
    const { code, stdout, stderr } = zkrewind(["history", SOURCE, "/counters/c7"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^0x46 .* create {2}persistent\n {4}\+ "0"\n/);
    expect(stdout).toContain('\n    - /n: 91\n    + /n: 1\n    - /by: "f1-1"\n    + /by: "f2-1"\n');
  });

  it("says which session's end took an ephemeral away, and how that ended", () => {
    const { stdout } = zkrewind(["history", SOURCE, "/members", "-r"]);
    expect(stdout).toMatch(
      /delete {2}\/members\/abandoned-1000-0000000030 {2}with its session 0x10000337d0c0015, which the server ended \(cxid 0\): expired, most probably/,
    );
    expect(stdout).toMatch(/with its session 0x[0-9a-f]+, which its client closed/);
  });

  it("tells lives apart", () => {
    // Its clients create the same paths again and again.
    const { stdout } = zkrewind([
      "history",
      join(fixtureDir("ensemble-lagging"), "server1"),
      "/",
      "-r",
      "--format",
      "ndjson",
    ]);
    const changes = ndjsonOf(stdout).filter(({ type }) => type === "change");
    const again = changes.find(({ life, change }) => life === 2 && change === "create");
    const own = changes.filter(({ path }) => path === again?.["path"]);
    const before = own.slice(0, own.indexOf(again as (typeof own)[number]));
    expect(before.at(-1)?.["change"]).toBe("delete");
    expect(before.every(({ life }) => life === 1)).toBe(true);
    expect(again?.["before"]).toBe(null);
  });

  it("writes JSON that is whole, and NDJSON with its end", () => {
    const json = JSON.parse(zkrewind(["history", SOURCE, "/counters/c7", "--format", "json"]).stdout) as {
      changes: unknown[];
      counts: { changes: number };
    };
    const lines = ndjsonOf(zkrewind(["history", SOURCE, "/counters/c7", "--format", "ndjson"]).stdout);
    expect(lines[0]).toMatchObject({ type: "header", schema: 1, path: "/counters/c7" });
    expect(lines.at(-1)).toEqual({ type: "end", ...json.counts });
    expect(lines.slice(1, -1)).toEqual(json.changes);
  });

  it("keeps to a range and a limit", () => {
    const args = ["history", SOURCE, "/counters/c7", "--format", "ndjson", "--from", "0x4e3", "--before", "0x79a"];
    const zxids = ndjsonOf(zkrewind(args).stdout).flatMap(({ zxid }) => (zxid === undefined ? [] : [zxid]));
    expect(zxids).toEqual(["0x563", "0x77c"]);
    expect(ndjsonOf(zkrewind([...args, "--limit", "1"]).stdout)).toHaveLength(3);
  });

  it("knows names that are not ASCII, and null", () => {
    expect(zkrewind(["history", SOURCE, "/names/日本語/子"]).stdout).toContain('+ "child"');
    expect(zkrewind(["history", SOURCE, "/data/value-to-null"]).stdout).toMatch(/\+ "value"\n.*\n.*\n {4}\+ null/);
  });

  it("answers 1 where there is no trace of a path", () => {
    const { code, stdout, stderr } = zkrewind(["history", SOURCE, "/nope"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe("no trace of /nope in these files\n");
  });
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discover } from "../../src/recovery/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { csvRows } from "../export/csv-rows.js";
import { ndjsonOf, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-export-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("export", () => {
  it("writes header, sessions, nodes and end", () => {
    const { stdout, code } = zkrewind(["export", SOURCE]);
    const lines = ndjsonOf(stdout);
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({
      type: "header",
      schema: 1,
      source: [SOURCE],
      at: { exact: true },
      digest: { verified: true },
    });
    const count = (wanted: string): number => lines.filter(({ type }) => type === wanted).length;
    expect(lines.at(-1)).toEqual({ type: "end", nodes: count("node"), sessions: count("session") });
  });

  it("writes the same to a file", () => {
    const path = join(folder, "tree.ndjson");
    const { stdout, code } = zkrewind(["export", SOURCE, "-o", path]);
    expect([stdout, code]).toEqual(["", 0]);
    expect(readFileSync(path, "utf8")).toBe(zkrewind(["export", SOURCE]).stdout);
    expect(readdirSync(folder)).toEqual(["tree.ndjson"]);
  });

  it("is the same tree as JSON", () => {
    const whole = JSON.parse(zkrewind(["export", SOURCE, "--format", "json"]).stdout) as {
      nodes: unknown[];
      sessions: unknown[];
    };
    expect(ndjsonOf(zkrewind(["export", SOURCE]).stdout).at(-1)).toMatchObject({
      nodes: whole.nodes.length,
      sessions: whole.sessions.length,
    });
  });

  it("takes globs and points", () => {
    const at = zkrewind([
      "export",
      SOURCE,
      "--at",
      "0x2ea",
      "--include",
      "/data/**",
      "--exclude",
      "/data/utf8",
      "--data",
      "none",
    ]);
    const lines = ndjsonOf(at.stdout);
    expect(lines[0]).toMatchObject({ at: { zxid: "0x2ea" }, include: ["/data/**"], exclude: ["/data/utf8"] });
    const paths = lines.filter(({ type }) => type === "node").map(({ path }) => path as string);
    expect(paths.slice(0, 2)).toEqual(["/", "/data"]);
    expect(paths.slice(2).every((path) => path.startsWith("/data/") && path !== "/data/utf8")).toBe(true);
    expect(at.stderr).toMatch(/^at 0x2ea \(/);
  });

  it("writes one snapshot in its own order", () => {
    const [snapshot] = discover([SOURCE]).snapshots.slice(-1);
    const { stdout, code } = zkrewind(["export", snapshot?.path ?? "", "--order", "file"]);
    const lines = ndjsonOf(stdout);
    expect(lines[1]).toMatchObject({ type: "session" });
    expect(lines.at(-1)).toMatchObject({ type: "end" });
    expect(code).toBeLessThanOrEqual(1);
    expect(zkrewind(["export", SOURCE, "--order", "file"]).code).toBe(2);
  });

  it("writes transactions", () => {
    const { stdout, code } = zkrewind(["export", SOURCE, "--txns", "--from", "0x10", "--before", "0x20"]);
    const lines = ndjsonOf(stdout);
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({ type: "header", from: "0x10", to: "0x1f" });
    expect(lines.at(-1)).toEqual({ type: "end", transactions: 16 });
  });

  it.each([
    [["--txns", "--at", "0x5"]],
    [["--txns", "--include", "/**"]],
    [["--from", "0x5"]],
    [["--limit", "5"]],
    [["--order", "file", "--at", "0x5"]],
    [["--at", "0x5", "--before", "0x6"]],
    [["--include", "app"]],
    [["--data", "utf16"]],
    [["--format", "table"]],
    [["--at", "yesterday"]],
    [["--at", "2026-11-23T10:00:00"]],
  ])("refuses %j", (args) => {
    const { code, stdout, stderr } = zkrewind(["export", SOURCE, ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^(at .*\n)?zkrewind: /);
  });
});

describe("-o", () => {
  it("refuses an existing file before it reads anything", () => {
    const path = join(folder, "mine");
    writeFileSync(path, "mine");
    const { code, stderr } = zkrewind(["export", SOURCE, "-o", path]);
    expect(code).toBe(3);
    expect(stderr).toBe(`zkrewind: ${path} exists already\n  zkrewind never overwrites anything: name another path.\n`);
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it("and a restore refuse an existing target before they read anything", () => {
    const target = join(folder, "taken");
    writeFileSync(target, "mine");
    const { code, stderr } = zkrewind(["restore", join(folder, "no-such-source"), "-o", target]);
    expect([code, stderr]).toEqual([
      3,
      `zkrewind: ${target} exists already\n  zkrewind never overwrites anything: name another path.\n`,
    ]);
  });

  it("leaves nothing where the work fails", () => {
    const path = join(folder, "out");
    expect(zkrewind(["cat", SOURCE, "/no/such", "-o", path]).code).toBe(1);
    expect(zkrewind(["export", SOURCE, "--at", "0xffffff", "-o", path]).code).toBe(4);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says so where the folder does not exist", () => {
    const { code, stderr } = zkrewind(["export", SOURCE, "-o", join(folder, "no/out")]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/zkrewind: .*no such folder\n/);
  });

  it("takes text as well", () => {
    const path = join(folder, "names");
    expect(zkrewind(["ls", SOURCE, "/", "-o", path]).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(zkrewind(["ls", SOURCE, "/"]).stdout);
    expect(existsSync(path)).toBe(true);
  });

  it("writes to a device", () => {
    expect(zkrewind(["export", SOURCE, "-o", "/dev/null"]).code).toBe(0);
  });
});

describe("CSV", () => {
  it.each([
    [["export", SOURCE], 1839],
    [["export", SOURCE, "--txns", "--from", "0xe40", "-n", "1"], 8],
    [["log", SOURCE, "--from", "0xe40", "-n", "1"], 8],
    [["ls", SOURCE, "/busy"], 393],
    [["sessions", SOURCE], 13],
    [["du", SOURCE, "-n", "3"], 74],
    [["du", SOURCE, "--from", "0xa9f", "-n", "2"], 2],
  ])("%j is a table", (args, rows) => {
    const { stdout, code } = zkrewind([...args, "--format", "csv"]);
    expect(code).toBe(0);
    expect(csvRows(stdout)).toHaveLength(rows);
  });

  it("is refused where there are several tables", () => {
    expect(zkrewind(["log", SOURCE, "--stats", "--format", "csv"])).toMatchObject({ code: 2, stdout: "" });
  });
});

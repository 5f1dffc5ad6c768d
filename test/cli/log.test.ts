import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { ndjsonOf, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

interface TxnLine {
  type: string;
  zxid: string;
  time: string;
  op: string;
  members?: { op: string }[];
}

let all: TxnLine[];
beforeAll(() => {
  const lines = ndjsonOf(zkrewind(["log", SOURCE, "--format", "ndjson"]).stdout) as unknown as TxnLine[];
  all = lines.filter(({ type }) => type === "txn");
});

const lines = (args: readonly string[]): string[] =>
  zkrewind(["log", SOURCE, ...args])
    .stdout.split("\n")
    .slice(0, -1);

describe("log", () => {
  it("is one line a transaction, and one for each of a multi's members", () => {
    const { stdout, code } = zkrewind(["log", SOURCE]);
    const text = stdout.split("\n").slice(0, -1);
    expect(code).toBe(0);
    expect(text).toHaveLength(all.reduce((sum, { members }) => sum + 1 + (members?.length ?? 0), 0));
    expect(text.filter((line) => line.startsWith("0x")).map((line) => line.split(/ +/)[0])).toEqual(
      all.map(({ zxid }) => zxid),
    );
    expect(Math.max(...text.map((line) => line.length))).toBeLessThanOrEqual(200);
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it("indents a multi's members", () => {
    const multi = all.find(({ members }) => (members?.length ?? 0) > 1) as TxnLine;
    const [first, ...members] = lines(["--from", multi.zxid, "--to", multi.zxid]);
    expect(first).toMatch(/ multi +\d+ members/);
    expect(members).toHaveLength(multi.members?.length ?? 0);
    for (const member of members) expect(member).toMatch(/^ {60,}/);
  });

  it("names errors", () => {
    const failed = all.find(({ op }) => op === "error") as TxnLine;
    expect(lines(["--from", failed.zxid, "--limit", "1"])[0]).toMatch(/ error +[A-Z]\w+ \(-\d+\)$/);
  });

  it("cuts values, and shows them whole with --data", () => {
    const long = lines(["--data"]).map((line) => line.length);
    expect(Math.max(...long)).toBeGreaterThan(1000);
    expect(zkrewind(["log", SOURCE]).stdout).toMatch(/… \(\d+ bytes\)$/m);
  });

  it("takes ranges of zxids", () => {
    const zxids = (...args: string[]): string[] =>
      lines(args)
        .filter((line) => line.startsWith("0x"))
        .map((line) => line.split(" ")[0] as string);
    expect(zxids("--from", "0x10", "--to", "0x12")).toEqual(["0x10", "0x11", "0x12"]);
    expect(zxids("--from", "e0:16", "--before", "0x12")).toEqual(["0x10", "0x11"]);
    expect(zxids("--limit", "2")).toEqual(["0x1", "0x2"]);
    expect(zxids("--from", "latest")).toEqual([all.at(-1)?.zxid]);
    expect(zxids("--from", "@log.2ea", "--limit", "1")).toEqual(["0x2ea"]);
  });

  it("takes ranges of times", () => {
    const [from, to] = [all[100]?.time as string, all[200]?.time as string];
    const found = ndjsonOf(
      zkrewind(["log", SOURCE, "--from", from, "--to", to, "--format", "ndjson"]).stdout,
    ) as unknown as TxnLine[];
    const last = all.findLastIndex(({ time }) => time <= to);
    const first = all.findLastIndex(({ time }) => time < from) + 1;
    expect(found.filter(({ type }) => type === "txn").map(({ zxid }) => zxid)).toEqual(
      all.slice(first, last + 1).map(({ zxid }) => zxid),
    );
  });

  it("says where there is nothing in a range", () => {
    const { stdout, stderr, code } = zkrewind(["log", SOURCE, "--from", "0xffffff"]);
    expect([stdout, stderr, code]).toEqual([
      "",
      "from 0xffffff (epoch 0, counter 16777215)\nno transaction in this range\n  The nearest is 0xf08 (2026-11-23T01:34:49.944Z).\n",
      0,
    ]);
  });

  it("exits 4 where there is no log", () => {
    const { code, stderr } = zkrewind(["log", join(SOURCE, "version-2/snapshot.0")]);
    expect(code).toBe(4);
    expect(stderr).toContain("--log-dir");
  });

  it.each([
    [["--to", "0x5", "--before", "0x6"]],
    [["--limit", "-1"]],
    [["--limit", "many"]],
    [["--data", "utf16"]],
    [["--from", "0xzz"]],
  ])("refuses %j", (args) => {
    const { code, stdout } = zkrewind(["log", SOURCE, ...args]);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("a damaged log", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "zkrewind-cli-log-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("shows the damaged record marked, says where it is, and exits 1", () => {
    const path = join(folder, "log.1");
    const bytes = readFileSync(join(SOURCE, "version-2/log.1"));
    // The last byte of the first record's cxid.
    bytes[16 + 12 + 11] = 99;
    writeFileSync(path, bytes);
    const text = zkrewind(["log", path, "--limit", "2"]);
    expect(text.code).toBe(1);
    expect(text.stdout.split("\n")[0]).toMatch(/^0x1 .* 99 {2}DAMAGED createSession/);
    expect(text.stderr).toMatch(new RegExp(`^error log.crc: ${path} at byte 16, zxid 0x1: `));
    const json = zkrewind(["log", path, "--limit", "1", "--format", "ndjson"]);
    expect(json.code).toBe(1);
    expect(ndjsonOf(json.stdout)[1]).toMatchObject({ zxid: "0x1", damaged: "log.crc" });
  });
});

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewTxn } from "../txn/encode.js";
import { type FileZnode, writeLog, writeSnapshot } from "./files.js";
import { THOROUGH } from "../thorough.js";
import { ndjsonOf, shell, zkrewind } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "zkrewind-scale-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const counted = (count: number): string => count.toLocaleString("en");

/** Runs a command that must succeed. */
function run(...args: string[]): string {
  const { code, stdout, stderr } = zkrewind(args);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("many logs, a hundred epochs", () => {
  const LOGS = THOROUGH ? 2000 : 400;
  const LOGS_AN_EPOCH = LOGS / 100;
  const TXNS_AN_EPOCH = 2 * LOGS_AN_EPOCH;
  const SNAPSHOT = 0x100000064n;
  /** Epochs 2 to 101: history does not begin here. */
  const LAST = `0x${((101n << 32n) + BigInt(TXNS_AN_EPOCH)).toString(16)}`;

  beforeAll(async () => {
    const version = join(folder, "many/version-2");
    mkdirSync(version, { recursive: true });
    await writeSnapshot(version, SNAPSHOT, [
      { path: "", data: Buffer.alloc(0), children: 2 },
      { path: "/zookeeper", data: Buffer.alloc(0), children: 1 },
      { path: "/zookeeper/quota", data: Buffer.alloc(0) },
      { path: "/a", data: Buffer.from("0") },
    ]);
    for (let log = 0; log < LOGS; log++) {
      const epoch = BigInt(2 + Math.floor(log / LOGS_AN_EPOCH));
      const txns = [1, 2].map((nth): NewTxn => {
        const version = 2 * log + nth;
        return { type: 5, path: "/a", data: Buffer.from(String(version)), version };
      });
      await writeLog(version, (epoch << 32n) + BigInt(1 + 2 * (log % LOGS_AN_EPOCH)), txns);
    }
  });

  const many = join(folder, "many");

  /** With no more than a few files open at a time. */
  function run(line: string): string {
    const { code, stdout, stderr } = shell(`MANY=${many}; ulimit -n 64; $ZKREWIND ${line}`);
    expect({ line, code, stderr: code === 0 ? "" : stderr }).toEqual({ line, code: 0, stderr: "" });
    return stdout;
  }

  test("what is here, and whether it is sound", () => {
    const info = run("info $MANY");
    expect(info.split("\n").filter((line) => line.startsWith("log."))).toHaveLength(LOGS);
    expect(info.trimEnd().split("\n").at(-1)).toBe(`  0x100000064 to ${LAST}, from snapshot.100000064`);
    const verified = run("verify $MANY");
    expect(verified).toContain(`${counted(2 * LOGS)} records in ${counted(LOGS)} logs, checksums right`);
    expect(verified).toContain(`${counted(2 * LOGS)} transactions applied from 1 starting point`);
    expect(verified).toMatch(/\nSOUND\n$/);
  });

  test("the tree at a point, and the transactions", () => {
    expect(run("stat $MANY /a")).toContain(`dataVersion = ${2 * LOGS}`);
    expect(run(`cat $MANY /a --at e51:${TXNS_AN_EPOCH}`)).toBe(String(LOGS));
    expect(ndjsonOf(run("log $MANY --format ndjson"))).toHaveLength(2 * LOGS + 2);
    expect(run("log $MANY --reverse --limit 1")).toContain(LAST);
    expect(ndjsonOf(run("history $MANY /a --format ndjson")).at(-1)).toMatchObject({ type: "end" });
  });

  test("compare says in one line what was before the newest epochs", () => {
    const text = run("compare $MANY $MANY");
    expect(text).toContain(
      `2 to 89: ${88 * TXNS_AN_EPOCH}, 0x200000001 to 0x59000000${TXNS_AN_EPOCH.toString(16).padStart(2, "0")}`,
    );
    expect(text).toContain(`101: ${TXNS_AN_EPOCH}, 0x6500000001 to ${LAST}`);
    expect(text).not.toContain(` 89: ${TXNS_AN_EPOCH}`);
    const { line } = JSON.parse(run("compare $MANY $MANY --format json")) as { line: unknown[] };
    expect(line).toHaveLength(100);
  });
});

describe("a value of 20 MB, 50,000 children, 200 levels", () => {
  const CHILDREN = 50_000;
  const LEVELS = 200;
  const value = Buffer.alloc(20_000_000, "It is text, with an é in every line.\n");
  const deepest = `/deep${"/level".repeat(LEVELS - 1)}`;
  let snapshot = "";

  function* znodes(): Generator<FileZnode> {
    yield { path: "", data: Buffer.alloc(0), children: 4 };
    yield { path: "/zookeeper", data: Buffer.alloc(0), children: 1 };
    yield { path: "/zookeeper/quota", data: Buffer.alloc(0) };
    yield { path: "/large", data: value };
    yield { path: "/wide", data: null, children: CHILDREN };
    for (let child = 0; child < CHILDREN; child++) yield { path: `/wide/child-${child}`, data: Buffer.from("x") };
    for (let level = 0; level < LEVELS; level++)
      yield { path: `/deep${"/level".repeat(level)}`, data: null, children: level === LEVELS - 1 ? 0 : 1 };
  }

  beforeAll(async () => {
    snapshot = await writeSnapshot(folder, 0x500n, znodes());
  });

  const count = 5 + CHILDREN + LEVELS;

  test("streaming commands", () => {
    expect(run("verify", "--no-replay", snapshot)).toContain("1 of 1 sealed and sound");
    expect(run("info", snapshot)).toContain("50,205 znodes");
    expect(run("du", snapshot)).toMatch(/ 20,000,000 +1 {2}\/large\n/);
    const lines = ndjsonOf(run("export", snapshot, "--order", "file"));
    expect(lines.filter(({ type }) => type === "node")).toHaveLength(count);
    expect(lines.find(({ path }) => path === "/large")?.["data"] === value.toString()).toBe(true);
  });

  test("the tree", () => {
    expect(run("stat", snapshot, "/wide")).toContain(`numChildren = ${CHILDREN}`);
    expect(zkrewind(["cat", snapshot, "/large"]).bytes.equals(value)).toBe(true);
    expect(run("ls", snapshot, "/wide").trimEnd().split("\n")).toHaveLength(CHILDREN);
    expect(run("ls", snapshot, "-R", "/deep").trimEnd().split("\n").at(-1)).toBe(deepest);
    expect(run("tree", snapshot, "/deep").trimEnd().split("\n")[LEVELS - 1]).toMatch(/^ {792}└── level/);
    expect(run("find", snapshot, "--basename", "child-4999?").trimEnd().split("\n")).toHaveLength(10);
  });

  test("a restored copy holds the same", () => {
    const target = join(folder, "restored");
    run("restore", snapshot, "-o", target);
    const export_ = (source: string): string => run("export", source).split("\n").slice(1).join("\n");
    expect(export_(target) === export_(snapshot)).toBe(true);
  });
});

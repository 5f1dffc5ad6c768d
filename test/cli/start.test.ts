import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { BIN } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "zkrewind-start-"));
const hook = join(folder, "hook.cjs");
const list = join(folder, "list");
writeFileSync(
  hook,
  `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify({
    builtin: process.moduleLoadList, files: Object.keys(require.cache) })));`,
);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a run has loaded by its end: Node's own modules, and files. */
function loadedBy(...args: string[]): { builtin: string[]; files: string[] } {
  const { status } = spawnSync(process.execPath, ["--require", hook, BIN, ...args]);
  expect(status).toBe(0);
  const { builtin, files } = JSON.parse(readFileSync(list, "utf8")) as { builtin: string[]; files: string[] };
  return { builtin: builtin.map((each) => each.replace(/^NativeModule /, "")), files };
}

/** Each takes one to three milliseconds to load, of the sixty that a small question takes. */
const DEAR = ["child_process", "net", "stream", "tty", "zlib", "worker_threads", "crypto", "readline"];

test("a small question loads none of what takes long to load", () => {
  const { builtin, files } = loadedBy("info", fixtureDir("3.8.6-standalone"));
  expect(DEAR.filter((name) => builtin.includes(name))).toEqual([]);
  expect(files.filter((file) => file.includes("node_modules"))).toEqual([]);
  expect(files.length).toBeLessThan(15);
});

test("no thread is started for what takes less than starting it", () => {
  const { builtin } = loadedBy("verify", fixtureDir("3.8.6-standalone"));
  expect(builtin).not.toContain("worker_threads");
});

test("the version takes next to nothing", () => {
  const { builtin, files } = loadedBy("--version");
  expect(DEAR.filter((name) => builtin.includes(name))).toEqual([]);
  expect(files.length).toBeLessThan(6);
});

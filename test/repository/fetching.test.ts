import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Scratch } from "../../src/io/scratch.js";
import { readCatalogue } from "../../src/repository/link/catalogue.js";
import { EVERYTHING, gather } from "../../src/repository/read/gather.js";
import { type History, historyOf } from "../../src/repository/read/history.js";
import { KeptObjects } from "../../src/repository/read/kept-objects.js";
import { Objects } from "../../src/repository/read/objects.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { initRepository } from "../../src/repository/repository.js";
import { ndjsonOf, zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, nextEpoch, txnsAfter } from "./fake-server.js";
import { MemoryStore } from "./memory-store.js";
import { newRepository, ship } from "./shipping.js";

const folder = temporaryFolder();

/** A store with as many segments, and what it holds. */
async function filled(count: number): Promise<{ store: MemoryStore; history: History }> {
  const server = new FakeServer(join(folder(), "server"), 1);
  for (let epoch = 0; epoch < count; epoch++) server.append(...txnsAfter(nextEpoch(server.last), 3, `${epoch}`));
  const store = new MemoryStore("memory");
  await initRepository(store);
  await ship(server, [store]);
  const history = historyOf((await readCatalogue(store)).heads);
  expect(history.main).toHaveLength(count);
  store.requests.get = 0;
  return { store, history };
}

/** Reads all of it as a run of its own does; a kill leaves what is on disk. */
async function read(store: MemoryStore, history: History, limit?: number): Promise<{ files: number; found: number }> {
  const scratch = new Scratch(folder(), limit ?? null);
  onTestFinished(() => scratch.remove());
  const kept = new KeptObjects(scratch, ["id"]);
  const { files } = await gather(history, new Objects([store], null, kept), scratch, EVERYTHING);
  return { files: files.length, found: kept.found };
}

test("a run that was killed is gone on with: what it had fetched is not fetched again, if it is right", async () => {
  const { store, history } = await filled(20);
  let left = 12;
  store.before = (kind) => {
    if (kind === "get" && left-- <= 0) throw new Error("killed");
  };
  await expect(read(store, history)).rejects.toThrow("killed");
  store.before = () => undefined;
  const kept = join(folder(), readdirSync(folder()).find((name) => name.startsWith("zkrewind-fetched-")) ?? "");
  const there = readdirSync(kept);
  expect([there.length, statSync(kept).mode & 0o777]).toEqual([12, 0o700]);
  // One that was damaged meanwhile is fetched.
  writeFileSync(join(kept, there[0] ?? ""), "x".repeat(statSync(join(kept, there[0] ?? "")).size));
  store.requests.get = 0;
  expect(await read(store, history)).toEqual({ files: history.main.length + history.files.length, found: 11 });
  expect(store.requests.get).toBe(history.main.length + history.files.length - 11);
});

test("a folder that others can write to is not used", async () => {
  const { store, history } = await filled(3);
  const scratch = new Scratch(folder());
  const { folder: path } = new KeptObjects(scratch, ["id"]);
  chmodSync(path, 0o777);
  expect((await read(store, history)).found).toBe(0);
  expect(readdirSync(path)).toEqual([]);
  rmSync(path, { recursive: true });
  writeFileSync(path, "a file");
  expect((await read(store, history)).files).toBeGreaterThan(0);
});

test("what is kept of fetched objects gives way to what is needed", async () => {
  const { store, history } = await filled(10);
  // All that is needed is sparse in it, and more than what is left beside the objects as they are stored.
  const plain = 10 * 64 * 1024;
  expect((await read(store, history, plain)).files).toBeGreaterThan(9);
});

test("the scratch folder's bound is kept: more is refused in a line that says what to do, and nothing is left", () => {
  const [repo, scratch] = [join(folder(), "repo"), join(folder(), "scratch")];
  mkdirSync(scratch);
  zkrewind(["backup", "init", repo]);
  zkrewind(["backup", "run", fixtureDir("3.8.6-standalone"), "--repo", repo]);
  const out = join(folder(), "restored");
  const bounded = (limit: string) =>
    zkrewind(["restore", repo, "-o", out, "--scratch", scratch, "--scratch-limit", limit]);
  const { code, stderr } = bounded("64K");
  expect([code, stderr]).toEqual([3, expect.stringContaining("would take more than 0 MiB, as --scratch-limit says")]);
  expect(stderr).toContain("--scratch DIR names a folder with more room");
  expect([readdirSync(scratch), existsSync(out)]).toEqual([[], false]);
  expect(bounded("64M").code).toBe(0);
  expect(readdirSync(scratch)).toEqual([]);
  expect(bounded("much")).toMatchObject({ code: 2 });
});

test("for transactions no snapshot is fetched, and of a range of zxids only its segments", async () => {
  const server = new FakeServer(join(folder(), "server"), 1);
  const path = join(folder(), "repo");
  const repo = await newRepository(path);
  for (const epoch of [1, 2, 3]) {
    server.append(...txnsAfter(makeZxid(epoch, 0), 5, `${epoch}`));
    await ship(server, [repo]);
  }
  const [first = "", , third = ""] = readdirSync(join(path, "log")).sort();
  const zxidsOf = (...options: string[]): string[] => {
    const { stdout, stderr, code } = zkrewind(["log", path, "--format", "ndjson", ...options]);
    expect([options, code, stderr.includes("backup.lost")]).toEqual([options, 0, false]);
    return ndjsonOf(stdout).flatMap(({ type, zxid }) => (type === "txn" ? [String(zxid)] : []));
  };
  const all = zxidsOf();
  expect(all).toHaveLength(15);
  // What is lost shows what was asked for.
  for (const gone of [first, third]) rmSync(join(path, "log", gone), { recursive: true });
  expect(zxidsOf("--from", "0x200000001", "--to", "e2:4")).toEqual(all.slice(5, 9));
  expect(zxidsOf("--from", "0x200000003", "--before", "0x200000005")).toEqual(all.slice(7, 9));
  expect(zkrewind(["log", path, "--from", "0x200000001"]).code).toBe(1);
  // Where a time is, all of them tell.
  expect(zkrewind(["log", path, "--from", "-1h", "--to", "0x200000005"]).code).toBe(1);
  const none = zkrewind(["log", path, "--from", "0x500000000"]);
  expect(none.stderr).toContain("backup.lost");
});

test("log of a repository that has lost its snapshots is whole", () => {
  const repo = join(folder(), "repo");
  const source = fixtureDir("3.8.6-standalone");
  for (const args of [
    ["init", repo],
    ["run", source, "--repo", repo],
  ])
    expect(zkrewind(["backup", ...args]).code).toBe(0);
  rmSync(join(repo, "snapshot"), { recursive: true });
  const { code, stdout } = zkrewind(["log", repo]);
  expect([code, stdout]).toEqual([0, zkrewind(["log", source]).stdout]);
  expect(zkrewind(["verify", repo, "--no-replay"]).code).toBe(1);
});

import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type Result, zkrewind } from "../cli/run.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, txnsAfter } from "./fake-server.js";
import { newRepository, ship } from "./shipping.js";

const folder = temporaryFolder();
let repo = "";
let old = "";
let state = "";

/** A repository, and the same as it was before its last link. */
beforeEach(async () => {
  [repo, old, state] = [join(folder(), "repository"), join(folder(), "old"), join(folder(), "state")];
  const server = new FakeServer(join(folder(), "server"), 1);
  const store = await newRepository(repo);
  server.append(...txnsAfter(1n << 32n, 5, "a"));
  await ship(server, [store]);
  cpSync(repo, old, { recursive: true });
  server.append(...txnsAfter(server.last, 5, "b"));
  await ship(server, [store]);
});

function run(...args: string[]): Result {
  return zkrewind(args, { XDG_STATE_HOME: state, ZKREWIND_MEMORY: "" });
}

/** Shows the repository as it was. */
function rollBack(from = old): void {
  rmSync(repo, { recursive: true });
  cpSync(from, repo, { recursive: true });
}

test("a repository that shows an older state than was seen is an error, until it has more, or is forgotten", () => {
  const later = join(folder(), "later");
  cpSync(repo, later, { recursive: true });
  expect(run("backup", "verify", repo)).toMatchObject({ code: 0 });
  const kept = join(state, "zkrewind/repositories");
  const [file = ""] = readdirSync(kept);
  expect([statSync(kept).mode & 0o777, statSync(join(kept, file)).mode & 0o777]).toEqual([0o700, 0o600]);
  rollBack();
  for (const again of [1, 2]) {
    const { code, stdout } = run("backup", "verify", repo);
    expect([again, code, stdout.split("\n").filter((line) => line.startsWith("error "))]).toEqual([
      again,
      1,
      [
        expect.stringMatching(
          /rolled-back: \S+ zxid \S+ it shows an older state than on 20\S+: then up to 0x10000000a of .*, now 0x100000005; writers/,
        ),
      ],
    ]);
  }
  const { code, stderr } = run("backup", "list", repo);
  expect([code, stderr]).toEqual([1, expect.stringContaining("it shows an older state than on")]);
  // The latest that is there is not called the latest.
  expect(run("log", repo, "--json")).toMatchObject({ code: 1 });
  const latest = run("stat", repo, "/", "--inexact");
  expect([latest.code, latest.stderr]).toEqual([expect.any(Number), expect.stringContaining("backup.rolled-back")]);
  expect(run("backup", "verify", repo, "--no-memory")).toMatchObject({ code: 0 });
  expect(zkrewind(["backup", "verify", repo], { XDG_STATE_HOME: state, ZKREWIND_MEMORY: "off" })).toMatchObject({
    code: 0,
  });
  expect(run("backup", "forget", repo)).toMatchObject({ code: 0, stderr: expect.stringContaining("is forgotten") });
  expect(run("backup", "verify", repo)).toMatchObject({ code: 0 });
  expect(run("backup", "forget", join(folder(), "none")).stderr).toContain("nothing is remembered");
  rollBack(later);
  expect(run("backup", "verify", repo)).toMatchObject({ code: 0 });
});

test("one that is rolled back is a warning where another that is read has what is missing", () => {
  const second = join(folder(), "second");
  cpSync(repo, second, { recursive: true });
  run("backup", "list", repo);
  rollBack();
  const { stderr } = run("log", repo, second);
  expect(stderr).toContain("warning backup.rolled-back");
  expect(run("log", repo, second).stdout).toBe(run("log", second).stdout);
});

test("a repository by another name at its place is no way round", () => {
  run("backup", "list", repo);
  rollBack();
  const info = join(repo, "repository.json");
  writeFileSync(info, readFileSync(info, "utf8").replace(/"id":"[0-9a-f]{4}/, '"id":"0000'));
  expect(run("backup", "verify", repo).stdout).toContain("another repository is there, with less in it");
});

test("a folder for state that cannot be used, or what is damaged in it, is told, and keeps nobody from reading", () => {
  run("backup", "list", repo);
  const kept = join(state, "zkrewind/repositories");
  const [file = ""] = readdirSync(kept);
  writeFileSync(join(kept, file), "{");
  const damaged = run("log", repo);
  expect([damaged.code, damaged.stderr]).toEqual([
    0,
    expect.stringMatching(/warning backup.unremembered: .*it is not JSON/),
  ]);
  rmSync(state, { recursive: true });
  writeFileSync(state, "no folder");
  expect(run("log", repo)).toMatchObject({ code: 0, stderr: expect.stringContaining("backup.unremembered") });
  if (process.getuid?.() === 0) return;
  rmSync(state);
  mkdirSync(state);
  chmodSync(state, 0o500);
  expect(run("backup", "list", repo)).toMatchObject({ code: 0, stderr: expect.stringContaining("permission denied") });
});

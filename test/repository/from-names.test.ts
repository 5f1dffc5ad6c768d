import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plain } from "../../src/text/message.js";
import { openRepositories } from "../../src/repository/read/open.js";
import { makeKeys } from "../../src/repository/sign/index.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { zkrewind } from "../cli/run.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, nextEpoch, txnsAfter } from "./fake-server.js";
import { expected, newRepository, ship, txnsOf } from "./shipping.js";

const folder = temporaryFolder();

test("a repository that has lost every link is read by the names of its objects", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(makeZxid(1, 0), 5000, "a"));
  await ship(zk, [repo]);
  zk.append(...txnsAfter(nextEpoch(zk.last), 30, "b"));
  await ship(zk, [repo]);
  const whole = await openRepositories([repo.location], { pinned: new Set() });
  expect(await txnsOf(whole.history, [repo])).toEqual(expected(zk));
  expect(whole.problems).toEqual([]);
  rmSync(join(repo.location, "writers"), { recursive: true });
  const left = await openRepositories([repo.location], { pinned: new Set() });
  expect(await txnsOf(left.history, [repo])).toEqual(expected(zk));
  expect(left.history.confirmed).toBe(makeZxid(1, 5000));
  expect(left.problems.map(({ why }) => plain(why))).toEqual([expect.stringContaining("no link")]);
});

test("a repository to which the first link is yet to come is no damaged one", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(makeZxid(1, 0), 10, "a"));
  await ship(zk, [repo]);
  rmSync(join(repo.location, "writers"), { recursive: true });
  expect(zkrewind(["backup", "verify", repo.location]).code).toBe(1);
  rmSync(join(repo.location, "heads"), { recursive: true });
  for (const args of [["verify"], ["list"]]) {
    const { code, stdout, stderr } = zkrewind(["backup", ...args, repo.location]);
    expect([code, `${stdout}${stderr}`]).toEqual([0, expect.stringContaining("it holds objects, and no link yet")]);
  }
  const trust = makeKeys(join(folder(), "key"));
  const { code, stdout } = zkrewind(["backup", "verify", repo.location, "--trust", trust]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("no link yet: nothing in it is signed")]);
});

test("a part of a snapshot that is missing takes the snapshot with it, and nothing else", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(makeZxid(1, 0), 10, "a"));
  await ship(zk, [repo]);
  rmSync(join(repo.location, "writers"), { recursive: true });
  for (const each of readdirSync(repo.location, { recursive: true, encoding: "utf8" }))
    if (each.startsWith("snapshot/") && each.endsWith(".end.gz")) rmSync(join(repo.location, each));
  const { history } = await openRepositories([repo.location], { pinned: new Set() });
  expect(history.snapshots).toEqual([]);
  expect(await txnsOf(history, [repo])).toEqual(expected(zk));
});

test("a reader that pins a key believes no names", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(makeZxid(1, 0), 10, "a"));
  await ship(zk, [repo]);
  rmSync(join(repo.location, "writers"), { recursive: true });
  const { history } = await openRepositories([repo.location], { pinned: new Set([makeKeys(join(folder(), "key"))]) });
  expect(history.main).toEqual([]);
});

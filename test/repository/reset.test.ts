import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { BIN, zkrewind } from "../cli/run.js";
import { serverSource } from "../../src/repository/ship/source.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, nextEpoch, txnsAfter } from "./fake-server.js";
import { historyIn, newRepository, txnsOf } from "./shipping.js";

const folder = temporaryFolder();

test("a server that has not started yet, and one that is set up anew, are waited for", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const data = join(folder(), "zk");
  mkdirSync(data);
  expect(zkrewind(["backup", "run", data, "--repo", repo.location]).code).toBe(2);
  const args = ["backup", "run", data, "--repo", repo.location, "--follow", "--interval", "20ms"];
  const following = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  following.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const until = async (done: () => Promise<boolean> | boolean): Promise<void> => {
    while (!(await done())) {
      if (following.exitCode !== null) throw new Error(`it ended: ${said}`);
      await sleep(20);
    }
  };
  await until(() => said.includes("waiting for the server to start"));
  const first = new FakeServer(data, 1);
  first.append(...txnsAfter(makeZxid(1, 0), 50, "a"));
  await until(async () => (await historyIn(repo)).tip?.zxid === first.last);
  rmSync(first.version, { recursive: true });
  await until(() => said.includes("the server has gone back"));
  await sleep(600);
  const second = new FakeServer(data, 1);
  second.append(...txnsAfter(nextEpoch(first.last), 5, "b"));
  await until(async () => (await historyIn(repo)).tip?.zxid === second.last);
  following.kill("SIGTERM");
  expect(await once(following, "exit")).toEqual([0, null]);
  expect(said.match(/the server has gone back/g)).toHaveLength(1);
  const all = [...first.txns, ...second.txns].map(({ zxid, value }) => `${zxid} ${value}`);
  expect(await txnsOf(await historyIn(repo), [repo])).toEqual(all);
}, 60_000);

test("a directory that is replaced by another ensemble's while it is followed is refused, and nothing of it is shipped", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const data = join(folder(), "zk");
  const first = new FakeServer(data, 1);
  first.append(...txnsAfter(makeZxid(1, 0), 50, "a"));
  const other = new FakeServer(join(folder(), "other"), 1);
  other.append(...txnsAfter(makeZxid(1, 0), 500, "other"));
  const args = ["backup", "run", data, "--repo", repo.location, "--follow", "--interval", "20ms"];
  const following = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  following.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(following, "exit");
  while ((await historyIn(repo)).tip?.zxid !== first.last) await sleep(20);
  // Not all at once, as a copy takes its time.
  rmSync(first.version, { recursive: true });
  while (!said.includes("the server has gone back")) await sleep(20);
  mkdirSync(first.version);
  for (const name of readdirSync(other.version)) copyFileSync(join(other.version, name), join(first.version, name));
  expect([await ended, said]).toEqual([[1, null], expect.stringContaining("another ensemble's history")]);
  const { branches, tip } = await historyIn(repo);
  expect([branches, tip?.zxid]).toEqual([[], first.last]);
  expect(await txnsOf(await historyIn(repo), [repo])).toEqual(first.txns.map(({ zxid, value }) => `${zxid} ${value}`));
}, 60_000);

test("the logs' version-2 is looked for where it will be, when it is gone alone", () => {
  const root = join(folder(), "zk");
  for (const each of ["data/version-2", "logs"]) mkdirSync(join(root, each), { recursive: true });
  const config = join(root, "zoo.cfg");
  writeFileSync(config, `dataDir=${root}/data\ndataLogDir=${root}/logs\n`);
  const { dataFolder, logFolders } = serverSource(config, {});
  expect(existsSync(join(root, "logs/version-2"))).toBe(false);
  expect([dataFolder, logFolders]).toEqual([
    join(root, "data/version-2"),
    [join(root, "data/version-2"), join(root, "logs/version-2")],
  ]);
});

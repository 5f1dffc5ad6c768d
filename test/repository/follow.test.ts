import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ZkRewindError } from "../../src/findings/finding.js";
import { Backup } from "../../src/repository/ship/backup.js";
import { Distributor } from "../../src/repository/ship/distributor.js";
import { serverSource } from "../../src/repository/ship/source.js";
import { Target } from "../../src/repository/ship/target.js";
import type { FolderStore } from "../../src/repository/store/folder.js";
import type { ObjectStore } from "../../src/repository/store/store.js";
import { say } from "../../src/text/message.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, nextEpoch, txnsAfter } from "./fake-server.js";
import { branchTxns, expected, historyIn, newRepository, txnsOf } from "./shipping.js";

const folder = temporaryFolder();
const E1 = makeZxid(1, 0);

/** `backup run --follow` in this process; `stop` ends it in order. */
async function follow(server: FakeServer, stores: readonly ObjectStore[]): Promise<{ stop: () => Promise<void> }> {
  const distributor = new Distributor(
    stores.map((store) => new Target(store, new Set())),
    { untiring: true, spool: 1 << 20, pause: 5 },
  );
  const source = serverSource(server.folder, {});
  const backup = await Backup.open(source, distributor, {
    recipients: null,
    signer: null,
    voters: null,
    tell: () => {},
  });
  const stopping = new AbortController();
  await backup.once();
  const running = backup.follow({ interval: 20, maxBytes: 1 << 20, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      distributor.hasten();
      await running;
      await distributor.settle();
      backup.close();
    },
  };
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await sleep(10);
}

/** Whether a repository has all that a server has. */
async function isUpToDate(repo: FolderStore, zk: FakeServer): Promise<boolean> {
  return (await historyIn(repo)).tip?.zxid === zk.last;
}

test("what a server writes is followed over roll-overs, epochs, purges and a truncation", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(E1, 100, "a"));
  const all = [...zk.txns];
  const write = async (after: bigint, count: number, value: string): Promise<void> => {
    const txns = txnsAfter(after, count, value);
    zk.append(...txns);
    all.push(...txns);
    await until(() => isUpToDate(repo, zk));
  };
  const following = await follow(zk, [repo]);
  await write(zk.last, 300, "b");
  zk.roll();
  await write(zk.last, 5000, "c");
  zk.roll();
  await write(nextEpoch(zk.last), 50, "d");
  zk.purge(1);
  await write(zk.last, 10, "e");
  const dead = txnsAfter(zk.last, 20, "dead");
  zk.append(...dead);
  await until(() => isUpToDate(repo, zk));
  zk.truncate((dead[0]?.zxid ?? 0n) - 1n);
  await write(nextEpoch(zk.last), 5, "f");
  await following.stop();
  const history = await historyIn(repo);
  expect(await txnsOf(history, [repo])).toEqual(all.map(({ zxid, value }) => `${zxid} ${value}`));
  expect(history.branches).toHaveLength(1);
  const branch = await branchTxns(history, history.branches[0]?.name ?? "", [repo]);
  expect(branch.slice(-20)).toEqual(dead.map(({ zxid, value }) => `${zxid} ${value}`));
}, 60_000);

test("two that follow one server may both run: nothing doubles", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(E1, 10, "a"));
  const both = [await follow(zk, [repo]), await follow(zk, [repo])];
  for (let round = 0; round < 6; round++) {
    zk.append(...txnsAfter(zk.last, 900, `r${round}`));
    await sleep(60);
  }
  for (const each of both) await each.stop();
  const history = await historyIn(repo);
  expect(await txnsOf(history, [repo])).toEqual(expected(zk));
  expect(history.branches).toEqual([]);
}, 60_000);

test("a repository that is down holds the other back in nothing, and is caught up with the same bytes", async () => {
  const [up, inner] = [await newRepository(join(folder(), "up")), await newRepository(join(folder(), "down"))];
  let isDown = false;
  const fails =
    <A extends unknown[], T>(work: (...args: A) => T) =>
    (...args: A): T => {
      if (isDown) throw new ZkRewindError(say`no answer`, { exitCode: 3 });
      return work(...args);
    };
  const down: ObjectStore = {
    location: inner.location,
    put: async (...args) => fails(() => inner.put(...args))(),
    head: async (name) => fails(() => inner.head(name))(),
    get: async (...args) => fails(() => inner.get(...args))(),
    open: (...args) => fails(() => inner.open(...args))(),
    list: (...args) => fails(() => inner.list(...args))(),
    delete: async (name) => fails(() => inner.delete(name))(),
  };
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(E1, 10, "a"));
  const following = await follow(zk, [down, up]);
  isDown = true;
  for (let round = 0; round < 3; round++) {
    zk.append(...txnsAfter(zk.last, 3000, `r${round}`));
    await until(() => isUpToDate(up, zk));
  }
  expect(await isUpToDate(inner, zk)).toBe(false);
  isDown = false;
  await until(() => isUpToDate(inner, zk));
  await following.stop();
  // One that is down when the run is to end does not hold that up for ever.
  isDown = true;
  const alone = await follow(zk, [up, down]);
  zk.append(...txnsAfter(zk.last, 5, "last"));
  await alone.stop();
  expect(await isUpToDate(up, zk)).toBe(true);
  isDown = false;
  const again = await follow(zk, [up, down]);
  await until(() => isUpToDate(inner, zk));
  await again.stop();
  const names = async (store: FolderStore): Promise<string[]> => {
    const found: string[] = [];
    for await (const { name } of store.list("writers/")) found.push(name);
    return found;
  };
  expect(await names(inner)).toEqual(await names(up));
  expect(await txnsOf(await historyIn(inner), [inner])).toEqual(expected(zk));
}, 60_000);

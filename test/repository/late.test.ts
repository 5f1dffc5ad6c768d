import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ZkRewindError } from "../../src/findings/finding.js";
import { plain, say } from "../../src/text/message.js";
import { Backup } from "../../src/repository/ship/backup.js";
import { Distributor } from "../../src/repository/ship/distributor.js";
import { serverSource } from "../../src/repository/ship/source.js";
import { Target } from "../../src/repository/ship/target.js";
import type { FolderStore } from "../../src/repository/store/folder.js";
import type { ObjectStore } from "../../src/repository/store/store.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, txnsAfter } from "./fake-server.js";
import { expected, historyIn, newRepository, ship, txnsOf } from "./shipping.js";

const folder = temporaryFolder();

/** A store that is first asked what it is when `ready` says so. */
function behind(inner: FolderStore, ready: () => Promise<void>): ObjectStore {
  return {
    location: inner.location,
    put: (...args) => inner.put(...args),
    head: (name) => inner.head(name),
    async get(...args) {
      if (args[0] === "repository.json") await ready();
      return inner.get(...args);
    },
    open: (...args) => inner.open(...args),
    list: (...args) => inner.list(...args),
    delete: (name) => inner.delete(name),
  };
}

async function namesIn(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list("")) if (!name.startsWith("heads/")) names.push(name);
  return names;
}

test("a repository that does not answer when a run begins holds the other back in nothing, and is caught up", async () => {
  const [up, inner] = [await newRepository(join(folder(), "up")), await newRepository(join(folder(), "silent"))];
  let answer = (): void => {};
  const silent = new Promise<void>((resolve) => (answer = resolve));
  const targets = [behind(inner, () => silent), up].map((store) => new Target(store, new Set()));
  const distributor = new Distributor(targets, { untiring: true, spool: 1 << 20, pause: 1, patience: 50 });
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(makeZxid(1, 0), 5000, "a"));
  const options = { recipients: null, signer: null, voters: null, tell: () => {} };
  const backup = await Backup.open(serverSource(zk.folder, {}), distributor, options);
  await backup.once();
  expect(await txnsOf(await historyIn(up), [up])).toEqual(expected(zk));
  expect(await namesIn(inner)).toEqual(["repository.json"]);
  answer();
  await distributor.settle();
  backup.close();
  expect((await namesIn(inner)).slice(0, -1)).toEqual((await namesIn(up)).slice(0, -1));
  expect(await txnsOf(await historyIn(inner), [inner])).toEqual(expected(zk));
});

test("one that answers late and holds another ensemble's history is written nothing to", async () => {
  const [up, inner] = [await newRepository(join(folder(), "up")), await newRepository(join(folder(), "other"))];
  const other = new FakeServer(join(folder(), "other-zk"), 1);
  other.append(...txnsAfter(makeZxid(1, 0), 300, "other"));
  await ship(other, [inner]);
  const before = await namesIn(inner);
  let fails = 2;
  const late = behind(inner, async () => {
    if (fails-- > 0) throw new ZkRewindError(say`no answer`, { exitCode: 3 });
  });
  const told: string[] = [];
  const targets = [late, up].map((store) => new Target(store, new Set()));
  const distributor = new Distributor(targets, {
    untiring: false,
    spool: 1 << 20,
    pause: 1,
    onTrouble: (target, why) => told.push(`${target.store.location} ${why === null ? "" : plain(why)}`),
  });
  const zk = new FakeServer(join(folder(), "zk"), 1);
  zk.append(...txnsAfter(makeZxid(1, 0), 300, "own"));
  const options = { recipients: null, signer: null, voters: null, tell: () => {} };
  const backup = await Backup.open(serverSource(zk.folder, {}), distributor, options);
  await backup.once();
  await distributor.settle();
  await sleep(20);
  backup.close();
  expect(await txnsOf(await historyIn(up), [up])).toEqual(expected(zk));
  expect(await namesIn(inner)).toEqual(before);
  expect(told.at(-1)).toContain("another ensemble's history");
});

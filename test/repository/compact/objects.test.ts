import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { compact, type CompactOptions } from "../../../src/repository/compact/compact.js";
import { identitiesOf, recipientsFile } from "../../../src/repository/crypt/index.js";
import { Scratch } from "../../../src/io/scratch.js";
import { parseSegmentName } from "../../../src/repository/names.js";
import { prune } from "../../../src/repository/prune/prune.js";
import { EVERYTHING, gather } from "../../../src/repository/read/gather.js";
import { Objects } from "../../../src/repository/read/objects.js";
import type { ObjectStore } from "../../../src/repository/store/store.js";
import { makeZxid } from "../../../src/storage/zxid.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { CrashStore, Fuse, Killed } from "../crash-store.js";
import { FakeServer, nextEpoch, txnsAfter } from "../fake-server.js";
import { branchTxns, expected, historyIn, newRepository, ship, txnsOf } from "../shipping.js";

const folder = temporaryFolder();

const OPTIONS: CompactOptions = {
  identities: null,
  recipients: null,
  pinned: new Set(),
  signer: null,
  maxReplay: 1 << 20,
};

test("slots become one segment once their 16 are over, open ones where they are many; a branch stays one", async () => {
  const zk = new FakeServer(join(folder(), "zk1"), 1);
  const store = await newRepository(join(folder(), "a"));
  zk.append(...txnsAfter(makeZxid(1, 0), 9000, "a"));
  await ship(zk, [store]);
  // What a dead leader alone had; the ensemble goes on without it.
  zk.append(...txnsAfter(zk.last, 5, "dead"));
  await ship(zk, [store]);
  zk.truncate(makeZxid(1, 9000));
  zk.append(...txnsAfter(nextEpoch(zk.last), 1, "b"));
  for (let turn = 0; turn < 9; turn++) {
    zk.append(...txnsAfter(zk.last, 1, `c${turn}`));
    await ship(zk, [store]);
  }
  const before = await historyIn(store);
  const [branch] = before.branches;
  const dead = await branchTxns(before, branch?.name ?? "", [store]);
  await compact(store, OPTIONS);
  const after = await historyIn(store);
  expect(after.main.length).toBe(2);
  expect(after.shipped.map(({ segment }) => segment.name)).toEqual(before.main.map(({ segment }) => segment.name));
  expect([after.confirmed, after.tip, after.holes]).toEqual([before.confirmed, before.tip, before.holes]);
  expect(await txnsOf(after, [store])).toEqual(expected(zk));
  expect(after.branches).toEqual(before.branches);
  expect(await branchTxns(after, branch?.name ?? "", [store])).toEqual(dead);
  // One of the new objects is lost, and what it was made of is there.
  await store.delete(after.main[0]?.segment.name ?? "");
  const scratch = new Scratch();
  const { files, lost } = await gather(after, new Objects([store], null), scratch, EVERYTHING);
  scratch.remove();
  expect(lost).toEqual([]);
  expect(files.length).toBeGreaterThan(3);
});

test("killed at any request, a compaction leaves what was there, and the next one finishes it", async () => {
  const zk = new FakeServer(join(folder(), "zk1"), 1);
  const store = await newRepository(join(folder(), "a"));
  for (let turn = 0; turn < 9; turn++) {
    zk.append(...txnsAfter(turn === 0 ? makeZxid(1, 0) : zk.last, 2, `c${turn}`));
    await ship(zk, [store]);
  }
  let requests = 0;
  for (let left = 0; ; left++) {
    const run = compact(new CrashStore(store, new Fuse(left, left % 2 === 1)), OPTIONS);
    const died = await run.then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        return true;
      },
    );
    expect(await txnsOf(await historyIn(store), [store]), `killed at ${left}`).toEqual(expected(zk));
    requests = left;
    if (!died) break;
  }
  expect(requests).toBeGreaterThan(10);
  expect((await historyIn(store)).main.length).toBe(1);
});

test("what is encrypted is never stored for all to read, and needs the identity", async () => {
  const secret = await generateX25519Identity();
  const [identity, recipients] = [join(folder(), "key"), join(folder(), "key.pub")];
  writeFileSync(identity, `${secret}\n`, { mode: 0o600 });
  writeFileSync(recipients, `${await identityToRecipient(secret)}\n`);
  const zk = new FakeServer(join(folder(), "zk1"), 1);
  const store = await newRepository(join(folder(), "a"));
  const keys = { recipients: await recipientsFile(recipients) };
  for (let turn = 0; turn < 9; turn++) {
    zk.append(...txnsAfter(turn === 0 ? makeZxid(1, 0) : zk.last, 2, `c${turn}`));
    await ship(zk, [store], null, keys.recipients);
  }
  await expect(compact(store, OPTIONS)).rejects.toThrow("is encrypted: name the recipients of what is new");
  await expect(compact(store, { ...OPTIONS, ...keys })).rejects.toThrow("encrypted");
  const { merged } = await compact(store, { ...OPTIONS, ...keys, identities: await identitiesOf([identity]) });
  expect(merged.map(({ name }) => name.endsWith(".gz.age"))).toEqual([true]);
});

test("what was compacted and pruned is not shipped again, though the server still has it, nor taken for lost", async () => {
  const zk = new FakeServer(join(folder(), "zk1"), 1);
  const store = await newRepository(join(folder(), "a"));
  zk.append(...txnsAfter(makeZxid(1, 0), 9000, "a"));
  await ship(zk, [store]);
  zk.append(...txnsAfter(nextEpoch(zk.last), 2, "b"));
  await ship(zk, [store]);
  await compact(store, OPTIONS);
  const options = { policyText: "", grace: 0, apply: true, pinned: new Set<never>(), signer: null };
  const policy = { window: 86_400_000, daily: 1, weekly: 0 };
  await prune(store, { ...options, policy });
  const { deleted, points } = await prune(store, { ...options, policy });
  expect(deleted.filter((name) => name.startsWith("log/")).length).toBeGreaterThan(2);
  expect(points.every(({ isWhole }) => isWhole)).toBe(true);
  const { last } = zk;
  const before = await namesIn(store);
  zk.append(...txnsAfter(zk.last, 2, "later"));
  await ship(zk, [store]);
  const shipped = (await namesIn(store)).filter((name) => !before.includes(name));
  expect(shipped.map((name) => parseSegmentName(name)?.first)).toEqual([last + 1n]);
  for (const name of deleted) expect(await store.head(name), name).toBeUndefined();
  expect(await txnsOf(await historyIn(store), [store])).toEqual(expected(zk));
});

async function namesIn(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list("log/")) names.push(name);
  return names;
}

import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { encodePrune, pruneName } from "../../src/repository/prune/record.js";
import type { FolderStore } from "../../src/repository/store/folder.js";
import { FakeServer, nextEpoch, txnsAfter } from "./fake-server.js";
import { put } from "./store/contract.js";
import { historyIn, newRepository, ship, txnsOf } from "./shipping.js";

const folder = temporaryFolder();
const E1 = makeZxid(1, 0);

/** A repository with the first 100 transactions of an epoch, and a server that was synced by a snapshot of another zxid. */
async function synced(after: bigint): Promise<{ repo: FolderStore; second: FakeServer }> {
  const repo = await newRepository(join(folder(), "repo"));
  const first = new FakeServer(join(folder(), "first"), 1);
  first.append(...txnsAfter(E1, 100, "a"));
  await ship(first, [repo]);
  const second = new FakeServer(join(folder(), "second"), 2);
  second.append(...txnsAfter(after, 10, "b"));
  return { repo, second };
}

function snapshotAt(server: FakeServer, zxid: bigint): void {
  const real = join(fixtureDir("3.8.6-standalone"), "version-2");
  const name = readdirSync(real).find((each) => each.startsWith("snapshot."));
  copyFileSync(join(real, name as string), join(server.version, `snapshot.${zxid.toString(16)}`));
}

test("what comes behind a hole is no recovery point without a snapshot to start from", async () => {
  const { repo, second } = await synced(makeZxid(1, 200));
  await ship(second, [repo]);
  const { recoveryPoint, tip } = await historyIn(repo);
  expect([recoveryPoint?.zxid, tip?.zxid]).toEqual([makeZxid(1, 100), makeZxid(1, 210)]);
  expect(zkrewind(["backup", "verify", repo.location]).code).toBe(1);
  expect(zkrewind(["backup", "list", repo.location]).stdout).toContain("recovery point  0x100000064,");
  expect(zkrewind(["backup", "verify", repo.location, "-q", "--expect-head", "0x1000000d2"]).code).toBe(1);
});

test.each([
  ["in the epoch", makeZxid(1, 200), makeZxid(1, 200)],
  ["of a later epoch", nextEpoch(E1), makeZxid(1, 150)],
])("a server that was synced by a snapshot %s ships that with what comes behind", async (_, after, zxid) => {
  const { repo, second } = await synced(after);
  snapshotAt(second, zxid);
  const links = await linksWhile(repo, () => ship(second, [repo]));
  for (const { segments, snapshots } of links)
    if (segments.length > 0) expect(snapshots.map((each) => each.zxid)).toEqual([`0x${zxid.toString(16)}`]);
  expect(links.length).toBeGreaterThan(0);
  const { recoveryPoint, holes } = await historyIn(repo);
  expect([recoveryPoint?.zxid, holes.length]).toEqual([second.last, 1]);
  expect(zkrewind(["backup", "verify", repo.location]).code).toBe(0);
});

test("servers that cut their open segments at other places do not contradict one another: each fills the others' holes", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const [first, second] = [new FakeServer(join(folder(), "first"), 1), new FakeServer(join(folder(), "second"), 2)];
  const txns = txnsAfter(E1, 300, "a");
  const upTo = async (server: FakeServer, ...ends: number[]): Promise<void> => {
    for (const end of ends) {
      server.append(...txns.filter(({ zxid }) => zxid > server.last && zxid <= E1 + BigInt(end)));
      await ship(server, [repo]);
    }
  };
  await upTo(first, 30);
  await upTo(second, 20, 50);
  await upTo(first, 60, 95, 200);
  // It is set up anew, and has no longer what came before.
  second.reset();
  second.append(...txns.slice(150, 170));
  await ship(second, [repo]);
  second.append(...txns.slice(170));
  await ship(second, [repo]);
  await upTo(first, 240, 300);
  const { main, holes, branches } = await historyIn(repo);
  expect([holes, branches]).toEqual([[], []]);
  expect(await txnsOf(await historyIn(repo), [repo])).toEqual(txns.map(({ zxid, value }) => `${zxid} ${value}`));
  expect(main.at(-1)?.to).toBe(makeZxid(1, 300));
});

test("cuts that differ come together again: what another has stored is taken over as soon as it begins in between", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const [first, second] = [new FakeServer(join(folder(), "first"), 1), new FakeServer(join(folder(), "second"), 2)];
  const txns = txnsAfter(E1, 100, "a");
  for (const end of [30, 60, 90]) {
    first.append(...txns.slice(first.txns.length, end));
    await ship(first, [repo]);
  }
  second.append(...txns.slice(0, 20));
  await ship(second, [repo]);
  second.append(...txns.slice(20));
  await ship(second, [repo]);
  const line = (await historyIn(repo)).lines.find(({ server }) => server === "2");
  const bounds = line?.segments.map(({ first: from, last: to }) => [Number(from - E1), Number(to - E1)]);
  expect(bounds).toEqual([
    [1, 20],
    [21, 30],
    [31, 60],
    [61, 90],
    [91, 100],
  ]);
});

test("what a pruner has marked is not taken over: it is stored again under another name", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const [first, second] = [new FakeServer(join(folder(), "first"), 1), new FakeServer(join(folder(), "second"), 2)];
  const txns = txnsAfter(E1, 50, "a");
  for (const server of [first, second]) server.append(...txns);
  await ship(first, [repo]);
  const marked: string[] = [];
  for await (const { name } of repo.list("log/")) marked.push(name);
  const document = { state: "mark", id: "0".repeat(16), time: "", policy: "", objects: marked } as const;
  await put(repo, pruneName(document), encodePrune(document, null));
  await ship(second, [repo]);
  const line = (await historyIn(repo)).lines.find(({ server }) => server === "2");
  const names = line?.segments.map(({ name }) => name) ?? [];
  expect([names.length, names.filter((name) => marked.includes(name))]).toEqual([marked.length, []]);
  for (const name of marked) await repo.delete(name);
  expect(zkrewind(["log", join(folder(), "repo"), "--format", "ndjson"]).stdout.match(/"type":"txn"/g)).toHaveLength(
    50,
  );
});

/** The links that are stored meanwhile. */
async function linksWhile(
  repo: FolderStore,
  work: () => Promise<void>,
): Promise<{ segments: object[]; snapshots: { zxid: string }[] }[]> {
  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { name } of repo.list("writers/")) found.push(name);
    return found;
  };
  const before = new Set(await names());
  await work();
  const links = (await names()).filter((name) => !before.has(name));
  return Promise.all(
    links.map(async (name) => JSON.parse(Buffer.from((await repo.get(name)) as Uint8Array).toString("utf8"))),
  );
}

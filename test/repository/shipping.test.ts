import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeZxid } from "../../src/storage/zxid.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, nextEpoch, txnsAfter } from "./fake-server.js";
import { branchTxns, expected, historyIn, newRepository, ship, txnsOf } from "./shipping.js";

const folder = temporaryFolder();
const E1 = makeZxid(1, 0);

function server(name: string, id: number | null, asErrors = false): FakeServer {
  return new FakeServer(join(folder(), name), id, asErrors);
}

function objectsIn(store: { location: string }, prefix: string): string[] {
  return readdirSync(join(store.location, prefix), { recursive: true, encoding: "utf8" }).filter((each) =>
    each.endsWith(".gz"),
  );
}

test("only what is new is shipped, and a slot's end seals it into one segment", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = server("zk", 1);
  zk.append(...txnsAfter(E1, 100, "a"));
  await ship(zk, [repo]);
  await ship(zk, [repo]);
  expect(objectsIn(repo, "log")).toHaveLength(1);
  zk.append(...txnsAfter(zk.last, 50, "b"));
  zk.appendTorn();
  await ship(zk, [repo]);
  expect(objectsIn(repo, "log")).toHaveLength(2);
  zk.roll();
  zk.append(...txnsAfter(zk.last, 8000, "c"));
  await ship(zk, [repo]);
  const history = await historyIn(repo);
  expect(history.main.map(({ from, to }) => [from - E1, to - E1])).toEqual([
    [1n, 4095n],
    [4096n, 8150n],
  ]);
  expect(await txnsOf(history, [repo])).toEqual(expected(zk));
  expect([history.branches, history.holes]).toEqual([[], []]);
});

test("an epoch's end seals what it has, and the next one is known to follow", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = server("zk", 1);
  zk.append(...txnsAfter(E1, 10, "a"));
  await ship(zk, [repo]);
  zk.append(...txnsAfter(zk.last, 10, "b"));
  await ship(zk, [repo]);
  zk.append(...txnsAfter(nextEpoch(zk.last), 10, "c"));
  await ship(zk, [repo]);
  const history = await historyIn(repo);
  expect(history.main).toHaveLength(2);
  expect(history.main[1]?.segment.after).toBe(E1 + 20n);
  expect(history.confirmed).toBe(E1 + 20n);
  expect(await txnsOf(history, [repo])).toEqual(expected(zk));
});

test("servers of an ensemble share objects, failed multis and all, and a majority confirms", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const servers = [server("zk1", 1), server("zk2", 2, true), server("zk3", 3)];
  for (const zk of servers) zk.append(...txnsAfter(E1, 5000, "a"));
  const [first, second] = servers as [FakeServer, FakeServer, FakeServer];
  await ship(first, [repo], ["1", "2", "3"]);
  const before = objectsIn(repo, "log");
  expect((await historyIn(repo)).confirmed).toBe(null);
  await ship(second, [repo], ["1", "2", "3"]);
  expect(objectsIn(repo, "log")).toEqual(before);
  const history = await historyIn(repo);
  expect(history.confirmed).toBe(first.last);
  expect(history.lines.map((line) => line.server).sort()).toEqual(["1", "2"]);
});

test("what a server loses by a truncation stays as a branch", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = server("zk", 1);
  zk.append(...txnsAfter(E1, 100, "a"));
  await ship(zk, [repo]);
  zk.append(...txnsAfter(zk.last, 20, "dead"));
  const dead = expected(zk);
  await ship(zk, [repo]);
  zk.truncate(E1 + 100n);
  zk.append(...txnsAfter(nextEpoch(zk.last), 20, "alive"));
  await ship(zk, [repo]);
  const history = await historyIn(repo);
  expect(await txnsOf(history, [repo])).toEqual(expected(zk));
  expect(history.branches).toHaveLength(1);
  expect(await branchTxns(history, history.branches[0]?.name ?? "", [repo])).toEqual(dead);
});

test("a rollback without a new epoch is a branch, never an overwrite", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = server("zk", null);
  zk.append(...txnsAfter(0n, 5000, "a"));
  const before = expected(zk);
  await ship(zk, [repo]);
  zk.truncate(4500n);
  zk.append(...txnsAfter(zk.last, 300, "other"));
  await ship(zk, [repo]);
  const history = await historyIn(repo);
  expect(await txnsOf(history, [repo])).toEqual(expected(zk));
  expect(history.branches).toHaveLength(1);
  expect(await branchTxns(history, history.branches[0]?.name ?? "", [repo])).toEqual(before);
});

test("a directory that holds another history is refused", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = server("zk", 1);
  zk.append(...txnsAfter(E1, 100, "a"));
  await ship(zk, [repo]);
  const other = server("other", 1);
  other.append(...txnsAfter(E1, 200, "another"));
  await expect(ship(other, [repo])).rejects.toThrow("another ensemble's history");
  expect(await txnsOf(await historyIn(repo), [repo])).toEqual(expected(zk));
});

test("what a dead leader alone has is a branch, whoever ships first", async () => {
  for (const order of [0, 1]) {
    const repo = await newRepository(join(folder(), `repo${order}`));
    const leader = server(`leader${order}`, 1);
    const follower = server(`follower${order}`, 2);
    for (const zk of [leader, follower]) zk.append(...txnsAfter(E1, 100, "a"));
    leader.append(...txnsAfter(leader.last, 5, "never"));
    follower.append(...txnsAfter(nextEpoch(follower.last), 50, "b"));
    for (const zk of order === 0 ? [leader, follower] : [follower, leader]) await ship(zk, [repo]);
    const history = await historyIn(repo);
    expect(await txnsOf(history, [repo])).toEqual(expected(follower));
    expect(history.branches.map(({ servers }) => servers)).toEqual([["1"]]);
    expect(await branchTxns(history, history.branches[0]?.name ?? "", [repo])).toEqual(expected(leader));
  }
});

test("a server's hole is filled from another", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const whole = server("whole", 1);
  whole.append(...txnsAfter(E1, 9000, "a"));
  const late = server("late", 2);
  late.append(...whole.txns.slice(0, 100));
  await ship(late, [repo]);
  // Synced by a snapshot: it goes on elsewhere.
  late.roll();
  late.append(...whole.txns.slice(5000));
  late.append(...txnsAfter(late.last, 10, "b"));
  await ship(late, [repo]);
  expect((await historyIn(repo)).holes).toEqual([{ after: E1 + 100n, before: E1 + 5001n }]);
  await ship(whole, [repo]);
  const history = await historyIn(repo);
  expect(history.holes).toEqual([]);
  expect(await txnsOf(history, [repo])).toEqual([...expected(whole), ...expected(late).slice(-10)]);
});

test("a repository that comes later gets all of it, as the bytes that another has", async () => {
  const first = await newRepository(join(folder(), "first"));
  const zk = server("zk", 1);
  zk.append(...txnsAfter(E1, 5000, "a"));
  await ship(zk, [first]);
  zk.roll();
  zk.append(...txnsAfter(zk.last, 10, "b"));
  zk.purge(1);
  const second = await newRepository(join(folder(), "second"));
  await ship(zk, [first, second]);
  for (const store of [first, second]) expect(await txnsOf(await historyIn(store), [store])).toHaveLength(5010);
  const names = objectsIn(first, "log").sort();
  expect(objectsIn(second, "log").filter((name) => !names.includes(name))).toEqual([]);
});

test("a segment that is lost everywhere is shipped again where the server has it", async () => {
  const repo = await newRepository(join(folder(), "repo"));
  const zk = server("zk", 1);
  zk.append(...txnsAfter(E1, 5000, "a"));
  await ship(zk, [repo]);
  for (const { segment } of (await historyIn(repo)).main) await repo.delete(segment.name);
  await ship(zk, [repo]);
  expect(await txnsOf(await historyIn(repo), [repo])).toEqual(expected(zk));
});

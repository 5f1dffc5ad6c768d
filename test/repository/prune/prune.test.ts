import { expect, test } from "vitest";
import { ZkRewindError } from "../../../src/findings/index.js";
import { prune, type PruneOptions } from "../../../src/repository/prune/prune.js";
import { readPruned } from "../../../src/repository/prune/record.js";
import { say } from "../../../src/text/message.js";
import { MemoryStore } from "../memory-store.js";
import { put } from "../store/contract.js";
import { DAY, MadeHistory, START } from "./history.js";

const OPTIONS: PruneOptions = {
  policy: { window: 2 * DAY, daily: 7, weekly: 3 },
  policyText: "for a test",
  grace: DAY,
  apply: true,
  pinned: new Set(),
  signer: null,
};

async function month(): Promise<{ store: MemoryStore; history: MadeHistory }> {
  const store = new MemoryStore("month");
  store.now = START;
  const history = await MadeHistory.of(store);
  for (let day = 0; day < 30; day++) {
    store.now = START + day * DAY;
    await history.day(store.now);
  }
  store.now = START + 30 * DAY;
  return { store, history };
}

/** The zxids that names alone say can be rebuilt: two snapshots of before, and no hole from the older one on. */
function isRestorable(store: MemoryStore, { segments, snapshots }: MadeHistory, zxid: bigint): boolean {
  const has = (name: string): boolean => store.objects.has(name);
  const before = snapshots.filter((each) => each.zxid <= zxid && each.parts.every(({ name }) => has(name)));
  const start = before.at(-2)?.zxid ?? (segments[0]?.first as bigint) - 1n;
  return segments.filter(({ first, last }) => last > start && first <= zxid).every(({ name }) => has(name));
}

test("a month: each kept day, week, and all of the window stay restorable; the rest goes after the grace, not before", async () => {
  const { store, history } = await month();
  const before = new Set(store.objects.keys());
  const dry = await prune(store, { ...OPTIONS, apply: false });
  expect(new Set(store.objects.keys())).toEqual(before);

  const first = await prune(store, OPTIONS);
  expect(first.deleted).toEqual([]);
  expect(first.marked.length).toBeGreaterThan(50);
  expect([...before].filter((name) => !store.objects.has(name))).toEqual([]);
  store.now += DAY / 2;
  expect((await prune(store, OPTIONS)).deleted).toEqual([]);
  store.now += DAY / 2;
  const second = await prune(store, OPTIONS);
  expect(new Set(second.deleted)).toEqual(new Set(first.marked));
  expect([...store.objects.keys()].filter((name) => name.endsWith(".mark.json"))).toEqual([]);
  expect(await readPruned(store, new Set())).toEqual(new Set(first.marked));

  const days = Array.from({ length: 30 }, (_, day) => history.segments[day * 4 + 3]?.last as bigint);
  for (let day = 23; day < 30; day++)
    expect(isRestorable(store, history, days[day] as bigint), `day ${day}`).toBe(true);
  // Sundays: the first of October 2026 is a Thursday.
  for (const day of [17, 24]) expect(isRestorable(store, history, days[day] as bigint), `week of ${day}`).toBe(true);
  const window = history.segments.filter(({ to }) => Number(to) >= START + 28 * DAY - 1);
  for (const { first: zxid, last } of window)
    for (let at = zxid; at <= last; at++) expect(isRestorable(store, history, at)).toBe(true);
  expect(days.slice(0, 15).filter((zxid) => isRestorable(store, history, zxid))).toEqual([]);
  expect(dry.points.every(({ isWhole }) => isWhole)).toBe(true);
  // Each object's fate has its reason.
  expect(dry.fates.map(({ reason }) => reason)).not.toContain("");
  expect(new Set(dry.fates.filter(({ isKept }) => !isKept).map(({ name }) => name))).toEqual(new Set(first.marked));
  // And nothing is left to do.
  const third = await prune(store, OPTIONS);
  expect([third.marked, third.deleted]).toEqual([[], []]);
});

test("a run that is ended at any deletion goes on with the next; two at once delete the same", async () => {
  const { store, history } = await month();
  await prune(store, OPTIONS);
  store.now += DAY;
  for (let left = 3; left < 400; left += 40) {
    let deletions = left;
    store.before = (kind) => {
      if (kind === "delete" && deletions-- === 0) throw new Error("killed");
    };
    if (
      await prune(store, OPTIONS).then(
        () => true,
        () => false,
      )
    )
      break;
    expect(isRestorable(store, history, history.segments.at(-1)?.last as bigint)).toBe(true);
  }
  store.before = () => undefined;
  const { store: other } = await month();
  await Promise.all([prune(other, OPTIONS), prune(other, OPTIONS)]);
  other.now += DAY;
  await Promise.all([prune(other, OPTIONS), prune(other, OPTIONS)]);
  const left = (each: MemoryStore) => [...each.objects.keys()].filter((name) => !name.startsWith("prune/")).sort();
  expect(left(other)).toEqual(left(store));
});

test("what a later link needs again is spared, though it was marked", async () => {
  const { store, history } = await month();
  const { marked } = await prune(store, { ...OPTIONS, policy: { window: 0, daily: 1, weekly: 0 } });
  store.now += DAY;
  // The policy is another now.
  const { deleted } = await prune(store, OPTIONS);
  const kept = history.segments.slice(-8).map(({ name }) => name);
  expect(marked).toEqual(expect.arrayContaining(kept.slice(0, 2)));
  expect(kept.filter((name) => deleted.includes(name) || !store.objects.has(name))).toEqual([]);
});

test("a clock that was a year ahead makes nothing look old", async () => {
  const { store, history } = await month();
  await history.segment(START + 400 * DAY, START + 400 * DAY);
  const { fates } = await prune(store, { ...OPTIONS, apply: false });
  const gone = new Set(fates.filter(({ isKept }) => !isKept).map(({ name }) => name));
  expect(history.segments.slice(-8).filter(({ name }) => gone.has(name))).toEqual([]);
});

test("a segment that a quiet ensemble filled over weeks is kept for each of its days, and what it starts from", async () => {
  const store = new MemoryStore("quiet");
  store.now = START;
  const history = await MadeHistory.of(store);
  await history.day(START);
  await history.segment(START + DAY, START + 20 * DAY);
  await history.snapshot();
  await history.segment(START + 21 * DAY, START + 21 * DAY);
  store.now = START + 30 * DAY;
  const { fates } = await prune(store, { ...OPTIONS, apply: false, policy: { window: 0, daily: 5, weekly: 0 } });
  const kept = new Map(fates.map((each) => [each.name, each]));
  expect(kept.get(history.segments[4]?.name as string)?.isKept).toBe(true);
  expect(kept.get(history.snapshots[0]?.parts[0]?.name as string)?.isKept).toBe(true);
});

test("an object that no link names may be on its way to one: it waits for the grace", async () => {
  const { store } = await month();
  const name =
    "log/00000001/0000000100000fa0-0000000100000fa1.00000000000000000000000000000000.00000000000000000000000000000000.gz";
  await put(store, name, Buffer.from("x"));
  expect((await prune(store, OPTIONS)).fates.find((each) => each.name === name)).toMatchObject({ isKept: true });
  store.now += DAY;
  expect((await prune(store, OPTIONS)).fates.find((each) => each.name === name)).toMatchObject({
    isKept: false,
    reason: "no link names it",
  });
});

test("a store that forbids deleting, one that says yes and does nothing, and damaged links end in a clear word", async () => {
  const { store } = await month();
  await prune(store, OPTIONS);
  store.now += DAY;
  store.before = (kind) => {
    if (kind === "delete") throw new ZkRewindError(say`the store denies it`, { exitCode: 3 });
  };
  await expect(prune(store, OPTIONS)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(/the store denies it; 0 of \d+ objects were deleted before/) as string,
  });
  store.before = () => undefined;
  const really = store.delete.bind(store);
  store.delete = () => Promise.resolve();
  await expect(prune(store, OPTIONS)).rejects.toThrow(/are still listed/);
  store.delete = really;
  const link = [...store.objects.keys()]
    .filter((name) => name.startsWith("writers/"))
    .sort()
    .at(-1) as string;
  (store.bytesOf(link) as Buffer).fill(0x20, 10, 60);
  const count = store.objects.size;
  await expect(prune(store, OPTIONS)).rejects.toMatchObject({ exitCode: 1 });
  expect(store.objects.size).toBe(count);
});

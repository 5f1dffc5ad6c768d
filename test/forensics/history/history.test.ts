import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Change } from "../../../src/forensics/history/change.js";
import { history, type HistoryOptions } from "../../../src/forensics/history/history.js";
import { readTimeline } from "../../../src/forensics/history/timeline.js";
import { aclEntries, type ZnodeState } from "../../../src/forensics/history/znode-state.js";
import { discover, verify } from "../../../src/recovery/index.js";
import { isBeginning } from "../../../src/recovery/exact/coverage.js";
import { fromHalves } from "../../../src/storage/zxid.js";
import { fixtureDir, sampled } from "../../fixtures/index.js";
import { type BruteChange, bruteHistory, stateText } from "../brute-force.js";

const STANDALONE = fixtureDir("3.8.6-standalone");

async function changesOf(paths: readonly string[], path: string, options: HistoryOptions = {}, logDir?: string) {
  const changes: Change[] = [];
  const directory = discover(paths, logDir === undefined ? {} : { logDir });
  await history(directory, path, options, { change: (change) => changes.push(change) });
  return changes;
}

function textOf(state: Readonly<ZnodeState> | null | undefined): string | null {
  if (!state) return null;
  const { data, acl: _, ...rest } = state;
  return stateText({ ...rest, data, acl: JSON.stringify(aclEntries(state)) });
}

/** In the brute-force form: within one transaction by path, and the znode as it was before and after all of it. */
function netChanges(changes: readonly Change[]): BruteChange[] {
  const net = new Map<string, BruteChange>();
  for (const { kind, zxid, path, before, after } of changes) {
    if (kind === "existed") continue;
    const key = `${zxid} ${path}`;
    const known = net.get(key);
    if (known) known.after = textOf(after);
    else net.set(key, { zxid, path, before: textOf(before), after: textOf(after) });
  }
  return [...net.values()].filter(({ before, after }) => before !== after).sort(byZxidAndPath);
}

/** A server writes its own configuration there at its start, without a transaction: a replay from nothing lacks that. */
function butConfig(change: BruteChange): BruteChange {
  return change.path === "/zookeeper/config" ? { ...change, before: null } : change;
}

function byZxidAndPath(a: BruteChange, b: BruteChange): number {
  if (a.zxid !== b.zxid) return a.zxid < b.zxid ? -1 : 1;
  return a.path < b.path ? -1 : 1;
}

describe("the history of every znode is what comparing the tree after every transaction gives", () => {
  for (const { title, path, logDir } of sampled) {
    test(title, async () => {
      const { coverage } = await verify(discover([path], logDir === undefined ? {} : { logDir }));
      if (coverage.gaps.length > 0 || !isBeginning(coverage.runs[0]?.first ?? 0n)) return;
      const brute = (await bruteHistory(path, logDir)).sort(byZxidAndPath);
      const all = await changesOf([path], "/", { recursive: true }, logDir);
      expect(all.filter((each) => each.kind === "unseen")).toEqual([]);
      const net = netChanges(all);
      expect(net.map(butConfig)).toEqual(brute.map(butConfig));
      const paths = [...new Set(brute.map((each) => each.path))];
      for (const one of paths.filter((_, index) => index % 150 === 7)) {
        const own = netChanges(await changesOf([path], one, {}, logDir));
        expect(own.map(butConfig)).toEqual(brute.filter((each) => each.path === one).map(butConfig));
      }
    });
  }
});

/** A folder with some of a fixture's files. */
function folderWith(keep: (name: string) => boolean): string {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-history-"));
  const version = join(STANDALONE, "version-2");
  for (const name of readdirSync(version).filter(keep)) copyFileSync(join(version, name), join(folder, name));
  return folder;
}

describe("a history that begins in the middle, or has holes, claims nothing that is not so", () => {
  test.each<[string, (name: string) => boolean]>([
    ["the oldest logs are gone", (name) => !/^log\.(1|2ea)$|^snapshot\.(0|207)$/.test(name)],
    ["no snapshot but a later one", (name) => !/^log\.1$/.test(name) && !/^snapshot\.(0|207|5c1|76c)$/.test(name)],
    ["no snapshot and no beginning", (name) => name.startsWith("log.") && name !== "log.1"],
    ["a hole that a snapshot bridges", (name) => name !== "log.5de"],
    ["a hole that only a later snapshot knows of", (name) => !/^log\.5de$|^snapshot\.(76c|5c1)$/.test(name)],
    ["the last logs are gone", (name) => !/^log\.(aa0|e40)$/.test(name)],
    ["snapshots alone", (name) => name.startsWith("snapshot.")],
  ])("%s", async (_, keep) => {
    const folder = folderWith(keep);
    try {
      const brute = await bruteHistory(STANDALONE, undefined);
      const all = await changesOf([folder], "/", { recursive: true });
      const logged = netParts(all.filter((each) => each.txn));
      // Every change that the logs have is told, and none that did not happen.
      const key = (change: { zxid: bigint; path: string }): string => `${change.zxid} ${change.path}`;
      const inLogs = await zxidsIn(folder);
      const real = new Map(brute.filter(({ zxid }) => inLogs.has(zxid)).map((change) => [key(change), change]));
      // Made and deleted again in one multi: the tree never showed it.
      const told = logged.filter(({ before, after }) => before !== null || after !== null);
      expect(told.map(key).sort()).toEqual([...real.keys()].sort());
      for (const change of told) {
        const truth = real.get(key(change)) as BruteChange;
        if (change.path === "/zookeeper/config") continue;
        expectWithin(change.before, truth.before, key(change));
        expectWithin(change.after, truth.after, key(change));
      }
      // What existed, or changed unseen, was so at that zxid.
      const states = new Map<string, BruteChange[]>();
      for (const change of brute) states.set(change.path, [...(states.get(change.path) ?? []), change]);
      for (const { path, zxid, after, kind } of all.filter((each) => !each.txn)) {
        if (path.startsWith("/zookeeper") || path === "/") continue;
        const changes = states.get(path) ?? [];
        const fuzzy = changes.filter((each) => each.zxid <= zxid + FUZZ).map((each) => each.after);
        const exact = changes.filter((each) => each.zxid <= zxid).at(-1)?.after ?? null;
        // A snapshot that stands alone tells of some moment of its fuzzy window.
        const candidates = [exact, ...fuzzy];
        expect(
          candidates.some((each) => isWithin(after, each)),
          `${kind} ${path} at ${zxid}`,
        ).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

async function zxidsIn(folder: string): Promise<Set<bigint>> {
  const zxids = new Set<bigint>();
  await readTimeline(
    discover([folder]).logs,
    { from: null, to: null },
    {
      begin: () => {},
      take: (txn) => zxids.add(fromHalves(txn.zxidHigh, txn.zxidLow)),
    },
  );
  return zxids;
}

/** More than the widest fuzzy window of the fixture. */
const FUZZ = 0x200n;

function netParts(changes: readonly Change[]): Pick<Change, "zxid" | "path" | "before" | "after">[] {
  const net = new Map<string, Pick<Change, "zxid" | "path" | "before" | "after">>();
  for (const { zxid, path, before, after } of changes) {
    const known = net.get(`${zxid} ${path}`);
    if (known) known.after = after;
    else net.set(`${zxid} ${path}`, { zxid, path, before, after });
  }
  return [...net.values()];
}

/** Whether what is known of a state is true of the real one. */
function isWithin(state: Readonly<ZnodeState> | null | undefined, truth: string | null): boolean {
  if (state === undefined) return true;
  if (state === null || truth === null) return state === truth;
  const told = new Set((textOf(state) as string).split(" ").filter((each) => !each.endsWith("=undefined")));
  return [...told].every((each) => truth.split(" ").includes(each));
}

function expectWithin(state: Readonly<ZnodeState> | null | undefined, truth: string | null, what: string): void {
  expect(isWithin(state, truth) || [what, textOf(state ?? null), truth]).toBe(true);
}

describe("deletes are told apart by their cause", () => {
  test("on a server that expired sessions and reaped containers and TTLs", async () => {
    const deletes = (await changesOf([STANDALONE], "/", { recursive: true })).filter((each) => each.cause);
    const count = (by: string): number => deletes.filter(({ cause }) => cause?.by === by).length;
    expect(count("client")).toBeGreaterThan(100);
    expect(count("container")).toBeGreaterThan(10);
    expect(count("ttl")).toBeGreaterThan(10);
    expect(count("reaper")).toBe(0);
    const abandoned = deletes.filter(({ path }) => path.startsWith("/members/abandoned-"));
    expect(abandoned.length).toBeGreaterThan(0);
    for (const { cause, before } of abandoned)
      expect(cause).toEqual({ by: "session", session: before?.ephemeralOwner, ending: "server" });
    const closed = deletes.filter(({ cause }) => cause?.by === "session" && cause.ending === "client");
    expect(closed.length).toBeGreaterThan(10);
  });
});

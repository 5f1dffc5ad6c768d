import { describe, expect, test } from "vitest";
import { discover, rebuild, replay } from "../../src/recovery/index.js";
import { fingerprint } from "../../src/recovery/replay/fingerprint.js";
import { Journal } from "../../src/tree/index.js";
import { fixtureDir } from "../fixtures/index.js";

/** All that a tree is: ACLs and sessions are in no digest. */
function lookOf({ tree }: { tree: Parameters<typeof fingerprint>[0] }): object {
  const { zxidHigh, zxidLow, sessions, ephemerals } = tree;
  const owned = ephemerals.sorted().map(([id, slots]) => [id, slots.size]);
  return { ...fingerprint(tree), zxidHigh, zxidLow, sessions: sessions.sorted(), owned };
}

const zxid = (of: bigint) => ({ point: { kind: "zxid" as const, zxid: of, text: "" }, inclusive: true });

describe.each(["3.8.6-standalone", "3.4.14-standalone", "3.9.5-standalone"])("%s", (name) => {
  test("a tree that goes back is what it was, transaction by transaction", async () => {
    const directory = discover([fixtureDir(name)]);
    const last = (await rebuild(directory)).zxid;
    const from = last - 800n;
    const state = await rebuild(directory, zxid(from));
    const { tree } = state;
    const journal = new Journal(tree, 64 << 20, 10_000);
    const looks = [lookOf(state)];
    for (let at = from; at < last; at++) {
      const { applied } = await replay(tree, directory.logs, { from: at, to: at + 1n, exactFrom: at });
      expect(applied).toBe(1);
      looks.push(lookOf(state));
    }
    expect(journal.length).toBe(800);
    for (const look of looks.slice(0, -1).toReversed()) {
      expect(journal.back()).toBe(true);
      expect(lookOf(state)).toEqual(look);
    }
    expect(journal.back()).toBe(false);
    expect(journal.size).toBe(0);
    await replay(tree, directory.logs, { from, to: last, exactFrom: from });
    expect(lookOf(state)).toEqual(looks.at(-1));
  }, 120_000);
});

test("the oldest steps go where the journal is full", async () => {
  const directory = discover([fixtureDir("3.8.6-standalone")]);
  const state = await rebuild(directory, zxid(0xe00n));
  const journal = new Journal(state.tree, 64 << 20, 10);
  await replay(state.tree, directory.logs, { from: 0xe00n, to: 0xe20n, exactFrom: 0xe00n });
  expect(journal.length).toBe(10);
  expect(journal.first).toBe(0xe16n);
});

test("nothing before a quota is made can be reached", async () => {
  const directory = discover([fixtureDir("3.9.5-quotas")]);
  const state = await rebuild(directory, zxid(0n)).catch(() => null);
  expect(state).not.toBeNull();
  const { tree } = state as NonNullable<typeof state>;
  const journal = new Journal(tree, 64 << 20, 10_000);
  const { last } = await replay(tree, directory.logs, { from: 0n, to: null, exactFrom: 0n });
  expect(tree.quotas.active).toBe(true);
  expect(journal.first).toBeGreaterThan(0n);
  expect(journal.length).toBeLessThan(Number(last & 0xffffffffn));
});

import { describe, expect, test } from "vitest";
import { attribute } from "../../../src/forensics/diff/attribution.js";
import { causesOf } from "../../../src/forensics/diff/causes.js";
import { diffTrees } from "../../../src/forensics/diff/diff.js";
import { discover, rebuild, type State } from "../../../src/recovery/index.js";
import { NONE, pathOf, readZnode } from "../../../src/tree/index.js";
import { fixtureDir, sampled, type TrueNode, truePoints } from "../../fixtures/index.js";

const withTruth = sampled.filter(({ source }) => source.truth !== undefined);

describe.each(withTruth)("diff of $title", ({ source, path, logDir }) => {
  const directory = discover([path], logDir === undefined ? {} : { logDir });
  const at = (zxid: bigint): Promise<State> =>
    rebuild(directory, { point: { kind: "zxid", zxid, text: "" }, inclusive: true });

  test("from point to point: what ZooKeeper's own classes have, and who is in the stats", async () => {
    let before: { state: State; nodes: Map<string, TrueNode> } | undefined;
    let index = 0;
    for (const { zxid, nodes: live } of truePoints(source.truth as string)) {
      // Every third: far enough apart that something of every kind happens in between.
      if (index++ % 3 > 0) continue;
      const nodes = new Map(live);
      const state = await at(zxid).catch(() => undefined);
      if (!state) continue;
      if (before) await compare(before, { state, nodes });
      before = { state, nodes };
    }
  });

  async function compare(
    a: { state: State; nodes: Map<string, TrueNode> },
    b: { state: State; nodes: Map<string, TrueNode> },
  ): Promise<void> {
    const changes = [...diffTrees(a.state.tree, b.state.tree, { oneHistory: true })];
    const found = new Map(
      changes.map(({ change, before, after, fields, recreated }) => {
        const place = before === NONE ? pathOf(b.state.tree, after) : pathOf(a.state.tree, before);
        return [place, change === "changed" ? `${recreated ? "recreated " : ""}${fields.join(" ")}`.trim() : change];
      }),
    );
    expect(found.size).toBe(changes.length);
    const expected = new Map<string, string>();
    for (const place of new Set([...a.nodes.keys(), ...b.nodes.keys()])) {
      const [left, right] = [a.nodes.get(place), b.nodes.get(place)];
      // A truth leaves out what servers write without a transaction.
      if (place.endsWith("/zookeeper_stats")) continue;
      if (!left) expected.set(place || "/", "added");
      else if (!right) expected.set(place || "/", "removed");
      else {
        const words = trueChange(left, right);
        if (words !== "") expected.set(place || "/", words);
      }
    }
    const withoutStats = [...found].filter(([place]) => !place.endsWith("/zookeeper_stats"));
    const ignored = (place: string): boolean => place === "/zookeeper/config";
    expect(new Map(withoutStats.filter(([place]) => !ignored(place)))).toEqual(
      new Map([...expected].filter(([place]) => !ignored(place))),
    );
    await attributed(a.state, b.state, changes);
  }

  async function attributed(from: State, to: State, changes: ReturnType<typeof listed>): Promise<void> {
    const range = { from: from.zxid, to: to.zxid };
    const { causes, unlogged } = await attribute(directory, range, from.tree, to.tree, changes);
    if (unlogged.length > 0) return;
    for (const [index, change] of changes.entries()) {
      const made = causesOf(change, causes[index] as (typeof causes)[number]);
      if (change.change === "removed") {
        expect(made[0]?.op, pathOf(from.tree, change.before)).toMatch(/^delete|closeSession/);
        continue;
      }
      const { path: place, stat } = readZnode(to.tree, change.after);
      if (place.startsWith("/zookeeper")) continue;
      if (change.change === "added" || change.recreated) expect(made[0]?.zxid, place).toBe(stat.czxid);
      if (change.fields.includes("data") && !change.recreated)
        expect(
          made.map(({ zxid }) => zxid),
          place,
        ).toContain(stat.mzxid);
      if (change.fields.includes("acl")) expect(made.length, place).toBeGreaterThan(0);
    }
  }
});

function listed(): ReturnType<typeof diffTrees> extends Generator<infer T> ? T[] : never {
  return [];
}

function trueChange(a: TrueNode, b: TrueNode): string {
  const kind = (owner: string): string => {
    if (/^(0x0|0)$/.test(owner)) return "persistent";
    const value = BigInt.asUintN(64, BigInt(owner));
    if (value === 1n << 63n) return "container";
    return value >> 56n === 0xffn ? `ttl ${value}` : "ephemeral";
  };
  const words = [
    ...(a.data === b.data ? [] : ["data"]),
    ...(JSON.stringify(a.acl) === JSON.stringify(b.acl) ? [] : ["acl"]),
    ...(kind(a.stat[8]) === kind(b.stat[8]) ? [] : ["kind"]),
  ];
  return [...(a.stat[0] === b.stat[0] ? [] : ["recreated"]), ...words].join(" ");
}

test("a stat alone differs only where it is asked for", async () => {
  const directory = discover([fixtureDir("3.8.6-standalone")]);
  const at = (zxid: bigint): Promise<State> =>
    rebuild(directory, { point: { kind: "zxid", zxid, text: "" }, inclusive: true });
  const [a, b] = [await at(0xe3fn), await at(0xe40n)];
  const paths = (stat: boolean): string[] =>
    [...diffTrees(a.tree, b.tree, { oneHistory: true, stat })].map(({ after }) => pathOf(b.tree, after));
  expect(paths(false)).not.toContain("/busy");
  expect(paths(true)).toContain("/busy");
  expect([...diffTrees(a.tree, a.tree, { oneHistory: true, stat: true })]).toEqual([]);
});

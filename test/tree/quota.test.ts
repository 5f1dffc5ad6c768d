import fc from "fast-check";
import { expect, test } from "vitest";
import { type DataTree, freshTree, loadSnapshot, refreshQuotas } from "../../src/tree/index.js";
import { addToStats } from "../../src/tree/quota-stats.js";
import { memoryFile } from "../fixtures/memory.js";
import { PlainServer } from "./plain-server.js";
import type { QuotaStep, Step } from "./steps.js";
import { expectSame, Replay, run } from "./same-tree.js";
import { index, quotaSteps, step } from "./steps.js";

const from36 = fc.boolean();

/** Replays what a step logs, and compares the trees now and then. */
function follow(server: PlainServer, tree: DataTree, each: Step, compare: boolean): void {
  const last = server.zxid;
  run(server, each);
  const replay = new Replay(tree);
  for (const logged of server.log) if (logged.zxid > last) replay.apply(logged);
  if (!compare) return;
  refreshQuotas(tree);
  expectSame(tree, server);
}

test("the values of zookeeper_stats are a server's at any point, whatever became of limits and stats", () => {
  fc.assert(
    fc.property(quotaSteps, from36, fc.array(fc.boolean(), { minLength: 1 }), (list, is36, compare) => {
      const server = new PlainServer(is36);
      const tree = freshTree();
      for (const [at, each] of list.entries()) follow(server, tree, each, compare[at % compare.length] as boolean);
      refreshQuotas(tree);
      expectSame(tree, server);
    }),
    { numRuns: 80 },
  );
});

test("they go on from a snapshot as the server that wrote it went on", async () => {
  // A quota that is gone has left no trace but in the count of the one around it.
  const before = quotaSteps.map((list) => list.filter((each) => each.op !== "quota" || !GOING.has(each.what)));
  await fc.assert(
    fc.asyncProperty(before, quotaSteps, async (first, then) => {
      const server = new PlainServer(true);
      for (const each of first) run(server, each);
      const { tree } = await loadSnapshot(memoryFile("snapshot.0", await server.snapshot(() => {})).open());
      for (const [at, each] of then.entries()) follow(server, tree, each, at % 7 === 0);
      refreshQuotas(tree);
      expectSame(tree, server);
    }),
    { numRuns: 60 },
  );
});
const GOING: ReadonlySet<QuotaStep> = new Set(["delete", "delete stats"]);

/** Takes a step, unless it sets a quota around or within another: zkCli refuses that too. */
function* takePlain(server: PlainServer, each: Step): Generator<void> {
  if (each.op === "quota") {
    const live = [...server.nodes.keys()].filter((path) => !path.startsWith("/zookeeper"));
    const path = live[each.of % live.length] as string;
    const stats = [...server.nodes.keys()].filter((name) => name.endsWith("/zookeeper_stats"));
    const quotas = stats.map((name) => name.slice("/zookeeper/quota".length, -"/zookeeper_stats".length));
    const others = quotas.filter((other) => other !== path);
    if (path === "" || others.some((other) => `${path}/`.startsWith(`${other}/`) || other.startsWith(`${path}/`)))
      return;
  }
  yield* server.take(each);
}

test("a fuzzy snapshot leads to the same, where no quota is around another one", async () => {
  const plain = fc.record({
    op: fc.constant("quota" as const),
    of: index,
    what: fc.constantFrom<QuotaStep>("set", "set", "delete"),
    value: fc.nat({ max: 99 }),
  });
  const some = fc.array(
    fc.oneof<fc.WeightedArbitrary<Step>[]>({ weight: 1, arbitrary: plain }, { weight: 4, arbitrary: step }),
    { minLength: 5, maxLength: 40 },
  );
  const pace = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(some, some, some, pace, async (before, during, after, paces) => {
      const server = new PlainServer(true);
      for (const each of before) for (const _ of takePlain(server, each));
      const from = server.zxid;
      const changes = (function* () {
        for (const each of during) yield* takePlain(server, each);
      })();
      let turn = 0;
      const snapshot = await server.snapshot(() => {
        for (let left = paces[turn++ % paces.length] as number; left > 0 && !changes.next().done; left--);
      });
      while (!changes.next().done);
      const { tree } = await loadSnapshot(memoryFile("snapshot.0", snapshot).open());
      const replay = new Replay(tree);
      for (const each of server.log) if (each.zxid > from) replay.apply(each);
      for (const each of after) {
        const last = server.zxid;
        for (const _ of takePlain(server, each));
        for (const logged of server.log) if (logged.zxid > last) replay.apply(logged);
      }
      refreshQuotas(tree);
      expectSame(tree, server);
    }),
    { numRuns: 80 },
  );
});

test.each([
  // StatsTrack of 3.9.5, count + 2 and bytes - 3.
  ["count=1,bytes=2", "count=3,bytes=-1"],
  ["", "count=1,bytes=-4"],
  ["bytes=5", "count=1,bytes=2"],
  ["count=3;bytes=4,", "count=5,bytes=1"],
  ["count=1,bytes=2=;z=3;a=4", "count=3,bytes=-1=;a=4;z=3"],
  ["count==7,bytes=1", "count=1,bytes=-2"],
  ["count=,bytes=1", null],
  ["x", null],
  ["count=9223372036854775807,bytes=-9223372036854775808", "count=-9223372036854775807,bytes=9223372036854775805"],
  [",count=1", null],
  ["count=+4,bytes=0x1", null],
  ["count=4=5,bytes=1", "count=6,bytes=-2"],
])("to %j is added as a server does", (before, after) => {
  expect(addToStats(Buffer.from(before), 2, -3)).toBe(after);
});

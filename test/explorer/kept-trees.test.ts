import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Source } from "../../src/explorer/source.js";
import { bringFirst } from "../../src/explorer/point/listings.js";
import { discover, pointShape, type PointRequest, rebuild } from "../../src/recovery/index.js";
import { fingerprint } from "../../src/recovery/replay/fingerprint.js";
import { ChildIndex, type DataTree, pathOf, ROOT } from "../../src/tree/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { runs } from "../thorough.js";

function opened(name: string): Source {
  const directory = discover([fixtureDir(name)]);
  return new Source({ sources: [name], directory, servers: [directory] });
}

const at = (zxid: bigint): PointRequest => ({ point: { kind: "zxid", zxid, text: "" }, inclusive: true });

function lookOf(tree: DataTree): object {
  return { ...fingerprint(tree), sessions: tree.sessions.sorted() };
}

describe.each(["3.8.6-standalone", "3.4.14-standalone", "3.9.5-quotas"])("%s", (name) => {
  test("wherever one goes, in whatever order, the tree is the one that a rebuild gives", async () => {
    const source = opened(name);
    await source.begin();
    const { exact } = source.trees;
    const last = exact?.at(-1)?.to ?? 0n;
    const first = exact?.[0]?.from ?? 0n;
    const random = fc.sample(fc.bigInt({ min: first, max: last }), { ...runs(6, 2), seed: 7 });
    // Far away, and steps around that: forward over what was taken back, too.
    for (const zxid of [last, ...random].flatMap((each) => [each, each - 1n, each - 3n, each - 2n, each])) {
      if (zxid < first) continue;
      const expected = await rebuild(source.opened.directory, at(zxid), { inexact: true });
      await source.trees.at(at(zxid), ({ state, listings }) => {
        expect(state.zxid).toBe(expected.zxid);
        expect(lookOf(state.tree)).toEqual(lookOf(expected.tree));
        expect(pointShape(state)).toEqual(pointShape(expected));
        const paths = (slots: Uint32Array, tree: DataTree): string[] => [...slots].map((slot) => pathOf(tree, slot));
        const index = new ChildIndex(expected.tree.znodes);
        for (const slot of index.walk(ROOT)) {
          if (expected.tree.znodes.numChildren(slot) === 0) continue;
          const path = pathOf(expected.tree, slot);
          const here = slot === ROOT ? ROOT : state.tree.znodes.findPath(Buffer.from(path));
          const listed = listings.of(here, Number.POSITIVE_INFINITY);
          expect(paths(listed, state.tree)).toEqual(paths(index.of(slot), expected.tree));
        }
      });
    }
  }, 180_000);
});

test("steps in sight of each other share one tree; the trees beside it stay within the bound", async () => {
  const source = opened("3.8.6-standalone");
  await source.begin();
  const trees = await source.trees.at(at(0xf00n), ({ state }) => state.tree);
  for (const zxid of [0xf01n, 0xf02n, 0xf01n, 0xef0n, 0xf00n])
    await source.trees.at(at(zxid), ({ state }) => expect(state.tree).toBe(trees));
});

test("both points of a comparison are there at once", async () => {
  const source = opened("3.8.6-standalone");
  await source.begin();
  await source.trees.both(at(0xe00n), at(0xe10n), (from, to) => {
    expect([from.state.zxid, to.state.zxid]).toEqual([0xe00n, 0xe10n]);
    expect(from.state.tree).not.toBe(to.state.tree);
  });
});

test("the first of a list come first, without the others being put in order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(60), (values, wanted) => {
      const list = Uint32Array.from(values);
      const count = Math.min(wanted, list.length);
      bringFirst(list, count, (a, b) => a - b);
      const sorted = values.toSorted((a, b) => a - b);
      expect([...list.subarray(0, count)]).toEqual(sorted.slice(0, count));
      expect([...list].toSorted((a, b) => a - b)).toEqual(sorted);
    }),
  );
});

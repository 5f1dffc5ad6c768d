import { describe, expect, it } from "vitest";
import { attribute } from "../../../src/forensics/diff/attribution.js";
import type { Causes } from "../../../src/forensics/diff/causes.js";
import { diffSessions, diffTrees } from "../../../src/forensics/diff/diff.js";
import { diffPair } from "../../../src/forensics/diff/diff-pair.js";
import { undo } from "../../../src/forensics/diff/undo.js";
import { Witness } from "../../../src/forensics/diff/witness.js";
import type { ZnodeChange } from "../../../src/forensics/diff/znode-change.js";
import {
  type DataDirectory,
  discover,
  parsePoint,
  type EarlierState,
  type PointRequest,
  rebuild,
  rebuildPair,
  type State,
} from "../../../src/recovery/index.js";
import type { Usage } from "../../../src/forensics/inspect/du.js";
import { type Growth, growthOf } from "../../../src/forensics/inspect/growth.js";
import { fromHalves, hex } from "../../../src/storage/zxid.js";
import { eachHeader } from "../../../src/recovery/scan/headers.js";
import { NONE, readZnode, type TreeView, type DataTree, type Znode } from "../../../src/tree/index.js";
import { sampled, specialSources } from "../../fixtures/index.js";
import { THOROUGH } from "../../thorough.js";

/** Pairs of points tried in each source. */
const PAIRS = THOROUGH ? 8 : 1;

/** Transactions. */
const NEAR = 20;

/** How many of the pairs came from one tree; the last test looks at it. */
let fromOneTree = 0;

const tried = [...sampled, ...specialSources];

describe.each(tried)("two states of $title", ({ path, logDir }) => {
  it("are the same from one tree as from two", { timeout: 600_000 }, async () => {
    const directory = discover([path], logDir === undefined ? {} : { logDir });
    const zxids = await zxidsOf(directory);
    if (zxids.length === 0) return;
    for (let pair = 0; pair < PAIRS; pair++) {
      // Every second pair lies far apart, the others within what a server logs between two snapshots.
      const a = pair === 0 ? zxids.length - 1 - place(0, Math.min(zxids.length, NEAR)) : place(pair, zxids.length);
      const b = a + place(pair + 1, Math.min(zxids.length - a, pair % 2 === 1 ? zxids.length : NEAR));
      await comparePair(directory, at(zxids[a] as bigint), pair === 0 ? undefined : at(zxids[b] as bigint));
    }
  });
});

it("mostly come from one tree", () => {
  expect(fromOneTree).toBeGreaterThan(tried.length / 4);
});

async function comparePair(directory: DataDirectory, from: PointRequest, to?: PointRequest): Promise<void> {
  const apart = await Promise.all([rebuild(directory, from), to ? rebuild(directory, to) : rebuild(directory)]).catch(
    () => null,
  );
  let witness: Witness | undefined;
  const watched = { watch: (tree: DataTree) => (witness = new Witness(tree)) };
  const pair = await rebuildPair(directory, from, to, watched).catch(() => null);
  expect(pair === null, "refused").toBe(apart === null);
  if (!pair || !apart) return;
  const [before, after] = apart;
  if (pair.images) fromOneTree++;
  const expected = [...diffTrees(before.tree, after.tree, { stat: true, oneHistory: true })];
  const actual = [...diffPair(pair, { stat: true })];
  expect(actual.map((each) => shown(each, pair.from.tree, pair.to.tree))).toEqual(
    expected.map((each) => shown(each, before.tree, after.tree)),
  );
  if (pair.images && witness) {
    const range = { from: before.zxid, to: after.zxid };
    const { causes } = await attribute(directory, range, before.tree, after.tree, expected);
    expect(witness.attribution(pair.from.tree, pair.to.tree, actual).causes.map(plain)).toEqual(causes.map(plain));
  }
  const [some] = expected.filter(({ fields }) => fields.length > 0).map((each) => shown(each, before.tree, after.tree));
  for (const top of ["/", "/nothing", ...(some ? aboveAndAt(some) : [])]) {
    for (const depth of [0, 2]) {
      const grown = await growthOf(pair, { top, depth });
      expect(usages(grown)).toEqual(usages(await growthOf({ from: before, to: after, images: null }, { top, depth })));
    }
  }
  expect(diffSessions(pair.from, pair.to)).toEqual(diffSessions(before, after));
  expect(facts(pair.from)).toEqual(facts(before));
  expect(facts(pair.to)).toEqual(facts(after));
  const changes = actual.filter(
    ({ fields, change, recreated }) => change !== "changed" || recreated || fields.length > 0,
  );
  expect(undo(pair.from.tree, pair.to.tree, changes)).toEqual(undo(before.tree, after.tree, expected));
}

/** A changed znode's path, and its parent's. */
function aboveAndAt({ before, after }: ShownChange): string[] {
  const path = (after ?? before)?.path ?? "/";
  return [path, path.slice(0, path.lastIndexOf("/")) || "/"];
}

function usages(list: readonly Growth[] | null): unknown {
  const plainly = ({ znodes, records, values }: Usage): number[] => [znodes, records, values];
  return list?.map(({ path, before, after }) => [path, plainly(before), plainly(after)]) ?? null;
}

function plain({ count, created, deleted, data, acl }: Causes): unknown {
  return { count, created, deleted, data, acl };
}

interface ShownChange {
  told: unknown;
  before: Znode | null;
  after: Znode | null;
}

function shown({ change, before, after, fields, recreated }: ZnodeChange, from: TreeView, to: TreeView): ShownChange {
  return {
    told: [change, fields, recreated],
    before: before === NONE ? null : readZnode(from, before),
    after: after === NONE ? null : readZnode(to, after),
  };
}

/** All of a state but its tree, and which files it came from. */
function facts(state: State | EarlierState): unknown {
  const { tree: _, plan: __, ...rest } = state;
  return rest;
}

async function zxidsOf({ logs }: DataDirectory): Promise<bigint[]> {
  const found = new Set<bigint>();
  for (const log of logs)
    await eachHeader(log, ({ zxidHigh, zxidLow }) => {
      found.add(fromHalves(zxidHigh, zxidLow));
      return true;
    });
  return [...found].sort((x, y) => (x < y ? -1 : 1));
}

/** A place among `length`, the same in each run. */
function place(index: number, length: number): number {
  return Math.floor((((index + 1) * 0.6180339887) % 1) * length);
}

function at(zxid: bigint): PointRequest {
  return { point: parsePoint(hex(zxid)), inclusive: true };
}

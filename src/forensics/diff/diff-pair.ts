import type { StatePair } from "../../recovery/index.js";
import {
  compareDepthFirst,
  type BeforeImages,
  NONE,
  PathSort,
  ROOT,
  type TreeView,
  type ZnodeStore,
} from "../../tree/index.js";
import { ZnodeComparison } from "./compare-znodes.js";
import { diffTrees } from "./diff.js";
import { added, type DiffOptions, removed, type ZnodeChange } from "./znode-change.js";

/**
 * What `diffTrees` gives, of two states of one history: where images were kept, only they are compared with what there is now.
 *
 * @example
 * import { diffPair } from "zkrewind/forensics";
 * import { discover, parsePoint, rebuildPair } from "zkrewind/recovery";
 *
 * const at = (zxid) => ({ point: parsePoint(zxid), inclusive: true });
 * const pair = await rebuildPair(discover(["fixtures/3.8.6-standalone"]), at("0xe40"), at("0xe60"));
 * for (const { change, fields } of diffPair(pair, { stat: true })) console.log(change, fields);
 */
export function diffPair(pair: StatePair, options: Omit<DiffOptions, "oneHistory">): Iterable<ZnodeChange> {
  const ofOne = { ...options, oneHistory: true };
  if (pair.images === null) return diffTrees(pair.from.tree, pair.to.tree, ofOne);
  return diffTouched(pair.images, pair.from.tree, pair.to.tree, ofOne);
}

/** Neither tree may have orphans. */
function* diffTouched(
  images: BeforeImages,
  before: TreeView,
  after: TreeView,
  options: DiffOptions,
): Generator<ZnodeChange> {
  const [then, now] = [before.znodes, after.znodes];
  const comparison = new ZnodeComparison(before, after, options);
  /** By slot of the earlier tree: what is to be told of it. */
  const changes: (ZnodeChange | undefined)[] = [];
  const stayed = new Uint8Array(now.slots);
  for (let slot = 0; slot < then.slots; slot++) {
    const later = findSame(then, slot, now);
    if (later !== NONE) stayed[later] = 1;
    changes.push(later === NONE ? removed(slot) : (comparison.of(slot, later) ?? undefined));
  }
  const known = inOrder(
    then,
    changes.flatMap((change, slot) => (change ? slot : [])),
  );
  const anew = inOrder(
    now,
    [...images.touchedNow()].filter((slot) => stayed[slot] === 0),
  );
  let next = 0;
  for (const slot of known) {
    for (; next < anew.length && compareDepthFirst(now, anew[next] as number, then, slot) < 0; next++)
      yield added(anew[next] as number);
    yield changes[slot] as ZnodeChange;
  }
  for (const slot of anew.subarray(next)) yield added(slot);
}

function findSame(from: ZnodeStore, slot: number, other: ZnodeStore): number {
  if (slot === ROOT) return ROOT;
  const block = from.memoryOf(slot);
  const record = from.recordOf(slot);
  return other.find(block, record + 4, block.view.getInt32(record));
}

function inOrder(store: ZnodeStore, slots: readonly number[]): Uint32Array {
  const sorted = Uint32Array.from(slots);
  new PathSort(store, "depth first").sort(sorted, 0);
  return sorted;
}

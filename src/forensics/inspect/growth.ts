import { dataAt, aclAt, type DataTree, ROOT, STAT_LENGTH, type ZnodeStore } from "../../tree/index.js";
import type { StatePair } from "../../recovery/index.js";
import { SLASH } from "../../storage/path.js";
import { passTree } from "./depth-first.js";
import { addUsage, DiskUsage, nothing, type SubtreeUsage, type Usage } from "./du.js";

/** How a subtree changed between two points. */
export interface Growth {
  path: string;
  before: Usage;
  after: Usage;
}

export interface GrowthOptions {
  /** The znode whose subtrees are compared. */
  top: string;
  /** How deep below it subtrees are listed. */
  depth: number;
  sort?: keyof Usage;
}

/**
 * The growth between the two states of a pair; null where the top is there at neither point. Of a pair that
 * comes from one tree only that is added up: what the znodes that were touched took before and take now is the
 * difference.
 */
export async function growthOf(pair: StatePair, options: GrowthOptions): Promise<Growth[] | null> {
  const after = await usageOf(pair.to.tree, options);
  if (pair.images === null) {
    const before = await usageOf(pair.from.tree, options);
    return before || after ? growth(before ?? [], after ?? [], options.sort) : null;
  }
  const difference = new Difference(options);
  const { znodes: then } = pair.from.tree;
  for (let slot = 0; slot < then.slots; slot++) difference.add(then, slot, 1);
  const { znodes: now } = pair.to.tree;
  for (const slot of pair.images.touchedNow()) difference.add(now, slot, -1);
  const before = difference.appliedTo(after ?? []);
  return after || before.some(({ znodes }) => znodes > 0) ? growth(before, after ?? [], options.sort) : null;
}

/** Every subtree to the depth asked for; null where the top is not there. */
async function usageOf(tree: DataTree, { top, depth }: GrowthOptions): Promise<SubtreeUsage[] | null> {
  const slot = top === "/" ? ROOT : tree.znodes.findPath(Buffer.from(top));
  if (slot < 0) return null;
  const usage = new DiskUsage({ top, depth, most: Number.POSITIVE_INFINITY, patterns: false });
  await passTree(tree, slot, usage);
  return usage.report().subtrees;
}

/** What is to be added to what subtrees take, by path and by how deep below the top they are. */
class Difference {
  private readonly top: Buffer;
  private readonly depth: number;
  private readonly usages = new Map<string, SubtreeUsage>();

  constructor({ top, depth }: GrowthOptions) {
    this.top = Buffer.from(top === "/" ? "" : top);
    this.depth = depth;
  }

  /** Counts a znode in every subtree that is listed and that it is in. */
  add(store: ZnodeStore, slot: number, times: 1 | -1): void {
    const view = store.viewOf(slot);
    const { bytes } = store.memoryOf(slot);
    const record = store.recordOf(slot);
    const path = record + 4;
    const end = path + (slot === ROOT ? 0 : view.getInt32(record));
    if (!this.isBelowTop(bytes, path, end)) return;
    const values = Math.max(view.getInt32(dataAt(view, record)), 0);
    const records = aclAt(view, record) + 8 + STAT_LENGTH - record;
    const usage = { znodes: times, records: times * records, values: times * values };
    let to = path + this.top.length;
    for (let depth = 0; ; depth++) {
      addUsage(this.of(to === path ? "/" : bytes.toString("utf8", path, to), depth), usage);
      if (to >= end || depth === this.depth) return;
      const slash = bytes.indexOf(SLASH, to + 1);
      to = slash < 0 || slash > end ? end : slash;
    }
  }

  /** The subtrees that differ, and those given: what they took. */
  appliedTo(after: readonly SubtreeUsage[]): SubtreeUsage[] {
    for (const each of after) addUsage(this.of(each.path, each.depth), each);
    return [...this.usages.values()];
  }

  private of(path: string, depth: number): SubtreeUsage {
    let usage = this.usages.get(path);
    if (!usage) this.usages.set(path, (usage = { path, depth, ...nothing() }));
    return usage;
  }

  private isBelowTop(bytes: Buffer, path: number, end: number): boolean {
    const { top } = this;
    const past = path + top.length;
    if (past > end || (past < end && bytes[past] !== SLASH)) return false;
    return bytes.compare(top, 0, top.length, path, past) === 0;
  }
}

/** Subtrees that take more or less than before, by how much. Both must list every subtree of their depth. */
export function growth(
  before: readonly SubtreeUsage[],
  after: readonly SubtreeUsage[],
  sort: keyof Usage = "records",
): Growth[] {
  const paths = new Map<string, Growth>();
  for (const each of before) paths.set(each.path, { path: each.path, before: each, after: nothing() });
  for (const each of after) {
    const known = paths.get(each.path);
    if (known) known.after = each;
    else paths.set(each.path, { path: each.path, before: nothing(), after: each });
  }
  const changed = [...paths.values()].filter(
    ({ before: a, after: b }) => a.records !== b.records || a.znodes !== b.znodes || a.values !== b.values,
  );
  const grown = ({ before: a, after: b }: Growth): number => Math.abs(b[sort] - a[sort]);
  return changed.sort((a, b) => grown(b) - grown(a) || (a.path < b.path ? -1 : 1));
}

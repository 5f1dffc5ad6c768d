import { ChildIndex, type DataTree, NONE, orphans, ROOT, type TreeView } from "../../tree/index.js";
import { ZnodeComparison } from "./compare-znodes.js";
import { pathBytes } from "./path-bytes.js";
import { added, type DiffOptions, removed, type ZnodeChange } from "./znode-change.js";

/**
 * Every znode in which two trees differ: depth first, siblings in byte order of their names.
 *
 * @example
 * import { diffTrees } from "zkrewind/forensics";
 * import { discover, parsePoint, rebuild } from "zkrewind/recovery";
 * import { NONE, pathOf } from "zkrewind/tree";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const at = (zxid) => rebuild(directory, { point: parsePoint(zxid), inclusive: true });
 * const [{ tree: before }, { tree: after }] = [await at("0xe40"), await at("0xe60")];
 * for (const each of diffTrees(before, after, { oneHistory: true }))
 *   console.log(each.change, each.after === NONE ? pathOf(before, each.before) : pathOf(after, each.after));
 */
export function* diffTrees(before: DataTree, after: DataTree, options: DiffOptions): Generator<ZnodeChange> {
  const walk = new DiffWalk(before, after, options);
  yield* walk.isWhole() ? walk.fromRoot() : walk.byPath();
}

/** Ids of sessions: those that only the later state has open, and those that only the earlier one has. */
export interface SessionChanges {
  opened: bigint[];
  closed: bigint[];
}

/**
 * Sessions that are open in the one and not in the other.
 *
 * @example
 * import { diffSessions } from "zkrewind/forensics";
 * import { discover, parsePoint, rebuild } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const at = (zxid) => rebuild(directory, { point: parsePoint(zxid), inclusive: true });
 * console.log(diffSessions(await at("0x100"), await at("0xe60")));
 */
export function diffSessions(
  { tree: before }: { tree: Pick<TreeView, "sessions"> },
  { tree: after }: { tree: Pick<TreeView, "sessions"> },
): SessionChanges {
  const [a, b] = [before, after].map((tree) => new Set(tree.sessions.sorted().map(([id]) => id))) as [
    Set<bigint>,
    Set<bigint>,
  ];
  return { opened: [...b].filter((id) => !a.has(id)), closed: [...a].filter((id) => !b.has(id)) };
}

class DiffWalk {
  private readonly before: DataTree;
  private readonly after: DataTree;
  private readonly comparison: ZnodeComparison;
  private readonly childrenBefore: ChildIndex;
  private readonly childrenAfter: ChildIndex;

  constructor(before: DataTree, after: DataTree, options: DiffOptions) {
    this.before = before;
    this.after = after;
    this.comparison = new ZnodeComparison(before, after, options);
    this.childrenBefore = new ChildIndex(before.znodes);
    this.childrenAfter = new ChildIndex(after.znodes);
  }

  /** Whether the roots lead to every znode. */
  isWhole(): boolean {
    const { before, after } = this;
    const rooted = [before, after].every(({ znodes }) => znodes.size > 0 && orphans(znodes).length === 0);
    return rooted;
  }

  /** Merges the children of each pair of znodes; what is on one side only comes with all that is below it. */
  *fromRoot(): Generator<ZnodeChange> {
    const stack: [before: number, after: number][] = [[ROOT, ROOT]];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const [before, after] = next;
      if (before === NONE) {
        for (const slot of this.childrenAfter.walk(after)) yield added(slot);
        continue;
      }
      if (after === NONE) {
        for (const slot of this.childrenBefore.walk(before)) yield removed(slot);
        continue;
      }
      const change = this.comparison.of(before, after);
      if (change) yield change;
      const pairs = this.pairChildren(before, after);
      for (let index = pairs.length - 1; index >= 0; index--) stack.push(pairs[index] as [number, number]);
    }
  }

  /** Damaged trees, where parents are missing: every path is looked up on the other side. */
  *byPath(): Generator<ZnodeChange> {
    const { before, after } = this;
    const list: [path: Buffer, change: ZnodeChange][] = [];
    for (const slot of slotsOf(before)) {
      const other = slot === ROOT ? rootOf(after) : after.znodes.findPath(pathBytes(before, slot));
      const change = other === NONE ? removed(slot) : this.comparison.of(slot, other);
      if (change) list.push([pathBytes(before, slot), change]);
    }
    for (const slot of slotsOf(after)) {
      const other = slot === ROOT ? rootOf(before) : before.znodes.findPath(pathBytes(after, slot));
      if (other === NONE) list.push([pathBytes(after, slot), added(slot)]);
    }
    list.sort(([a], [b]) => Buffer.compare(a, b));
    for (const [, change] of list) yield change;
  }

  private pairChildren(before: number, after: number): [before: number, after: number][] {
    const a = this.childrenBefore.of(before);
    const b = this.childrenAfter.of(after);
    const pairs: [number, number][] = [];
    let i = 0;
    let j = 0;
    while (i < a.length || j < b.length) {
      const order = i === a.length ? 1 : j === b.length ? -1 : this.comparePaths(a[i] as number, b[j] as number);
      pairs.push([order <= 0 ? (a[i++] as number) : NONE, order >= 0 ? (b[j++] as number) : NONE]);
    }
    return pairs;
  }

  private comparePaths(before: number, after: number): number {
    return Buffer.compare(pathBytes(this.before, before), pathBytes(this.after, after));
  }
}

function rootOf(tree: DataTree): number {
  return tree.znodes.size > 0 && tree.znodes.exists(ROOT) ? ROOT : NONE;
}

function* slotsOf({ znodes }: DataTree): Generator<number> {
  for (let slot = 0; slot < znodes.slots; slot++) if (znodes.exists(slot)) yield slot;
}

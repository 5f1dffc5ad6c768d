import type { State } from "../../recovery/index.js";
import { aclAt, ChildIndex, type DataTree, dataAt, kindOf, NONE, orphans, ROOT, STAT } from "../../tree/index.js";
import { aclIdAt } from "../../storage/znode-record.js";

/** What two trees differ in at one path. */
export interface ZnodeChange {
  change: "added" | "removed" | "changed";
  /** Its slot in the tree before, NONE where it is added; and in the tree after. */
  before: number;
  after: number;
  /** What of it differs; empty for what is added or removed. */
  fields: readonly ChangedField[];
  /** Deleted and created again in between: another life under the same path. */
  recreated: boolean;
}

export type StatField = keyof typeof STAT | "numChildren";
/** `aclUnknown`: an ACL id that is in no map stands where nobody can say what it means. */
export type ChangedField = "data" | "acl" | "aclUnknown" | "kind" | StatField;

export interface DiffOptions {
  /** Also what differs in nothing but its stat. */
  stat?: boolean;
  /** Whether both are of one history, so that another czxid is another life and an ACL id means the same. */
  oneHistory: boolean;
}

/** Every znode in which two trees differ: depth first, siblings in byte order of their names. */
export function* diffTrees(before: DataTree, after: DataTree, options: DiffOptions): Generator<ZnodeChange> {
  const walk = new DiffWalk(before, after, options);
  yield* walk.isWhole() ? walk.fromRoot() : walk.byPath();
}

export interface SessionChanges {
  opened: bigint[];
  closed: bigint[];
}

/** Sessions that are open in the one and not in the other. */
export function diffSessions(
  { tree: before }: Pick<State, "tree">,
  { tree: after }: Pick<State, "tree">,
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
  private readonly options: DiffOptions;
  private readonly childrenBefore: ChildIndex;
  private readonly childrenAfter: ChildIndex;

  constructor(before: DataTree, after: DataTree, options: DiffOptions) {
    this.before = before;
    this.after = after;
    this.options = options;
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
      const change = this.compare(before, after);
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
      const change = other === NONE ? removed(slot) : this.compare(slot, other);
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

  private compare(before: number, after: number): ZnodeChange | null {
    const a = this.before.znodes;
    const b = this.after.znodes;
    const [viewA, viewB] = [a.viewOf(before), b.viewOf(after)];
    const [dataA, dataB] = [dataAt(viewA, a.recordOf(before)), dataAt(viewB, b.recordOf(after))];
    const [aclA, aclB] = [aclAt(viewA, a.recordOf(before)), aclAt(viewB, b.recordOf(after))];
    const fields: ChangedField[] = [];
    if (a.memoryOf(before).bytes.compare(b.memoryOf(after).bytes, dataB, aclB, dataA, aclA) !== 0) fields.push("data");
    const acl = this.compareAcls(aclIdAt(viewA, aclA), aclIdAt(viewB, aclB));
    if (acl) fields.push(acl);
    if (ownersKind(viewA, aclA + 8) !== ownersKind(viewB, aclB + 8)) fields.push("kind");
    const recreated = this.options.oneHistory && !sameLong(viewA, aclA + 8, viewB, aclB + 8, STAT.czxid);
    if (this.options.stat) {
      fields.push(...STAT_FIELDS.filter((field) => !sameField(viewA, aclA + 8, viewB, aclB + 8, field)));
      if (a.numChildren(before) !== b.numChildren(after)) fields.push("numChildren");
    }
    return fields.length > 0 || recreated ? { change: "changed", before, after, fields, recreated } : null;
  }

  private compareAcls(before: number, after: number): "acl" | "aclUnknown" | null {
    const [a, b] = [this.before.acls.get(before), this.after.acls.get(after)];
    if (a && b) return a.equals(b) ? null : "acl";
    if (!a && !b && before === after && this.options.oneHistory) return null;
    return "aclUnknown";
  }
}

const STAT_FIELDS = Object.keys(STAT) as (keyof typeof STAT)[];
/** Fields of four bytes; the others have eight. */
const INTS: ReadonlySet<keyof typeof STAT> = new Set(["version", "cversion", "aversion"]);

function added(after: number): ZnodeChange {
  return { change: "added", before: NONE, after, fields: [], recreated: false };
}

function removed(before: number): ZnodeChange {
  return { change: "removed", before, after: NONE, fields: [], recreated: false };
}

function sameField(a: DataView, statA: number, b: DataView, statB: number, field: keyof typeof STAT): boolean {
  const offset = STAT[field];
  if (INTS.has(field)) return a.getInt32(statA + offset) === b.getInt32(statB + offset);
  return sameLong(a, statA, b, statB, offset);
}

function sameLong(a: DataView, statA: number, b: DataView, statB: number, offset: number): boolean {
  return (
    a.getInt32(statA + offset) === b.getInt32(statB + offset) &&
    a.getInt32(statA + offset + 4) === b.getInt32(statB + offset + 4)
  );
}

/** The kind, and for a TTL znode its owner, which is the TTL; which session an ephemeral belongs to is not its kind. */
function ownersKind(view: DataView, stat: number): string {
  const high = view.getInt32(stat + STAT.ephemeralOwner);
  const low = view.getUint32(stat + STAT.ephemeralOwner + 4);
  const kind = kindOf(high, low);
  return kind === "ttl" ? `ttl ${high} ${low}` : kind;
}

function rootOf(tree: DataTree): number {
  return tree.znodes.size > 0 && tree.znodes.exists(ROOT) ? ROOT : NONE;
}

function* slotsOf({ znodes }: DataTree): Generator<number> {
  for (let slot = 0; slot < znodes.slots; slot++) if (znodes.exists(slot)) yield slot;
}

/** A znode's path as it lies in the tree's memory; empty for the root. */
export function pathBytes({ znodes }: DataTree, slot: number): Buffer {
  const record = znodes.recordOf(slot);
  return znodes.memoryOf(slot).bytes.subarray(record + 4, record + 4 + znodes.viewOf(slot).getInt32(record));
}

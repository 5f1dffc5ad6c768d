import { hex } from "../../storage/zxid.js";
import { ChildIndex, type TreeView, NONE, pathOf, readZnode, type Znode } from "../../tree/index.js";
import { pathBytes } from "./path-bytes.js";
import type { ZnodeChange } from "./znode-change.js";
import type { Kept, UndoStep } from "./undo-step.js";
import { isBelowQuotaRoot, isStats } from "./quota-paths.js";
import { undoQuotas, type Undone } from "./undo-quotas.js";
import { safe, type Safe, words } from "../../text/safe.js";

export type { Kept, UndoStep } from "./undo-step.js";

/** What leads back to an earlier tree, and what cannot be brought back. */
export interface Undo {
  /** In the order in which they must be done: deletes from below, creates from above, then changes; quotas around them. */
  steps: UndoStep[];
  kept: Kept[];
}

/**
 * The operations that turn the later tree back into the earlier one: its znodes, their data and ACLs. Versions, zxids
 * and times cannot be brought back, nor can ephemerals, which belong to sessions.
 *
 * @example
 * import { diffTrees, undo } from "zkrewind/forensics";
 * import { discover, parsePoint, rebuild } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const at = (zxid) => rebuild(directory, { point: parsePoint(zxid), inclusive: true });
 * const [{ tree: before }, { tree: after }] = [await at("0xe40"), await at("0xe60")];
 * const { steps, kept } = undo(before, after, [...diffTrees(before, after, { oneHistory: true })]);
 * console.log(steps.map(({ op, path }) => `${op} ${path}`), kept);
 */
export function undo(from: TreeView, to: TreeView, changes: readonly ZnodeChange[]): Undo {
  return new Undoing(from, to).run(changes);
}

class Undoing {
  private readonly from: TreeView;
  private readonly to: TreeView;
  private readonly deletes: Undone["deletes"] = new Map();
  private readonly creates: Undone["creates"] = new Map();
  private readonly sets: Undone["sets"] = [];
  private readonly kept = new Map<string, Kept>();

  constructor(from: TreeView, to: TreeView) {
    this.from = from;
    this.to = to;
  }

  run(changes: readonly ZnodeChange[]): Undo {
    this.replaceWhereKindChanged(changes);
    for (const change of changes) this.invert(change);
    const { deletes, creates, sets, kept } = this;
    const quotas = undoQuotas(this.from, this.to, { deletes, creates, sets, kept });
    this.noteMissingParents();
    this.noteLeftChildren();
    // A path is before those below it in byte order of paths, though siblings' subtrees may mix: so that is the order.
    const steps = [
      ...quotas.deletes,
      ...elsewhere(deletes).toSorted((a, b) => Buffer.compare(b.pathBytes, a.pathBytes)),
      ...quotas.raises,
      ...elsewhere(creates).toSorted((a, b) => Buffer.compare(a.pathBytes, b.pathBytes)),
      ...elsewhere(sets),
      ...quotas.creates,
      ...quotas.sets,
    ];
    return { steps, kept: [...kept.values()] };
  }

  /** A kind is for life: the znode has to go, with all that is below it, and come back. */
  private replaceWhereKindChanged(changes: readonly ZnodeChange[]): void {
    const tops = changes.filter(({ fields }) => fields.includes("kind"));
    if (tops.length === 0) return;
    const [before, after] = [new ChildIndex(this.from.znodes), new ChildIndex(this.to.znodes)];
    for (const top of tops) {
      if ([...after.walk(top.after)].some((slot) => isStats(pathOf(this.to, slot)))) {
        const why = words("its kind cannot be changed, and zookeeper_stats is below it, which only the server changes");
        this.keep(this.from, top.before, why);
        continue;
      }
      for (const slot of after.walk(top.after)) this.delete(slot);
      for (const slot of before.walk(top.before)) if (!isStats(pathOf(this.from, slot))) this.create(slot);
    }
  }

  private invert({ change, before, after, fields }: ZnodeChange): void {
    const [tree, slot] = before === NONE ? [this.to, after] : [this.from, before];
    const why = keptByServer(pathOf(tree, slot));
    if (why !== null) this.keep(tree, slot, why);
    else if (change === "added") this.delete(after);
    else if (change === "removed") this.create(before);
    else if (!this.creates.has(keyOf(this.from, before))) {
      if (fields.includes("data")) this.setData(before, after);
      if (fields.includes("acl") || fields.includes("aclUnknown")) this.setAcl(before, after);
    }
  }

  private keep(tree: TreeView, slot: number, why: Safe): void {
    this.kept.set(keyOf(tree, slot), { path: pathOf(tree, slot), why, goes: false });
  }

  private delete(slot: number): void {
    const { path, pathBytes: bytes, stat, kind } = readZnode(this.to, slot);
    const note = kind === "ephemeral" ? { note: safe`ephemeral of session ${hex(stat.ephemeralOwner)}` } : {};
    this.deletes.set(keyOf(this.to, slot), { op: "delete", path, pathBytes: bytes, version: stat.version, ...note });
  }

  private create(slot: number): void {
    const { path, pathBytes: bytes, data, acl, kind, ttl, stat } = readZnode(this.from, slot);
    const note =
      acl === undefined ? UNKNOWN_ACL : kind === "ephemeral" ? ephemeralNote(stat.ephemeralOwner) : undefined;
    this.creates.set(keyOf(this.from, slot), {
      op: "create",
      path,
      pathBytes: bytes,
      data,
      acl,
      kind,
      ...(ttl === undefined ? {} : { ttl }),
      possible: note === undefined,
      ...(note === undefined ? {} : { note }),
    });
  }

  private setData(before: number, after: number): void {
    const { path, pathBytes: bytes, data } = readZnode(this.from, before);
    const { version } = this.later(after).stat;
    this.sets.push([keyOf(this.from, before), { op: "setData", path, pathBytes: bytes, data, version }]);
  }

  private setAcl(before: number, after: number): void {
    const { path, pathBytes: bytes, acl } = readZnode(this.from, before);
    const known = acl === undefined ? { possible: false, note: UNKNOWN_ACL } : { possible: true };
    const version = this.later(after).stat.aversion;
    this.sets.push([keyOf(this.from, before), { op: "setACL", path, pathBytes: bytes, acl, version, ...known }]);
  }

  private later(slot: number): Znode {
    return readZnode(this.to, slot);
  }

  /** Where globs leave a parent out that has to be there first. */
  private noteMissingParents(): void {
    for (const step of this.creates.values()) {
      const end = step.pathBytes.lastIndexOf("/");
      const parent = step.pathBytes.subarray(0, end);
      const key = parent.toString("latin1");
      const there =
        end <= 0 || this.creates.has(key) || (this.to.znodes.findPath(parent) !== NONE && !this.deletes.has(key));
      if (!there) step.note ??= words("its parent is missing, and is not to be undone");
    }
  }

  /** Where globs leave something below a znode that is to go: a server refuses that. */
  private noteLeftChildren(): void {
    const children = new Map<string, number>();
    for (const key of this.deletes.keys()) {
      const parent = key.slice(0, key.lastIndexOf("/"));
      children.set(parent, (children.get(parent) ?? 0) + 1);
    }
    for (const [key, step] of this.deletes) {
      const slot = this.to.znodes.findPath(step.pathBytes);
      if (this.to.znodes.numChildren(slot) > (children.get(key) ?? 0))
        step.note ??= words("it has children that are not to be undone");
    }
  }
}

function elsewhere(steps: Iterable<readonly [key: string, UndoStep]>): UndoStep[] {
  return [...steps].filter(([key]) => !isBelowQuotaRoot(key)).map(([, step]) => step);
}

const UNKNOWN_ACL = words("its earlier ACL is not known: the ACL id is in no map");

function ephemeralNote(owner: bigint): Safe {
  return safe`it was an ephemeral of session ${hex(owner)}: only that client can create it again`;
}

/** Why a znode is not a client's to change; null where it is. */
function keptByServer(path: string): Safe | null {
  if (isStats(path)) return words("the server counts it again");
  if (path === "/zookeeper/config") return words("only reconfig changes it");
  return null;
}

function keyOf(tree: TreeView, slot: number): string {
  return pathBytes(tree, slot).toString("latin1");
}

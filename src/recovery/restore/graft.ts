import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { ChildIndex, type DataTree, NONE, pathOf, ROOT, STAT } from "../../tree/index.js";
import { CopiedZnodes } from "./copied-znodes.js";
import { type Counters, raiseCounters } from "./counters.js";
import type { Draft } from "./draft.js";
import { graftQuotas } from "./quotas.js";
import { ownerKind } from "./owner-kinds.js";
import { subtrees } from "./subtrees.js";
import { slotAt } from "./value.js";

/** A subtree of another tree that is to be put into the draft. */
export interface Graft {
  path: string;
  /** Keep what the draft has below the path and the other tree has not. */
  merge: boolean;
}

/**
 * Puts subtrees of another tree into the draft, each in place of what is there or, merged, over it. What is above them
 * and missing comes along, without what else is below it. Ephemerals stay behind: their sessions are not here. Zxids that
 * are not below the result's become the result's. A znode that gives numbers to others' names goes on above all that any
 * log shows (`counters`), or creates below it would fail for ever.
 *
 * Throws ZkRewindError 1 where the other tree has no such znode, or the draft has no place for it.
 */
export function graft(
  draft: Draft,
  from: { tree: DataTree; zxid: bigint },
  grafts: readonly Graft[],
  counters: Counters,
  openDanglingAcls: boolean,
): void {
  const children = new ChildIndex(from.tree.znodes);
  const copies = new CopiedZnodes(draft, from.tree, openDanglingAcls);
  for (const { path, merge } of grafts) {
    const top = from.tree.znodes.findPath(Buffer.from(path));
    if (top === NONE)
      throw new ZkRewindError(say`there is no znode ${tag.path(path)} at ${hex(from.zxid)} to graft`, { exitCode: 1 });
    makeParents(draft, from.tree, copies, path);
    const known = new Map(counters);
    if (!merge) replace(draft, path, known);
    const made: string[] = [];
    const dropped: string[] = [];
    const touched: number[] = [];
    // Depth first, so that what is below a znode that stays behind comes right after it.
    const behind = new Uint8Array(from.tree.znodes.slots);
    for (const slot of children.walk(top)) {
      const parent = from.tree.znodes.parent(slot);
      if (ownerKind(from.tree, slot) === "ephemeral" || (slot !== top && behind[parent] === 1)) {
        behind[slot] = 1;
        dropped.push(pathOf(from.tree, slot));
        continue;
      }
      const copy = copies.copy(slot);
      touched.push(copy);
      made.push(pathOf(from.tree, slot));
      if (ownerKind(from.tree, slot) === "container" && from.tree.znodes.numChildren(slot) > 0)
        draft.filledContainers.push(copy);
    }
    draft.changes.add("graft.taken", { paths: [path], count: made.length });
    draft.changes.add("graft.ephemerals", { paths: dropped });
    const parent = draft.tree.znodes.parent(slotAt(draft, path));
    if (parent !== NONE) {
      draft.childrenChanged(parent);
      touched.push(parent);
    }
    graftQuotas(draft, from.tree, copies, path, merge);
    raiseCounters(draft, touched, known);
  }
}

/** What may not be put in place of what is there: the root, and the server's own znodes. */
export function refuseGraftOf(path: string): void {
  if (path !== "/" && path !== "/zookeeper" && !path.startsWith("/zookeeper/")) return;
  const hint =
    path === "/"
      ? say`Restore that point itself, or name the znodes below the root.`
      : say`Quotas are grafted with the znodes that they belong to.`;
  throw new ZkRewindError(say`${tag.path(path)} cannot be grafted`, { exitCode: 2, hint });
}

/** Takes out what is at a path, and notes how far its counters were. */
function replace(draft: Draft, path: string, counters: Map<string, number>): void {
  const slot = slotAt(draft, path);
  if (slot === NONE) return;
  const gone = subtrees(draft.tree, [slot]);
  const { znodes } = draft.tree;
  for (const each of gone) {
    const cversion = znodes.viewOf(each).getInt32(znodes.statOf(each) + STAT.cversion);
    const own = pathOf(draft.tree, each);
    if (cversion > (counters.get(own) ?? 0)) counters.set(own, cversion);
  }
  draft.changes.add("graft.replaced", { paths: [path], count: gone.length });
  draft.remove(gone);
}

function makeParents(draft: Draft, from: DataTree, copies: CopiedZnodes, path: string): void {
  const made: string[] = [];
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
    const above = path.slice(0, at);
    const there = slotAt(draft, above);
    if (there !== NONE && there !== ROOT && ownerKind(draft.tree, there) === "ephemeral")
      throw new ZkRewindError(say`${tag.path(above)} is an ephemeral: nothing can be grafted below it`, {
        exitCode: 1,
      });
    if (there !== NONE) continue;
    const slot = copies.copy(from.znodes.findPath(Buffer.from(above)));
    draft.childrenChanged(draft.tree.znodes.parent(slot));
    made.push(above);
  }
  draft.changes.add("graft.parents", { paths: made });
}

import { ChildIndex, type DataTree, orphans, pathOf, ROOT } from "../../tree/index.js";
import type { Draft } from "./draft.js";

/**
 * Leaves out what is not chosen: whole subtrees, since what is above a chosen znode is chosen. /zookeeper is the
 * server's own and stays, but for the quotas of znodes that are gone: a server would otherwise look for them when it
 * starts.
 */
export function trim(draft: Draft, isChosen: (slot: number) => boolean): void {
  const { tree } = draft;
  const children = new ChildIndex(tree.znodes);
  const isOwn = ownZnodes(tree, children, isChosen);
  const left = new Uint32Array(tree.znodes.size);
  const paths: string[] = [];
  let count = 0;
  const isLeft = new Uint8Array(tree.znodes.slots);
  for (const top of [ROOT, ...orphans(tree.znodes)]) {
    for (const slot of children.walk(top)) {
      if (slot === ROOT || (isOwn[slot] === UNKNOWN ? isChosen(slot) : isOwn[slot] === STAYS)) continue;
      left[count++] = slot;
      isLeft[slot] = 1;
      const parent = tree.znodes.parent(slot);
      if (parent < 0 || isLeft[parent] === 0) paths.push(pathOf(tree, slot));
    }
  }
  draft.remove(left.subarray(0, count));
  draft.changes.add("znodes.left-out", { paths, count });
}

const UNKNOWN = 0;
const STAYS = 1;
const GOES = 2;

/** By slot: whether a znode of the server's own stays; UNKNOWN for all others. */
function ownZnodes(tree: DataTree, children: ChildIndex, isChosen: (slot: number) => boolean): Uint8Array {
  const fate = new Uint8Array(tree.znodes.slots);
  const own = tree.znodes.findPath(Buffer.from("/zookeeper"));
  if (own < 0) return fate;
  for (const slot of children.walk(own)) {
    const target = quotaTarget(pathOf(tree, slot));
    if (target === null) fate[slot] = STAYS;
    else {
      const of = tree.znodes.findPath(Buffer.from(target));
      fate[slot] = of === ROOT || (of >= 0 && (fate[of] === STAYS || isChosen(of))) ? STAYS : GOES;
    }
  }
  return fate;
}

/** The path that a znode below /zookeeper/quota is about, the root as "/"; null for any other. */
export function quotaTarget(path: string): string | null {
  if (!path.startsWith(`${QUOTA}/`)) return null;
  return path.slice(QUOTA.length).replace(/\/zookeeper_(limits|stats)$/, "") || "/";
}

const QUOTA = "/zookeeper/quota";

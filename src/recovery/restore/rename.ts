import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { Block } from "../../checksum/index.js";
import { aclAt, ChildIndex, dataAt, NONE, pathOf, ROOT, STAT, STAT_LENGTH } from "../../tree/index.js";
import { type Counters, raiseCounters } from "./counters.js";
import type { Draft } from "./draft.js";
import { ownerKind } from "./owner-kinds.js";
import { subtrees } from "./subtrees.js";
import { slotAt } from "./value.js";

/** A subtree that gets another path. */
export interface Renaming {
  from: string;
  to: string;
}

/**
 * Moves a subtree, its quotas too, with its data, ACLs and stats. Its ephemerals go: their owners know them by their old
 * paths. The new parent counts one more create.
 *
 * Throws ZkRewindError 1 where there is nothing to move, or no place for it.
 */
export function rename(draft: Draft, { from, to }: Renaming): void {
  const top = slotAt(draft, from);
  const parent = slotAt(draft, to.slice(0, to.lastIndexOf("/")) || "/");
  const refuse = (why: ReturnType<typeof say>): ZkRewindError =>
    new ZkRewindError(say`${tag.path(from)} cannot become ${tag.path(to)}: ${why}`, { exitCode: 1 });
  if (top === NONE) throw refuse(say`it does not exist`);
  if (slotAt(draft, to) !== NONE) throw refuse(say`that exists`);
  if (parent === NONE) throw refuse(say`its parent does not exist`);
  if (to.startsWith(`${from}/`)) throw refuse(say`it would be below itself`);
  if (parent !== ROOT && ownerKind(draft.tree, parent) === "ephemeral") throw refuse(say`its parent is an ephemeral`);
  dropEphemerals(draft, top);
  const count = move(draft, from, to);
  draft.changes.add("renamed", { paths: [from, to], count });
  const { znodes } = draft.tree;
  const cversion = znodes.statOf(parent) + STAT.cversion;
  const view = znodes.viewOf(parent);
  view.setInt32(cversion, (view.getInt32(cversion) + 1) | 0);
  draft.childrenChanged(parent);
  znodes.refresh(parent);
  raiseCounters(draft, [parent], NO_COUNTERS);
  moveQuotas(draft, from, to);
}

/** What may not be moved, or moved to: the root, and the server's own znodes. Throws ZkRewindError 2. */
export function refuseRenaming({ from, to }: Renaming): void {
  for (const path of [from, to]) {
    if (path !== "/" && path !== "/zookeeper" && !path.startsWith("/zookeeper/")) continue;
    throw new ZkRewindError(say`${tag.path(path)} must stay where servers expect it`, { exitCode: 2 });
  }
}

const NO_COUNTERS: Counters = new Map();

function dropEphemerals(draft: Draft, top: number): void {
  const { tree, changes } = draft;
  const own = subtrees(tree, [top]).filter((slot) => slot !== ROOT && ownerKind(tree, slot) === "ephemeral");
  const paths = own.map((slot) => pathOf(tree, slot)).sort();
  draft.remove(subtrees(tree, own));
  changes.add("ephemerals.dropped-moved", { paths });
}

/** Each znode is made anew under its new path, parents first; then the old ones go. */
function move(draft: Draft, from: string, to: string): number {
  const { znodes } = draft.tree;
  const old = Uint32Array.from(new ChildIndex(znodes).walk(slotAt(draft, from)));
  const [before, after] = [Buffer.from(from).length, Buffer.from(to)];
  for (const slot of old) {
    const block = znodes.memoryOf(slot);
    const record = znodes.recordOf(slot);
    const length = block.view.getInt32(record);
    const data = dataAt(block.view, record);
    const dataLength = block.view.getInt32(data);
    const acl = aclAt(block.view, record);
    const path = Buffer.concat([after, block.bytes.subarray(record + 4 + before, record + 4 + length)]);
    const copy = Block.create(path.length + Math.max(dataLength, 0) + 1);
    copy.bytes.set(path, copy.start);
    if (dataLength > 0) copy.bytes.set(block.bytes.subarray(data + 4, data + 4 + dataLength), copy.start + path.length);
    const parent = znodes.findPath(path.subarray(0, path.lastIndexOf("/")));
    const made = znodes.create(copy, copy.start, path.length, copy.start + path.length, dataLength, parent);
    const target = aclAt(znodes.viewOf(made), znodes.recordOf(made));
    for (let at = 0; at < 8 + STAT_LENGTH; at += 4)
      znodes.viewOf(made).setInt32(target + at, block.view.getInt32(acl + at));
    znodes.refresh(made);
  }
  draft.remove(old);
  return old.length;
}

function moveQuotas(draft: Draft, from: string, to: string): void {
  const [old, fresh] = [`${QUOTA}${from}`, `${QUOTA}${to}`];
  if (slotAt(draft, old) === NONE) return;
  const above = fresh.slice(0, fresh.lastIndexOf("/"));
  const missing = slotAt(draft, above) === NONE;
  if (missing || slotAt(draft, fresh) !== NONE) {
    draft.changes.add("quotas.dropped", { paths: [from] });
    draft.remove(subtrees(draft.tree, [slotAt(draft, old)]));
    return;
  }
  move(draft, old, fresh);
}

const QUOTA = "/zookeeper/quota";

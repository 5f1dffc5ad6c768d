import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { ChildIndex, type DataTree, NONE, pathOf, readZnode } from "../../tree/index.js";
import type { CopiedZnodes } from "./copied-znodes.js";
import type { Draft } from "./draft.js";
import { subtrees } from "./subtrees.js";
import { quotaTarget } from "./trim.js";
import { slotAt } from "./value.js";

/**
 * The quotas of a grafted subtree come along, each with its limits and its stats or not at all: a server counts nothing
 * where one of the two is missing, and releases up to 3.6 die of limits that they cannot read. Without `merge`, the
 * draft's own quotas there go.
 */
export function graftQuotas(draft: Draft, from: DataTree, copies: CopiedZnodes, path: string, merge: boolean): void {
  const before = merge ? [] : quotasOf(draft.tree, path);
  if (!merge) removeQuotas(draft, path);
  const taken = new Set<string>();
  for (const target of quotasOf(from, path)) {
    const names = [LIMITS, STATS].map((name) => `${QUOTA}${target}/${name}`);
    const slots = names.map((name) => from.znodes.findPath(Buffer.from(name)));
    if (slots.some((slot) => slot === NONE)) {
      draft.changes.add("graft.quotas-incomplete", { paths: [target] });
      continue;
    }
    refuseUnreadable(from, slots[0] as number);
    makeFolders(draft, from, copies, `${QUOTA}${target}`);
    for (const slot of slots) copies.copy(slot);
    draft.changes.add("graft.quotas", { paths: [target] });
    taken.add(target);
  }
  draft.changes.add("graft.quotas-gone", { paths: before.filter((target) => !taken.has(target)) });
}

function removeQuotas(draft: Draft, path: string): void {
  const top = slotAt(draft, `${QUOTA}${path}`);
  if (top !== NONE) draft.remove(subtrees(draft.tree, [top]));
}

/** The paths at or below one that have a quota's znodes. */
function quotasOf(tree: DataTree, path: string): string[] {
  const top = tree.znodes.findPath(Buffer.from(`${QUOTA}${path}`));
  if (top === NONE) return [];
  const targets = new Set<string>();
  for (const slot of new ChildIndex(tree.znodes).walk(top)) {
    const own = pathOf(tree, slot);
    if (own.endsWith(`/${LIMITS}`) || own.endsWith(`/${STATS}`)) targets.add(quotaTarget(own) as string);
  }
  return [...targets];
}

function makeFolders(draft: Draft, from: DataTree, copies: CopiedZnodes, folder: string): void {
  for (let at = folder.indexOf("/", 1); at > 0; at = folder.indexOf("/", at + 1)) makeFolder(folder.slice(0, at));
  makeFolder(folder);
  function makeFolder(path: string): void {
    const slot = from.znodes.findPath(Buffer.from(path));
    if (slotAt(draft, path) === NONE && slot !== NONE) copies.copy(slot);
  }
}

function refuseUnreadable(tree: DataTree, slot: number): void {
  const { data, path } = readZnode(tree, slot);
  if (data !== null && /^count=-?\d+,bytes=-?\d+(=;\w+=-?\d+(;\w+=-?\d+)*)?$/.test(data.toString("latin1"))) return;
  throw new ZkRewindError(say`the limits in ${tag.path(path)} cannot be read`, {
    exitCode: 1,
    hint: say`Releases up to 3.6 crash on them at the first create below. Graft the znodes below that path one by one: that leaves out the quota.`,
  });
}

const QUOTA = "/zookeeper/quota";
const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";

import { ChildIndex } from "./children.js";
import type { DataTree } from "./data-tree.js";
import { dataAt } from "./record.js";
import { inBlock } from "./scratch.js";
import { NONE, ROOT } from "./znode-store.js";

const QUOTA_ROOT = "/zookeeper/quota";
const STATS_NAME = "zookeeper_stats";
const LIMITS_NAME = "zookeeper_limits";

/**
 * Brings every `zookeeper_stats` up to date. No transaction records their values: the server counts a subtree when a
 * quota is set and when it loads a snapshot, and adjusts the count at every change below (DataTree.updateQuotaForPath,
 * updateQuotaStat). Counting afresh at the end gives the same, in one pass instead of at every transaction.
 */
export function refreshQuotas(tree: DataTree): void {
  const { znodes } = tree;
  const top = znodes.findPath(Buffer.from(QUOTA_ROOT));
  if (top === NONE || znodes.numChildren(top) === 0) return;
  const children = new ChildIndex(znodes);
  for (const slot of children.walk(top)) {
    const path = pathBytes(tree, slot).toString("utf8");
    if (!path.endsWith(`/${STATS_NAME}`)) continue;
    const quota = path.slice(0, -STATS_NAME.length - 1);
    // Without limits beside it the server does not know of the quota.
    if (znodes.findPath(Buffer.from(`${quota}/${LIMITS_NAME}`)) === NONE) continue;
    const target = znodes.findPath(Buffer.from(quota.slice(QUOTA_ROOT.length) || "/"));
    const usage = target === NONE ? { count: 0, bytes: 0 } : subtreeUsage(tree, children, target);
    const data = dataOf(tree, slot)?.toString("latin1") ?? "";
    storeData(tree, slot, statsText(data, usage));
  }
}

/** Znodes and bytes of data in a subtree, its top included. */
export function subtreeUsage(tree: DataTree, children: ChildIndex, top: number): { count: number; bytes: number } {
  let count = 0;
  let bytes = 0;
  for (const slot of children.walk(top)) {
    count++;
    const view = tree.znodes.viewOf(slot);
    bytes += Math.max(0, view.getInt32(dataAt(view, tree.znodes.recordOf(slot))));
  }
  return { count, bytes };
}

/** StatsTrack.toString: `count=N,bytes=M`, and where there were other keys `=;key=value;…` in order of the keys. */
function statsText(before: string, { count, bytes }: { count: number; bytes: number }): string {
  const others = before
    .split(/[,;]+/)
    .map((pair) => pair.split("="))
    .filter(([key, value]) => key && value && key !== "count" && key !== "bytes")
    .map(([key, value]) => `${key}=${value}`)
    .sort();
  return `count=${count},bytes=${bytes}${others.length > 0 ? `=;${others.join(";")};` : ""}`;
}

function storeData(tree: DataTree, slot: number, text: string): void {
  const data = Buffer.from(text);
  const block = inBlock(data);
  tree.znodes.setData(slot, block, block.start, data.length);
  tree.znodes.refresh(slot);
}

function dataOf(tree: DataTree, slot: number): Buffer | null {
  const view = tree.znodes.viewOf(slot);
  const at = dataAt(view, tree.znodes.recordOf(slot));
  const length = view.getInt32(at);
  return length < 0 ? null : tree.znodes.memoryOf(slot).bytes.subarray(at + 4, at + 4 + length);
}

function pathBytes(tree: DataTree, slot: number): Buffer {
  if (slot === ROOT) return Buffer.from("/");
  const record = tree.znodes.recordOf(slot);
  const length = tree.znodes.viewOf(slot).getInt32(record);
  return tree.znodes.memoryOf(slot).bytes.subarray(record + 4, record + 4 + length);
}

import type { Block } from "../checksum/index.js";
import { ChildIndex } from "./children.js";
import { addToStats } from "./quota-stats.js";
import { PathTrie } from "./paths/path-trie.js";
import { dataAt, STAT } from "./znode-fields.js";
import { inBlock } from "./scratch.js";
import { NONE, ROOT, type ZnodeStore } from "./znode-store.js";
import { SLASH } from "../storage/path.js";

interface HasZnodes {
  readonly znodes: ZnodeStore;
}

/**
 * The quotas of a tree: what DataTree makes of `zookeeper_limits` and `zookeeper_stats` below /zookeeper/quota.
 *
 * No transaction records the values of `zookeeper_stats`. A server counts the subtree when `zookeeper_stats` is created
 * (updateQuotaForPath), with limits beside it or not. It adds every later change to the stats of the deepest path above
 * that has limits, and to none of those around it (getMaxPrefixWithQuota, updateQuotaStat); so they stay as they are
 * when the limits go. Clients can write them as any znode. And it counts anew what has limits when it loads a snapshot,
 * which a log does not show.
 *
 * The values here are those of the server that wrote the base and went on without loading a snapshot. What the base
 * holds of them says less than it seems: it is of no certain moment in a fuzzy one, and a server that has replayed over
 * one has counted some znodes twice. So at a base as well the subtree is counted. Its own value is taken where that
 * would be wrong for certain: where there are no limits, or later ones, where other quotas are below, and where a client
 * has written it. Of these, one in whose subtree something changes in the base's fuzzy window may have that twice: no file
 * says which of these changes it held already.
 *
 * Nothing is counted before it is asked for (`settle`). Until then each quota keeps how much was added to it, and how
 * much below it was not.
 */
export class Quotas {
  /** Whether there are any: without one, changes need not be told. */
  active = false;

  private readonly tree: HasZnodes;
  private readonly limits = new PathTrie();
  private readonly quotas = new Map<string, Quota>();
  private readonly byHash = new Map<number, Quota[]>();

  constructor(tree: HasZnodes) {
    this.tree = tree;
  }

  /** Takes in what a snapshot has. */
  adopt(): void {
    const { znodes } = this.tree;
    const top = znodes.findPath(QUOTA_ROOT);
    if (top === NONE || znodes.numChildren(top) === 0) return;
    const limitsAt = new Map<string, number>();
    const statsAt = new Map<string, number>();
    for (const slot of below(znodes, top)) {
      const { kind, quota } = parse(znodes, slot);
      if (kind === "stats") statsAt.set(quota, slot);
      else if (kind === "limits" && isPath(quota) && znodes.numChildren(slot) === 0) limitsAt.set(quota, slot);
    }
    for (const path of limitsAt.keys()) {
      this.limits.add(path);
      this.of(path).limited = true;
    }
    const outer = pathsAbove(new Set([...limitsAt.keys(), ...statsAt.keys()]));
    for (const [path, stats] of statsAt) {
      const limits = limitsAt.get(path);
      const follows = limits !== undefined && isUntouchedSince(znodes, stats, limits) && !outer.has(path);
      this.of(path).stats = follows ? "counted" : "stored";
    }
  }

  /** A new znode. */
  created(slot: number): void {
    const { znodes } = this.tree;
    const { kind, quota } = parse(znodes, slot);
    if (kind === "limits" && isPath(quota)) {
      this.limits.add(quota);
      this.of(quota).limited = true;
    } else if (kind === "stats") {
      if (holdsQuotas(quota)) this.settle();
      const counted = Object.assign(this.of(quota), { stats: "counted" as const }, NOTHING);
      if (holdsQuotas(quota)) this.count(counted, new ChildIndex(znodes));
    }
    this.add(slot, 1, dataLengthOf(znodes, slot));
  }

  /** A znode that is about to go. `before36`: whether the server is older than 3.6. */
  deleted(slot: number, before36: boolean): void {
    const { znodes } = this.tree;
    const { kind, quota } = parse(znodes, slot);
    const known = this.quotas.get(quota);
    if (kind === "limits" && isPath(quota)) {
      this.limits.delete(quota, before36);
      for (const [path, each] of this.quotas) if (each.limited) each.limited = this.limits.has(path);
      this.forgetIdle();
    } else if (kind === "stats" && known) {
      known.stats = "none";
      this.forgetIdle();
    }
    this.add(slot, -1, -dataLengthOf(znodes, slot));
  }

  /** A znode whose data has changed from a length; null data has none. */
  changed(slot: number, lengthBefore: number): void {
    const { znodes } = this.tree;
    const { kind, quota } = parse(znodes, slot);
    const known = kind === "stats" ? this.quotas.get(quota) : undefined;
    if (known) Object.assign(known, { stats: "stored", addedCount: 0, addedBytes: 0 });
    this.add(slot, 0, dataLengthOf(znodes, slot) - Math.max(lengthBefore, 0));
  }

  /** Brings the data of every `zookeeper_stats` up to date. */
  settle(): void {
    let children: ChildIndex | undefined;
    for (const quota of this.quotas.values()) {
      if (quota.stats === "counted") {
        children ??= new ChildIndex(this.tree.znodes);
        this.count(quota, children);
      } else this.addUp(quota);
    }
    this.forgetIdle();
  }

  /** What it has counted, to come back to with `load` before limits or stats are made or deleted. */
  save(): SavedQuotas {
    return [...this.quotas.values()].map((each) => ({ ...each }));
  }

  load(saved: SavedQuotas): void {
    this.quotas.clear();
    this.byHash.clear();
    for (const each of saved) {
      const quota = { ...each };
      this.quotas.set(quota.path.toString("latin1"), quota);
      this.byHash.set(quota.hash, [...(this.byHash.get(quota.hash) ?? []), quota]);
    }
    this.active = this.quotas.size > 0 || !this.limits.isEmpty;
  }

  /** The paths of every `zookeeper_stats` that it may write. */
  statsPaths(): Buffer[] {
    return [...this.quotas.values()].map(({ path }) => Buffer.concat([QUOTA_ROOT, path, STATS]));
  }

  /** Adds a change to the deepest quota above it; the others miss it. */
  private add(slot: number, count: number, bytes: number): void {
    const { znodes } = this.tree;
    const block = znodes.memoryOf(slot);
    const start = znodes.recordOf(slot) + 4;
    const length = block.view.getInt32(start - 4);
    let deepest: Quota | undefined;
    for (let end = 0; end <= length; end = nameEnd(block, start, end, length)) {
      const quota = this.find(block, start, end);
      if (!quota) continue;
      const other = quota.limited ? deepest : quota;
      if (quota.limited) deepest = quota;
      if (!other) continue;
      other.missedCount += count;
      other.missedBytes += bytes;
    }
    if (!deepest) return;
    deepest.addedCount += count;
    deepest.addedBytes += bytes;
  }

  private find(block: Block, start: number, length: number): Quota | undefined {
    const found = this.byHash.get(block.kernel.path_hash(start, length) >>> 0);
    return found?.find(({ path }) => path.length === length && isAt(path, block, start));
  }

  /** The subtree's count, less what came after the stats and was not added to them. */
  private count(quota: Quota, children: ChildIndex): void {
    const { znodes } = this.tree;
    const top = quota.path.length === 0 ? ROOT : znodes.findPath(quota.path);
    const usage = top === NONE ? { count: 0, bytes: 0 } : subtreeUsage(this.tree, children, top);
    const { missedCount, missedBytes } = quota;
    this.store(quota, `count=${usage.count - missedCount},bytes=${usage.bytes - missedBytes}`);
  }

  private addUp(quota: Quota): void {
    if (quota.addedCount === 0 && quota.addedBytes === 0) return;
    const slot = this.statsOf(quota);
    const text = slot === NONE ? null : addToStats(dataOf(this.tree.znodes, slot), quota.addedCount, quota.addedBytes);
    if (text === null) Object.assign(quota, { addedCount: 0, addedBytes: 0 });
    else this.store(quota, text);
  }

  private store(quota: Quota, text: string): void {
    const { znodes } = this.tree;
    const slot = this.statsOf(quota);
    if (slot !== NONE) {
      const data = Buffer.from(text);
      const block = inBlock(data);
      znodes.setData(slot, block, block.start, data.length);
      znodes.refresh(slot);
    }
    const stats = slot === NONE ? "none" : "stored";
    Object.assign(quota, { stats }, NOTHING);
  }

  private statsOf({ path }: Quota): number {
    return this.tree.znodes.findPath(Buffer.concat([QUOTA_ROOT, path, STATS]));
  }

  private of(path: string): Quota {
    let quota = this.quotas.get(path);
    if (quota) return quota;
    const bytes = Buffer.from(path, "latin1");
    const block = inBlock(bytes);
    const hash = block.kernel.path_hash(block.start, bytes.length) >>> 0;
    quota = { path: bytes, hash, limited: false, stats: "none", ...NOTHING };
    this.quotas.set(path, quota);
    this.byHash.set(hash, [...(this.byHash.get(hash) ?? []), quota]);
    this.active = true;
    return quota;
  }

  /** What has no limits, and a value that is in the znode, changes no more. */
  private forgetIdle(): void {
    for (const [path, quota] of this.quotas) {
      if (quota.limited || quota.stats === "counted") continue;
      this.addUp(quota);
      this.quotas.delete(path);
      const left = this.byHash.get(quota.hash)?.filter((each) => each !== quota) ?? [];
      if (left.length > 0) this.byHash.set(quota.hash, left);
      else this.byHash.delete(quota.hash);
    }
    this.active = this.quotas.size > 0 || !this.limits.isEmpty;
  }
}

/** What all quotas had counted at one moment. */
export type SavedQuotas = readonly Readonly<Quota>[];

/** What is counted below a path with a quota. */
export interface Quota {
  /** The bytes of the path that it is of; none for the root. */
  readonly path: Buffer;
  readonly hash: number;
  /** Whether the server knows of limits. */
  limited: boolean;
  /**
   * Of the value: there is no `zookeeper_stats`; it is in that znode's data, and what was added since; or it is what the
   * subtree has, less what it missed since the stats were counted.
   */
  stats: "none" | "stored" | "counted";
  addedCount: number;
  addedBytes: number;
  missedCount: number;
  missedBytes: number;
}

/**
 * Brings every `zookeeper_stats` up to date: see Quotas.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { readZnode, refreshQuotas } from "zkrewind/tree";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * refreshQuotas(tree);
 * console.log(tree.quotas.statsPaths().map(String));
 */
export function refreshQuotas(tree: { readonly quotas: Quotas }): void {
  tree.quotas.settle();
}

/** Whether the path at block[start, start + length) begins as those of quotas do. */
export function mayBeOfQuota({ view }: Block, start: number, length: number): boolean {
  if (length <= QUOTA_ROOT.length) return false;
  for (let at = 0; at < QUOTA_WORDS.length; at++) if (view.getInt32(start + 4 * at) !== QUOTA_WORDS[at]) return false;
  return true;
}

/**
 * Znodes and bytes of data in a subtree, its top included.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { ChildIndex, subtreeUsage } from "zkrewind/tree";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * const top = tree.znodes.findPath(Buffer.from("/counters"));
 * console.log(subtreeUsage(tree, new ChildIndex(tree.znodes), top));
 */
export function subtreeUsage(tree: HasZnodes, children: ChildIndex, top: number): { count: number; bytes: number } {
  let count = 0;
  let bytes = 0;
  for (const slot of children.walk(top)) {
    count++;
    bytes += dataLengthOf(tree.znodes, slot);
  }
  return { count, bytes };
}

/** The znodes below one in a tree that was just loaded: each has a higher slot than its parent. */
function* below(znodes: ZnodeStore, top: number): Generator<number> {
  const isBelow = new Uint8Array(znodes.slots);
  isBelow[top] = 1;
  for (let slot = top + 1; slot < znodes.slots; slot++) {
    if (isBelow[znodes.parent(slot)] !== 1) continue;
    isBelow[slot] = 1;
    yield slot;
  }
}

/** Whether a znode was created after another one, and never written since. */
function isUntouchedSince(znodes: ZnodeStore, slot: number, since: number): boolean {
  const view = znodes.viewOf(slot);
  const stat = znodes.statOf(slot);
  const other = znodes.viewOf(since).getBigInt64(znodes.statOf(since) + STAT.czxid);
  return view.getInt32(stat + STAT.version) === 0 && view.getBigInt64(stat + STAT.czxid) >= other;
}

/** Those of the paths that have others below them. */
function pathsAbove(paths: ReadonlySet<string>): Set<string> {
  const folders = [...paths].map((path) => `${path}/`).sort();
  return new Set(folders.filter((each, at) => folders[at + 1]?.startsWith(each)).map((each) => each.slice(0, -1)));
}

/** Whether a znode is a quota's, and of which path: its bytes as a string. */
function parse(znodes: ZnodeStore, slot: number): { kind: "limits" | "stats" | null; quota: string } {
  const block = znodes.memoryOf(slot);
  const start = znodes.recordOf(slot) + 4;
  const length = block.view.getInt32(start - 4);
  if (!mayBeOfQuota(block, start, length)) return NO_QUOTA;
  const path = block.bytes.toString("latin1", start + QUOTA_ROOT.length, start + length);
  if (path.endsWith(STATS_NAME)) return { kind: "stats", quota: path.slice(0, -STATS_NAME.length) };
  if (path.endsWith(LIMITS_NAME)) return { kind: "limits", quota: path.slice(0, -LIMITS_NAME.length) };
  return NO_QUOTA;
}

/** The root has stats at most: a server stops at limits of its own. */
function isPath(quota: string): boolean {
  return quota.startsWith("/");
}

/** Whether the values of quotas are in what a quota counts. */
function holdsQuotas(quota: string): boolean {
  return quota === "" || quota === "/zookeeper" || quota.startsWith("/zookeeper/");
}

/** Where the name that begins at `end` ends; beyond `length` if there is none. */
function nameEnd({ view }: Block, start: number, end: number, length: number): number {
  if (end >= length) return length + 1;
  let at = end + 1;
  while (at < length && view.getUint8(start + at) !== SLASH) at++;
  return at;
}

function isAt(path: Buffer, { view }: Block, start: number): boolean {
  for (let at = 0; at < path.length; at++) if (path[at] !== view.getUint8(start + at)) return false;
  return true;
}

function dataLengthOf(znodes: ZnodeStore, slot: number): number {
  const view = znodes.viewOf(slot);
  return Math.max(view.getInt32(dataAt(view, znodes.recordOf(slot))), 0);
}

function dataOf(znodes: ZnodeStore, slot: number): Buffer | null {
  const view = znodes.viewOf(slot);
  const at = dataAt(view, znodes.recordOf(slot));
  const length = view.getInt32(at);
  return length < 0 ? null : znodes.memoryOf(slot).bytes.subarray(at + 4, at + 4 + length);
}

const QUOTA_ROOT = Buffer.from("/zookeeper/quota");
const QUOTA_WORDS = [0, 4, 8, 12].map((at) => QUOTA_ROOT.readInt32BE(at));
const STATS_NAME = "/zookeeper_stats";
const STATS = Buffer.from(STATS_NAME);
const LIMITS_NAME = "/zookeeper_limits";
const NOTHING = { addedCount: 0, addedBytes: 0, missedCount: 0, missedBytes: 0 };
const NO_QUOTA = { kind: null, quota: "" } as const;

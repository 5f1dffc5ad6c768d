import { type TreeView, ChildIndex, NONE, readZnode } from "../../tree/index.js";
import { words } from "../../text/safe.js";
import { pathBytes } from "./path-bytes.js";
import {
  isBelowQuotaRoot,
  isLimits,
  limitsIn,
  limitsOf,
  ownerOfLimits,
  QUOTA_ROOT,
  type QuotaLimits,
  statsIn,
} from "./quota-paths.js";
import type { Kept, UndoStep } from "./undo-step.js";
import { isMessage } from "../../text/message.js";
import { zkCliCommands } from "./zkcli.js";

/** What is to be undone so far; its keys are paths with a character for each byte. */
export interface Undone {
  deletes: Map<string, UndoStep & { op: "delete" }>;
  creates: Map<string, UndoStep & { op: "create" }>;
  sets: [key: string, step: UndoStep][];
  kept: Map<string, Kept>;
}

/** The steps below /zookeeper/quota, by when they must be done. */
export interface QuotaSteps {
  /** Before all else: a quota that goes must not hinder what comes back. */
  deletes: UndoStep[];
  /** Between deletes and creates: limits that are raised. */
  raises: UndoStep[];
  /** After all else: what comes back must not hinder the rest, and setquota wants the path to be there. */
  creates: UndoStep[];
  sets: UndoStep[];
}

/**
 * Takes from an undo what is below /zookeeper/quota, and puts it into an order that a server accepts. No step names a
 * `zookeeper_stats`, which the server counts:
 *
 * - Limits come and go alone. The folders that hold stats stay, since a znode with children cannot be deleted.
 * - Where zkCli's delquota takes away just what was added (limits, stats, folders that are empty then), limits are
 *   deleted by that; and where its setquota makes limits and stats anew, limits are created by that. It refuses nested
 *   quotas, and in 3.5 what it refuses ends the script: so it is only asked for what it does in every release.
 */
export function undoQuotas(from: TreeView, to: TreeView, undone: Undone): QuotaSteps {
  return new QuotaUndo(from, to, undone).run();
}

class QuotaUndo {
  private readonly from: TreeView;
  private readonly to: TreeView;
  private readonly undone: Undone;
  /** Folders that were added, and hold stats somewhere below. */
  private readonly held = new Set<string>();
  /** Znodes of the later tree that the steps so far have deleted. */
  private readonly gone = new Set<string>();
  private childrenBefore: ChildIndex | undefined;
  private childrenAfter: ChildIndex | undefined;

  constructor(from: TreeView, to: TreeView, undone: Undone) {
    this.from = from;
    this.to = to;
    this.undone = undone;
  }

  run(): QuotaSteps {
    this.holdFolders();
    const deletes = this.deletes();
    this.keepFolders();
    const creates = this.creates();
    const sets = this.undone.sets.filter(([key]) => isBelowQuotaRoot(key));
    const raises = new Set(sets.filter(([key, step]) => this.raises(key, step)).map(([, step]) => step));
    return {
      deletes,
      raises: [...raises],
      creates,
      sets: sets.map(([, step]) => step).filter((step) => !raises.has(step)),
    };
  }

  private holdFolders(): void {
    const { deletes } = this.undone;
    for (const key of [...deletes.keys()].filter((each) => isBelowQuotaRoot(each) && this.inTo(statsIn(each))))
      for (let folder = key; folder !== ""; folder = parentOf(folder))
        if (deletes.delete(folder)) this.held.add(folder);
  }

  private deletes(): UndoStep[] {
    const all = [...this.undone.deletes].filter(([key]) => isBelowQuotaRoot(key));
    const [whole, alone] = [all.filter(([key]) => this.isWhole(key)), all.filter(([key]) => !this.isWhole(key))];
    for (const [key] of alone) this.gone.add(key);
    const byDelquota: UndoStep[] = [];
    // What is nested goes first: nothing may be left in a folder that delquota is to delete.
    for (const [key, step] of whole.toSorted(([a], [b]) => depthOf(b) - depthOf(a))) {
      if (this.delquota(key)) {
        byDelquota.push(step);
        step.by = "delquota";
        step.note ??= words("delquota also deletes zookeeper_stats, and folders that are empty after that");
      } else {
        alone.push([key, step]);
        this.gone.add(key);
      }
    }
    return [...alone.toSorted(([a], [b]) => (a < b ? 1 : -1)).map(([, step]) => step), ...byDelquota];
  }

  /** Whether limits were added with their folder and stats. */
  private isWhole(key: string): boolean {
    return isLimits(key) && this.held.has(parentOf(key)) && this.inTo(statsIn(parentOf(key)));
  }

  /** Whether delquota deletes these limits, and nothing that is to stay; if so, what it deletes is gone. */
  private delquota(limits: string): boolean {
    const folder = parentOf(limits);
    const slot = this.to.znodes.findPath(bytesOf(limits));
    if (limitsOf(readZnode(this.to, slot).data) === null) return false;
    const going = new Set([limits, statsIn(folder), folder]);
    const isEmptied = (path: string): boolean =>
      this.childrenInTo(path).every((child) => this.gone.has(child) || going.has(child));
    if (![...going].every(isEmptied)) return false;
    for (let above = parentOf(folder); above !== QUOTA_ROOT && isEmptied(above); above = parentOf(above)) {
      if (!this.held.has(above)) return false;
      going.add(above);
    }
    for (const path of going) this.gone.add(path);
    return true;
  }

  private keepFolders(): void {
    const { kept } = this.undone;
    for (const key of this.held)
      kept.set(key, {
        path: textOf(key),
        why: words("zookeeper_stats is in it, and only the server changes that"),
        goes: false,
      });
    for (const [key, each] of kept)
      if (this.gone.has(key))
        kept.set(key, { ...each, why: words("zkCli's delquota deletes it; otherwise it stays"), goes: true });
  }

  private creates(): UndoStep[] {
    const all = [...this.undone.creates].filter(([key]) => isBelowQuotaRoot(key));
    for (const [key, step] of all.filter(([path]) => isLimits(path))) {
      const stats = statsIn(parentOf(key));
      if (!this.inFrom(stats)) continue;
      if (this.isLeft(stats))
        step.note ??= words("zookeeper_stats stays as it was without limits until a server starts");
      else if (this.setquota(key, step)) {
        step.by = "setquota";
        step.note ??= words("setquota also creates zookeeper_stats, without which the server counts nothing");
      } else
        step.note ??= words("the server counts nothing here without zookeeper_stats, which setquota does not create");
    }
    // setquota refuses a path below another with limits: those come from below, once their folders are there.
    const rank = (key: string): number => (isLimits(key) ? 1e6 - depthOf(key) : key.includes(limitsIn("")) ? 1e6 : 0);
    return all.toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)).map(([, step]) => step);
  }

  /** Whether setquota of every release makes limits and stats for a path, once all else is as it was. */
  private setquota(limits: string, step: UndoStep & { op: "create" }): boolean {
    const owner = ownerOfLimits(limits);
    if (owner === "" || `${owner}/`.startsWith("/zookeeper/") || step.kind !== "persistent") return false;
    const folder = parentOf(limits);
    // 3.5 takes every other child for one with a quota.
    const children = [...this.childrenInFrom(folder), ...this.childrenInTo(folder).filter((each) => this.isLeft(each))];
    if (children.some((each) => !each.startsWith(`${folder}/zookeeper_`))) return false;
    for (let above = parentOf(folder); above !== QUOTA_ROOT; above = parentOf(above))
      if (this.isLeft(limitsIn(above))) return false;
    return this.willBeThere(owner);
  }

  /** Whether the script leads to a znode that is there. */
  private willBeThere(key: string): boolean {
    if (key === "" || (this.inTo(key) && !this.undone.deletes.has(key))) return true;
    const step = this.undone.creates.get(key);
    return step !== undefined && !isMessage(zkCliCommands(step)) && this.willBeThere(parentOf(key));
  }

  /** Whether limits are set from which changes are refused only later than before. */
  private raises(key: string, step: UndoStep): boolean {
    if (step.op !== "setData" || !isLimits(key)) return false;
    const now = limitsOf(readZnode(this.to, this.to.znodes.findPath(bytesOf(key))).data);
    const then = limitsOf(step.data);
    return now !== null && then !== null && HARD.some((limit) => isAbove(then[limit], now[limit]));
  }

  private inFrom(key: string): boolean {
    return this.from.znodes.findPath(bytesOf(key)) !== NONE;
  }

  private inTo(key: string): boolean {
    return this.to.znodes.findPath(bytesOf(key)) !== NONE;
  }

  private isLeft(key: string): boolean {
    return this.inTo(key) && !this.gone.has(key);
  }

  private childrenInFrom(key: string): string[] {
    this.childrenBefore ??= new ChildIndex(this.from.znodes);
    return childrenOf(this.from, this.childrenBefore, key);
  }

  private childrenInTo(key: string): string[] {
    this.childrenAfter ??= new ChildIndex(this.to.znodes);
    return childrenOf(this.to, this.childrenAfter, key);
  }
}

const HARD = ["countHardLimit", "byteHardLimit"] as const satisfies (keyof QuotaLimits)[];

/** A negative limit is none. */
function isAbove(a: bigint, b: bigint): boolean {
  return b >= 0n && (a < 0n || a > b);
}

function childrenOf(tree: TreeView, index: ChildIndex, key: string): string[] {
  const slot = tree.znodes.findPath(bytesOf(key));
  return slot === NONE ? [] : [...index.of(slot)].map((child) => pathBytes(tree, child).toString("latin1"));
}

function parentOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/"));
}

function depthOf(key: string): number {
  return key.split("/").length;
}

function bytesOf(key: string): Buffer {
  return Buffer.from(key, "latin1");
}

function textOf(key: string): string {
  return bytesOf(key).toString("utf8");
}

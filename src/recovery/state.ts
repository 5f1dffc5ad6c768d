import type { Finding } from "../findings/finding.js";
import type { SnapshotLayout } from "../storage/snapshot-trailers.js";
import type { Base, Unproven } from "./exact/base.js";
import type { LaterState } from "./exact/evidence.js";
import type { DataTree, BeforeImages, TreeView } from "../tree/index.js";
import { type Message } from "../text/message.js";

/** The tree at a point, and how sure it is. */
export interface State {
  tree: DataTree;
  /** The last zxid applied: what the point resolved to. */
  zxid: bigint;
  /** That transaction's time in milliseconds; null where it is in no log. */
  time: bigint | null;
  /** Whether this is proven to be the state at `zxid`. */
  exact: boolean;
  /** Why it is not exact, in a line; null if it is. */
  doubt: Message | null;
  /** What of an exact state nothing proves: the digest that proves the znodes does not cover it, and no log does. */
  unproven: readonly Unproven[];
  /** Whether it comes from logs without a beginning: only what their transactions show is right, and much is missing. */
  partial: boolean;
  /** Where the latest was asked for: a later state that the files show, and that could not be had. */
  later: LaterState | null;
  /** The tree's digest; `verified` where a transaction or snapshot of the server's at `zxid` says the same. */
  digest: { version: number; value: bigint; verified: boolean };
  base: StateBase;
  /** The layout of the snapshot it was built from; of the newest there is if it was built from nothing. */
  layout: SnapshotLayout;
  /** What it was built from: file names in order; the first is the snapshot (none if built from nothing). */
  plan: PlanStep[];
  /** Paths of znodes that may be wrong (only where it is not exact), and whether there are more. */
  inDoubt: string[];
  findings: Finding[];
}

/** What a state was built on. Where it is exact, the window's end is not above its zxid. */
export type StateBase = Pick<Base, "snapshot" | "from" | "window">;

/**
 * Two states of one history. Where `images` is not null both come from one tree, and that of `from` holds only the znodes
 * that were touched between the two, the root, and those below /zookeeper/quota.
 */
export type StatePair =
  | { from: State; to: State; images: null }
  | { from: EarlierState; to: State; images: BeforeImages };

/** The earlier of two states, of which only what is compared may be kept. */
export type EarlierState = Omit<State, "tree"> & { tree: TreeView };

/** A file that a state was rebuilt from, or that was not used. */
export interface PlanStep {
  file: string;
  /** `passed`: the tree of another state, further on in the same logs, was this one on its way. */
  use: "snapshot" | "log" | "passed" | "rejected";
  /** How many transactions were applied, or why it was not used. */
  detail: Message;
}

import type { DataTree, TxnWatcher } from "../tree/index.js";

/** What {@link rebuild} gives where the point cannot be reached exactly, and how much it proves. */
export interface RebuildOptions {
  /** Answer with the nearest that can be had where the point cannot be reached exactly. */
  inexact?: boolean;
  /** Answer with the newest exact state up to the point where the point itself cannot be reached exactly. */
  newestExact?: boolean;
  /**
   * Up to which size of snapshots, in bytes as stored, a base that digests prove is compared with another base as well,
   * which takes a second load: for sessions, ACLs and what is below /zookeeper. Larger ones have them in `unproven`.
   */
  compareUpTo?: number;
  /** Bytes of files done, of how many there may be to do. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/** How {@link rebuildPair} rebuilds two states. */
export interface PairOptions extends RebuildOptions {
  /** Makes one that looks on from the earlier point to the later, if both come from one tree; each replay asks anew. */
  watch?: (tree: DataTree) => TxnWatcher;
}

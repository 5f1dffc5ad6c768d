import type { Finding } from "../../findings/finding.js";
import type { DataTree } from "../../tree/index.js";
import type { Checkpoint } from "./replay-proof.js";

/** What {@link replay} applies, and how it takes what does not fit. Zxids are included. */
export interface ReplayOptions {
  /** The last zxid that the tree has: its snapshot's, 0 for a fresh one. */
  from: bigint;
  /** The last zxid to apply; null for all there are. */
  to: bigint | null;
  /** From here on the tree is no longer fuzzy: digests must match and every transaction must fit. */
  exactFrom: bigint;
  /** Whether the tree at `from` needs no proof: it was made from nothing, or a digest says that it is right. */
  proven?: boolean;
  /** Go on over holes and damage, with what comes after them. */
  overHoles?: boolean;
  /** Put in the znodes that transactions speak of and the tree lacks: for logs without a base. */
  partial?: boolean;
  /** Stop at the first transaction from `exactFrom` on whose digest was compared, or that could have one and has none. */
  untilDigest?: boolean;
  checkpoints?: readonly Checkpoint[];
  /** Apply the transaction at `from` once more if it is a multi: the base may hold half of it. */
  reapply?: boolean;
  /** Whether to take the tree's fingerprint at `exactFrom`, to be compared with another replay's. */
  fingerprint?: boolean;
  /** A zxid at which the caller looks at the tree, before it goes on; nothing where the replay does not come by. */
  pause?: { at: bigint; look: (moment: ReplayMoment) => void };
  /** Bytes of logs read so far. */
  onProgress?: (bytes: number) => void;
}

/** What a replay has come to at one zxid, on its way. */
export interface ReplayMoment {
  tree: DataTree;
  /** Milliseconds; null where nothing was applied yet. */
  time: bigint | null;
  /** Whether a digest of the server's says the same of the tree; null where that is only told at the end of a replay. */
  verified: boolean | null;
  findings: Finding[];
  logs: { file: string; applied: number }[];
}

import type { Finding } from "../../findings/finding.js";
import type { Fingerprint } from "./fingerprint.js";
import type { SessionEntries } from "./session-list.js";

/** Why a replay ended. */
export type ReplayStop =
  /** The next transaction is later than `to`. */
  | { kind: "reached" }
  /** The logs end. */
  | { kind: "end" }
  /** The next transaction does not follow the last. */
  | { kind: "gap"; next: bigint; file: string }
  /** A record that cannot be trusted or understood comes next. */
  | { kind: "damage"; finding: Finding };

/** What a replay came to, and what it showed on the way. */
export interface Replay {
  /** The first zxid applied; null if nothing was. */
  first: bigint | null;
  /** The last zxid applied, or `from`. */
  last: bigint;
  /** Its time in milliseconds; null if nothing was applied. */
  lastTime: bigint | null;
  applied: number;
  stop: ReplayStop;
  /** How many digests were compared and matched. */
  digestsMatched: number;
  /** Whether one that a transaction carries was among them, before anything did not fit. */
  matchedLogged: boolean;
  /** Whether the state at `last` was proven by a digest of the server's. */
  verified: boolean;
  /** The tree at `exactFrom`, if the options asked for it and the replay came by. */
  fingerprintAtExact: Fingerprint | null;
  /** The sessions then, as the tree had them. */
  sessionsAtExact: SessionEntries;
  /** Whether everything at and after `exactFrom` fitted. */
  consistent: boolean;
  /** Whether the base is proven: by itself, or by a digest that matched. */
  proven: boolean;
  /**
   * The zxids, both included, at which the replayed tree is the server's if its base is right: from the end of the
   * window, or from the match that ended a longer one, up to what fitted last. Null where the replay did not come so
   * far, or nothing fitted.
   */
  exact: { from: bigint; to: bigint } | null;
  /** Whether something did not fit before anything had proven the base: it may be the base that is wrong. */
  disproven: boolean;
  /**
   * What did not fit at first although no transaction met its own effect, until a digest matched: what differed was
   * overwritten, or the digest itself is wrong. Null where nothing of the kind was met.
   */
  unexplained: Finding | null;
  /**
   * Whether a closeSession that does not name its znodes (up to 3.5) is in the fuzzy window: one that was gone before
   * the snapshot came to it leaves its parent's pzxid too low, and nothing shows it.
   */
  unnamedClose: boolean;
  /** The holes that the replay went over: the transaction before each, and the one after. */
  holes: { after: bigint; before: bigint }[];
  /** Whether the logs have the transaction at `from` or before it, or what follows it. */
  metBase: boolean;
  /** Whether the tree was made from nothing, and no transaction shows if its server has /zookeeper/config (3.5 on). */
  lacksConfig: boolean;
  /** The transaction that showed that it has; null where none did. */
  configShownAt: bigint | null;
  /** How many znodes were put in that no transaction made (`partial`). */
  assumed: number;
  /** The last transaction up to `exactFrom` that met its own effect, or may have: the base was ahead of it. */
  lastMisfit: bigint | null;
  /** Whether transactions of a server before 3.4 were replayed in the fuzzy window: cversions may be too large. */
  recounted: boolean;
  /** Whether a transaction that was applied is there once more, with the same bytes or others. */
  overlaps: boolean;
  /** Where a digest matched last; null where none did. */
  matchedTo: bigint | null;
  /** Whether a digest is of the tree at `last`, or of the same before errors, which change nothing. */
  standing: boolean;
  findings: Finding[];
  /** Which logs were read, with how many transactions of each were applied. */
  logs: { file: string; applied: number }[];
}

import { type Fingerprint, treeDifference } from "../replay/fingerprint.js";
import type { SegmentResult } from "../replay/segment.js";
import { type SessionEntries, sessionDifference, type SettledSessions } from "../replay/session-list.js";
import { type Safe, words } from "../../text/safe.js";
import type { Unproven } from "./base.js";

/** What a replay from a base has at a zxid. */
export interface View {
  tree: Fingerprint;
  sessions: SessionEntries;
  settled: Pick<SettledSessions, "closing" | "seenAll">;
  recounted: boolean;
  /** Whether it begins with a snapshot: a tree made from nothing has /zookeeper/config as a guess. */
  fromSnapshot: boolean;
}

/**
 * What a replay has at a zxid: at the end of its base's window, or where it ended; null elsewhere, and where the replay
 * did not fit, for then it says nothing of others.
 */
export function viewOf(result: SegmentResult, at: bigint): View | null {
  const { recounted, settled, exact } = result;
  const fromSnapshot = result.base !== null;
  if (!result.sound || exact === null || at < exact.from || at > exact.to) return null;
  if (at === result.exactFrom && result.atExact)
    return { tree: result.atExact, sessions: result.sessionsAtExact, settled, recounted, fromSnapshot };
  return at === result.last
    ? { tree: result.atEnd, sessions: result.sessionsAtEnd, settled, recounted, fromSnapshot }
    : null;
}

/** What a base holds where its window ends, by whatever does not fit then. */
export function viewedContent({
  atExact: tree,
  sessionsAtExact: sessions,
  settled,
  recounted,
  base,
}: SegmentResult): View | null {
  return tree && { tree, sessions, settled, recounted, fromSnapshot: base !== null };
}

/** How what the replays from two bases have at the end of the later one's window compares. */
export interface ViewComparison {
  /** How the trees differ, as far as digests cover them and in who is whose child; null where they are alike. */
  tree: Safe | null;
  /** Whether that is no more than pzxids. */
  onlyPzxids: boolean;
  /** The same of what no digest covers; null where the files do not tell. */
  rest: ReadonlyMap<Unproven, Safe | null>;
}

/** `later`: the one whose window ends at the zxid that both are of. */
export function compareViews(earlier: View, later: View): ViewComparison {
  const { tree, onlyPzxids, acls, own } = treeDifference(
    earlier.tree,
    later.tree,
    earlier.recounted || later.recounted,
  );
  const rest = new Map<Unproven, Safe | null>();
  if (acls !== null) rest.set("acls", acls);
  if (own !== null) rest.set("/zookeeper", own);
  else if (tree === null && earlier.fromSnapshot && later.fromSnapshot && earlier.tree.config !== later.tree.config)
    rest.set("/zookeeper", words("one has /zookeeper/config, the other has not"));
  const sessions = sessionDifference(earlier.sessions, later.sessions, later.settled);
  if (sessions !== null) rest.set("sessions", sessions === "unknown" ? null : sessions);
  return { tree, onlyPzxids, rest };
}

import type { Finding } from "../../findings/finding.js";
import { isOfReplay } from "../../findings/kinds.js";
import { freshTree, loadSnapshot } from "../../tree/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { checkpointOf, mayBeTorn } from "../exact/base.js";
import { type SessionEntries, settledEntries, type SettledSessions, settleSessions } from "./session-list.js";
import { type Fingerprint, fingerprint } from "./fingerprint.js";
import { type Owners, ownersOf } from "../servers/owners.js";
import type { Checkpoint } from "./replay-proof.js";
import { replay } from "./replay.js";
import type { ReplayStop } from "./replay-result.js";

/**
 * A part of the history that is replayed on its own: from one base to where the next one is no longer fuzzy. So every
 * snapshot and every transaction is proven, each by the digests around it, and the parts can run side by side.
 */
export interface Segment {
  /** Null for a history that begins at the beginning. */
  snapshot: StoredFile | null;
  logs: StoredFile[];
  from: bigint;
  exactFrom: bigint;
  to: bigint | null;
  /** Whether the tree at `from` needs no proof. */
  proven: boolean;
  /** As in ReplayOptions. */
  untilDigest?: boolean;
  /** The digest that the tree has at `from`, by the log. */
  anchor?: Checkpoint;
  /** About how many bytes a replay reads: the snapshot, and of the logs what is up to the end. */
  bytes: number;
}

/** The snapshot as it is, without any transaction. */
export function contentOnly(snapshot: StoredFile, from: bigint): Segment {
  return { snapshot, logs: [], from, exactFrom: from, to: from, proven: false, bytes: 0 };
}

/** What a replay from one base came to. */
export interface SegmentResult {
  base: string | null;
  /** Whether the snapshot was read to a matching seal, and the newest change that its znodes show. */
  sound: boolean;
  newestChange: bigint;
  from: bigint;
  /** As in Replay. */
  first: bigint | null;
  last: bigint;
  stop: ReplayStop;
  applied: number;
  digestsMatched: number;
  consistent: boolean;
  /** As in Replay. */
  lacksConfig: boolean;
  configShownAt: bigint | null;
  proven: boolean;
  exact: { from: bigint; to: bigint } | null;
  matchedLogged: boolean;
  disproven: boolean;
  unexplained: Finding | null;
  unnamedClose: boolean;
  /** The tree where the segment's snapshot is no longer fuzzy, and where the segment ends. */
  atExact: Fingerprint | null;
  atEnd: Fingerprint;
  /** The open sessions at `exactFrom`, settled, and at the end. */
  sessionsAtExact: SessionEntries;
  settled: Pick<SettledSessions, "closing" | "seenAll">;
  sessionsAtEnd: SessionEntries;
  /** What a server may delete when it has loaded this; null of a segment that others go on from. */
  owners: Owners | null;
  exactFrom: bigint;
  /** As in Replay. */
  lastMisfit: bigint | null;
  recounted: boolean;
  matchedTo: bigint | null;
  standing: boolean;
  findings: Finding[];
}

/** Replays it; `onProgress` is told bytes, about as many in all as `segment.bytes`. */
export async function replaySegment(segment: Segment, onProgress?: (bytes: number) => void): Promise<SegmentResult> {
  const { snapshot, from, exactFrom, to, logs, proven } = segment;
  const source = snapshot?.open();
  try {
    const loaded = source ? await loadSnapshot(source, onProgress) : null;
    const tree = loaded?.tree ?? freshTree();
    const result = await replay(tree, logs, {
      from,
      to,
      exactFrom,
      proven,
      untilDigest: segment.untilDigest ?? false,
      checkpoints: [
        ...(segment.anchor ? [segment.anchor] : []),
        ...(loaded && snapshot ? checkpointOf(loaded, snapshot.path) : []),
      ],
      fingerprint: true,
      reapply: loaded !== null && mayBeTorn(loaded),
      onProgress: (bytes) => onProgress?.((snapshot?.size ?? 0) + bytes),
    });
    const settled = snapshot
      ? await settledEntries(result.sessionsAtExact, logs, exactFrom)
      : { sessions: result.sessionsAtExact, closing: [], seenAll: true };
    const owners = to === null ? ownersOf(tree) : null;
    if (snapshot) await settleSessions(tree.sessions, logs, result.last, exactFrom, tree.opened);
    return {
      base: snapshot?.name ?? null,
      sound: loaded?.sound ?? true,
      newestChange: loaded?.newestChange ?? 0n,
      from,
      first: result.first,
      last: result.last,
      stop: result.stop,
      applied: result.applied,
      digestsMatched: result.digestsMatched,
      consistent: result.consistent,
      lacksConfig: result.lacksConfig,
      configShownAt: result.configShownAt,
      proven: result.proven,
      exact: result.exact,
      matchedLogged: result.matchedLogged,
      disproven: result.disproven,
      unexplained: result.unexplained,
      unnamedClose: result.unnamedClose,
      atExact: result.fingerprintAtExact,
      atEnd: fingerprint(tree),
      sessionsAtExact: settled.sessions,
      settled: { closing: settled.closing, seenAll: settled.seenAll },
      sessionsAtEnd: tree.sessions.sorted(),
      owners,
      exactFrom,
      lastMisfit: result.lastMisfit,
      recounted: result.recounted,
      matchedTo: result.matchedTo,
      standing: result.standing,
      // What a pass over the files finds has been found by scanning them.
      findings: [...(loaded?.findings ?? []).filter(isOfReplay), ...result.findings.filter(isOfReplay)],
    };
  } finally {
    source?.close();
  }
}

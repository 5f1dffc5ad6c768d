import type { CompactReport } from "../../repository/compact/compact.js";
import { isoTime, type PointFacts, pointShape } from "../../recovery/index.js";
import type { DrillRecord } from "../../repository/drill/record.js";
import type { PruneReport } from "../../repository/prune/prune.js";
import type { RekeyReport } from "../../repository/rekey/rekey.js";
import type { SyncReport } from "../../repository/sync/sync.js";
import { hex } from "../../storage/zxid.js";

/** What `backup compact` did. */
export function compactedShape(
  repository: string,
  maxReplay: number,
  { merged, bases, unproven, damaged }: CompactReport,
): object {
  return {
    repository,
    maxReplay,
    merged: merged.map(({ name, pieces, bytes }) => ({ object: name, segments: pieces, bytes })),
    bases: bases.map(({ zxid, znodes, digest, bytes }) => ({
      zxid: hex(zxid),
      znodes,
      digest: { version: 2, value: String(digest), verified: true },
      bytes,
    })),
    unproven: unproven.map(({ zxid, why }) => ({ zxid: hex(zxid), message: why })),
    damaged: damaged.map(({ name, why }) => ({ object: name, message: why })),
  };
}

/** What `backup sync` did. */
export function syncedShape({ repositories, lost, undecided, failed, examined }: SyncReport): object {
  return {
    repositories,
    lost: lost.map(({ name, damagedIn }) => ({ object: name, damagedIn })),
    undecided: undecided.map(({ name, in: where }) => ({ object: name, in: where })),
    failed: failed.map(({ location, why }) => ({ location, message: why })),
    examined,
  };
}

/** What `backup prune` decided about each object, and what it did. */
export function prunedShape(repository: string, applied: boolean, report: PruneReport): object {
  const { fates, points, marked, deleted, waiting } = report;
  return {
    repository,
    applied,
    points: points.map(({ label, server, from, to, isWhole }) => ({
      point: label,
      server,
      from: hex(from),
      to: hex(to),
      whole: isWhole,
    })),
    objects: fates.map(({ name, size, isKept, reason }) => ({ object: name, size, keep: isKept, reason })),
    marked,
    deleted,
    waiting: waiting.names,
    // By the store's clock.
    until: waiting.names.length === 0 ? null : isoTime(BigInt(Math.trunc(waiting.until))),
  };
}

/** What `backup rekey` did. */
export function rekeyedShape(repository: string, { encrypted, found, links }: RekeyReport): object {
  return { repository, encrypted, earlier: found, links };
}

/** What `backup drill` rehearsed. */
export function drillShape(repositories: readonly string[], state: PointFacts, record: DrillRecord): object {
  const { time, digestVerified, znodes, server, phases, milliseconds } = record;
  return { repositories, time, at: pointShape(state), digestVerified, znodes, server, phases, milliseconds };
}

import type { SnapshotTrailers } from "../../storage/snapshot-trailers.js";

/** How far a snapshot may reach beyond its own zxid, and what says so. */
export interface FuzzyWindow {
  /** The zxid in its name: everything up to here is in. */
  begin: bigint;
  /** Nothing later than this is in. */
  end: bigint;
  proof: "digest" | "last zxid" | "next snapshot" | "end of log" | "stats" | "replay";
}

/**
 * A snapshot is written while transactions go on: `snapshot.X` holds all up to X and an arbitrary part of what came
 * until it ended, at E. What bounds E, best first:
 *
 * - the zxid of its digest (3.6+) and its lastZxid (3.9+), which the server writes after the znodes;
 * - the zxid of the next snapshot: a server begins none while one is being written (SyncRequestProcessor),
 *   so of several servers' snapshots only its own count;
 * - the end of the logs: what is in no log cannot be told, but nothing later is known at all;
 * - with no log, the changes that the znodes' own stats show. `snapshot.0` is special: a server writes it when it
 *   starts, before it takes the first transaction (ZooKeeperServer.loadData).
 *
 * The next snapshot and the end of the logs are far bounds; where all of the window can be replayed, `measuredWindow`
 * gives a near one.
 *
 * A change that a znode's stat shows counts in any case. The stats alone are no proof: a delete whose parent had been
 * written before it, and a setACL, leave no zxid behind.
 */
export function isBounded({ proof, begin, end }: FuzzyWindow): boolean {
  return begin === end || (proof !== "next snapshot" && proof !== "end of log");
}

/**
 * The window as a replay through all of it shows it: a change that the snapshot had early makes its transaction meet
 * its own effect (a create finds its znode, a delete does not, a version does not follow), or is in a znode's stat.
 */
export function measuredWindow(window: FuzzyWindow, newestChange: bigint, lastMisfit: bigint | null): FuzzyWindow {
  const ahead = lastMisfit !== null && lastMisfit > newestChange ? lastMisfit : newestChange;
  return { begin: window.begin, end: ahead > window.begin ? ahead : window.begin, proof: "replay" };
}

/**
 * How far a snapshot may reach beyond the zxid in its name: see `isBounded` for what bounds it. Zxids, both ends included.
 *
 * @example
 * import { fuzzyWindow } from "zkrewind/recovery";
 *
 * const known = { trailers: null, newestChange: 0x104n, nextSnapshot: 0x200n, lastLogged: 0x250n };
 * console.log(fuzzyWindow(0x100n, known));
 */
export function fuzzyWindow(
  begin: bigint,
  known: {
    trailers: SnapshotTrailers | null;
    newestChange: bigint;
    nextSnapshot: bigint | null;
    lastLogged: bigint | null;
  },
): FuzzyWindow {
  const { trailers, newestChange, nextSnapshot, lastLogged } = known;
  const atLeast = newestChange > begin ? newestChange : begin;
  const window = (end: bigint, proof: FuzzyWindow["proof"]): FuzzyWindow => ({
    begin,
    end: end > atLeast ? end : atLeast,
    proof,
  });
  const digestZxid = trailers?.sealed ? (trailers.digest?.zxid ?? 0n) : 0n;
  const lastZxid = trailers?.sealed ? (trailers.lastZxid ?? 0n) : 0n;
  if (begin === 0n && newestChange <= 0n && digestZxid <= 0n && lastZxid <= 0n) return window(0n, "stats");
  if (digestZxid !== 0n && digestZxid >= begin) return window(digestZxid > lastZxid ? digestZxid : lastZxid, "digest");
  if (lastZxid !== 0n && lastZxid >= begin) return window(lastZxid, "last zxid");
  if (nextSnapshot !== null && nextSnapshot > begin) return window(nextSnapshot, "next snapshot");
  if (lastLogged !== null && lastLogged >= begin) return window(lastLogged, "end of log");
  return window(begin, "stats");
}

import { peekTrailers } from "../../storage/snapshot-trailers.js";
import { counterOf, epochOf } from "../../storage/zxid.js";
import type { DataDirectory } from "../directory/data-directory.js";
import type { AlignedLogs, Span } from "./align-logs.js";

/** What is known about where an epoch of the line began. */
export interface Cut {
  epoch: number;
  /** The epoch's first transaction. */
  first: bigint;
  /** The last transaction of older epochs that the epoch's leader kept; null where nothing is before it. */
  after: bigint | null;
  /** The servers whose logs (or snapshots) say so, and those whose logs say otherwise. */
  supporters: number[];
  dissenters: number[];
  /** Whether as many say otherwise, so that this is a choice. */
  ambiguous: boolean;
}

/** A span that is part of the line, with the version that counts where servers' bytes differ. */
export interface LineSpan {
  span: Span;
  version: number;
}

/**
 * The history to follow: that of the newest epoch, back to the last transaction that its leader shared with the older
 * ones. What is off it was logged by servers whose proposals never reached a majority.
 */
export interface AgreedHistory {
  spans: LineSpan[];
  dead: Span[];
  /** Newest epoch first. */
  cuts: Cut[];
  /** How many servers are more than half of those that vote. */
  majority: number;
  /** Servers that do not vote. */
  observers: ReadonlySet<number>;
  /** For each server, the last zxid of the line that its logs or snapshots hold; null if there is none. */
  reach: (bigint | null)[];
  last: bigint | null;
}

/** Who votes on what is committed. */
export interface Voting {
  /** How many servers of the ensemble vote, if more than are given. */
  voters?: number | undefined;
  /** Those of the given that do not. */
  observers?: ReadonlySet<number> | undefined;
}

export function agreedHistory(
  directories: readonly DataDirectory[],
  { spans, epochStarts }: AlignedLogs,
  { voters = 0, observers = NOBODY }: Voting = {},
): AgreedHistory {
  const majority = Math.floor(Math.max(voters, directories.length - observers.size) / 2) + 1;
  const cuts = cutsOf(directories, spans, epochStarts, { majority, observers });
  const dead = spans.filter((span) => isDead(cuts, span.first));
  const alive = spans.filter((span) => !isDead(cuts, span.first));
  const line: LineSpan[] = [];
  for (const span of alive.toReversed()) line.push({ span, version: versionToFollow(span, line.at(-1)) });
  line.reverse();
  const reach = directories.map((directory, node) => reachOf(directory, node, line, cuts));
  const last = reach.reduce((most, each) => (most === null || (each !== null && each > most) ? each : most), null);
  return { spans: line, dead, cuts, majority, observers, reach, last };
}

const NOBODY: ReadonlySet<number> = new Set();

/** Whether a transaction was left behind when a newer epoch began. */
export function isDead(cuts: readonly Cut[], zxid: bigint): boolean {
  return cuts.some(({ after, first }) => after !== null && zxid > after && zxid < first);
}

function cutsOf(
  directories: readonly DataDirectory[],
  spans: readonly Span[],
  starts: AlignedLogs["epochStarts"],
  votes: Pick<AgreedHistory, "majority" | "observers">,
): Cut[] {
  const cuts: Cut[] = [];
  let below: bigint | null = null;
  for (;;) {
    // The newest epoch, then the one that the epoch above it began after, and so on.
    const limit: bigint | null = below;
    const newest: Span | undefined = spans.findLast((span) => limit === null || span.first <= limit);
    if (!newest) return cuts;
    const cut = cutAt(directories, spans, starts, epochOf(newest.last), votes);
    if (!cut) {
      // Nobody has the epoch's first transaction: what is before it stays, unproven.
      below = ((newest.last >> 32n) << 32n) - 1n;
      continue;
    }
    cuts.push(cut);
    if (cut.after === null) return cuts;
    below = cut.after;
  }
}

function cutAt(
  directories: readonly DataDirectory[],
  spans: readonly Span[],
  starts: AlignedLogs["epochStarts"],
  epoch: number,
  { majority, observers }: Pick<AgreedHistory, "majority" | "observers">,
): Cut | null {
  const claims = starts.filter((start) => start.epoch === epoch);
  const [start] = claims;
  if (!start) return null;
  const { first } = start;
  const groups = new Map<bigint | null, number[]>();
  for (const { node, previous } of claims) {
    const after = laterOf(previous, newestSnapshotBetween(directories[node] as DataDirectory, previous, first));
    groups.set(after, [...(groups.get(after) ?? []), node]);
  }
  // A server that has nothing before the epoch (its older logs are purged) says nothing about what it began after.
  if (groups.size > 1) groups.delete(null);
  const kept =
    spans.findLast((span) => span.last < first && largestAgreement(span, observers) >= majority)?.last ?? null;
  const possible = [...groups].filter(([after]) => kept === null || (after !== null && after >= kept));
  const ranked = (possible.length > 0 ? possible : [...groups]).sort(
    ([afterA, a], [afterB, b]) => b.length - a.length || ((afterA ?? -1n) < (afterB ?? -1n) ? -1 : 1),
  );
  const [best, next] = ranked;
  if (!best) return null;
  const [after, supporters] = best;
  const dissenters = [...groups].filter(([other]) => other !== after).flatMap(([, nodes]) => nodes);
  return { epoch, first, after, supporters, dissenters, ambiguous: next?.[1].length === supporters.length };
}

/** A server that took a snapshot from its leader goes on from there: what its log ends with says nothing. */
function newestSnapshotBetween(directory: DataDirectory, previous: bigint | null, first: bigint): bigint | null {
  let newest: bigint | null = null;
  for (const { zxid } of directory.snapshots) {
    if (zxid !== null && zxid < first && counterOf(zxid) > 0 && (previous === null || zxid > previous)) newest = zxid;
  }
  return newest;
}

/** How many of those that vote hold the same bytes. */
export function largestAgreement({ versions }: Span, observers: ReadonlySet<number>): number {
  let most = 0;
  for (const version of new Set(versions)) {
    if (version !== 0)
      most = Math.max(most, versions.filter((each, node) => each === version && !observers.has(node)).length);
  }
  return most;
}

/** Where bytes differ: those that most servers have; of equals, those of a server that holds what comes next. */
function versionToFollow({ versions }: Span, next: LineSpan | undefined): number {
  const held = [...new Set(versions)].filter((version) => version !== 0);
  if (held.length === 1) return held[0] as number;
  const count = (version: number): number => versions.filter((each) => each === version).length;
  const leadsOn = (version: number): boolean =>
    next !== undefined && versions.some((each, node) => each === version && next.span.versions[node] === next.version);
  return held.sort((a, b) => count(b) - count(a) || Number(leadsOn(b)) - Number(leadsOn(a)))[0] as number;
}

function reachOf(
  directory: DataDirectory,
  node: number,
  line: readonly LineSpan[],
  cuts: readonly Cut[],
): bigint | null {
  let reach = line.findLast(({ span, version }) => span.versions[node] === version)?.span.last ?? null;
  const lastLogged = line.at(-1)?.span.last ?? 0n;
  for (const { zxid, bytes } of directory.snapshots) {
    if (zxid === null) continue;
    // What no seal has been held against may be damaged: it counts only where a log has that transaction.
    const trailers = peekTrailers(bytes);
    const inside = [trailers?.digest?.zxid ?? 0n, trailers?.lastZxid ?? 0n].filter((each) => each <= lastLogged);
    for (const each of [zxid, ...inside]) if (!isDead(cuts, each)) reach = laterOf(reach, each);
  }
  return reach;
}

export function laterOf(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || (b !== null && b > a) ? b : a;
}

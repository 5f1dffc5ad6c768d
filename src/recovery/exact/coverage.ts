import { follows } from "../../storage/zxid.js";
import { type FuzzyWindow, fuzzyWindow } from "./fuzzy-window.js";
import type { LogScan, Run } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";

/** Points that can be rebuilt exactly: every transaction from `from` to `to`. */
export interface ExactRange {
  from: bigint;
  to: bigint;
  /** The snapshot it is rebuilt from; null where the logs begin at the beginning. */
  base: string | null;
}

/** Transactions that no log has, between two that logs do have. */
export interface Gap {
  /** The last transaction before it, and the first behind it. */
  after: bigint;
  before: bigint;
  /** A sound snapshot from which the history behind the gap goes on. */
  bridgedBy: string | null;
}

export interface SnapshotCoverage {
  scan: SnapshotScan;
  window: FuzzyWindow;
  /** Whether the logs hold all that follows it, so that the end of its window can be reached. */
  usable: boolean;
}

export interface Coverage {
  snapshots: SnapshotCoverage[];
  /** The logs' transactions, files joined. */
  runs: Run[];
  exact: ExactRange[];
  gaps: Gap[];
  /** The last zxid that anything here speaks of. */
  last: bigint | null;
}

/** What the files of a directory cover, from what scanning each of them found; `measured` windows are
 * known better, and null is one that no replay leaves exactly. */
export function coverageOf(
  scans: readonly SnapshotScan[],
  logs: readonly LogScan[],
  measured: ReadonlyMap<SnapshotScan, FuzzyWindow | null> = new Map(),
): Coverage {
  const runs = joinRuns(logs.flatMap((log) => log.runs));
  const sound = scans.filter((scan) => scan.sound && scan.zxid !== null);
  const lastLogged = runs[runs.length - 1]?.last ?? null;
  const snapshots = sound.map((scan): SnapshotCoverage => {
    const begin = scan.zxid as bigint;
    const nextSnapshot =
      sound.find((other) => other.node === scan.node && (other.zxid as bigint) > begin)?.zxid ?? null;
    const window =
      measured.get(scan) ??
      fuzzyWindow(begin, {
        trailers: scan.trailers,
        newestChange: scan.newestChange,
        nextSnapshot,
        lastLogged,
      });
    return { scan, window, usable: measured.get(scan) !== null && reaches(runs, begin) >= window.end };
  });
  const exact = joinRanges([...fromBeginning(runs), ...snapshots.flatMap((each) => exactFrom(each, runs))]);
  const newest = snapshots.reduce<bigint | null>(
    (most, { window }) => (most === null || window.end > most ? window.end : most),
    null,
  );
  const last = lastLogged === null || (newest !== null && newest > lastLogged) ? newest : lastLogged;
  return { snapshots, runs, exact, gaps: gapsBetween(runs, snapshots), last };
}

/** Whether history can begin with this transaction: there is nothing before it. */
export function isBeginning(first: bigint): boolean {
  return first === 1n || first === 0x100000001n;
}

/** How far an unbroken history leads from a snapshot's zxid; the zxid itself if no log goes on from it. */
export function reaches(runs: readonly Run[], zxid: bigint): bigint {
  for (const run of runs) {
    if (run.first <= zxid + 1n && run.last >= zxid) return run.last;
    if (run.first > zxid && follows(zxid, run.first)) return run.last;
  }
  return zxid;
}

/** Runs of several files in order, joined where one goes on from the other or they overlap. */
function joinRuns(all: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of [...all].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const previous = joined[joined.length - 1];
    if (previous && (run.first <= previous.last || follows(previous.last, run.first))) {
      if (run.last <= previous.last) continue;
      previous.count += run.first > previous.last ? run.count : Number(run.last - previous.last);
      previous.last = run.last;
      previous.lastTime = run.lastTime;
    } else joined.push({ ...run });
  }
  return joined;
}

function fromBeginning(runs: readonly Run[]): ExactRange[] {
  const first = runs[0];
  return first && isBeginning(first.first) ? [{ from: first.first, to: first.last, base: null }] : [];
}

function exactFrom({ scan, window, usable }: SnapshotCoverage, runs: readonly Run[]): ExactRange[] {
  if (!usable) return [];
  const reach = reaches(runs, window.begin);
  return [{ from: window.end, to: reach > window.end ? reach : window.end, base: scan.file }];
}

function joinRanges(all: readonly ExactRange[]): ExactRange[] {
  const joined: ExactRange[] = [];
  for (const range of [...all].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const previous = joined[joined.length - 1];
    if (previous && (range.from <= previous.to || follows(previous.to, range.from))) {
      if (range.to > previous.to) previous.to = range.to;
    } else joined.push({ ...range });
  }
  return joined;
}

/** Whether the history after a snapshot begins in a run: inside it, or with its first transaction. */
function leadsInto(zxid: bigint, run: Run): boolean {
  return (zxid >= run.first - 1n && zxid <= run.last) || (zxid < run.first && follows(zxid, run.first));
}

function gapsBetween(runs: readonly Run[], snapshots: readonly SnapshotCoverage[]): Gap[] {
  const gaps: Gap[] = [];
  for (const [index, run] of runs.entries()) {
    const previous = runs[index - 1];
    const bridge = snapshots.find(({ window, usable }) => usable && leadsInto(window.begin, run));
    if (previous) gaps.push({ after: previous.last, before: run.first, bridgedBy: bridge?.scan.file ?? null });
    else if (!isBeginning(run.first) && !bridge) gaps.push({ after: 0n, before: run.first, bridgedBy: null });
  }
  return gaps;
}

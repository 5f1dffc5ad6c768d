import { follows } from "../../storage/zxid.js";
import type { StoredFile } from "../directory/data-directory.js";
import { type Base, baseAtDigest, baseOf, doubtOfWindow, provesItself, type Unproven } from "./base.js";
import type { FuzzyWindow } from "./fuzzy-window.js";
import type { LogScan, TxnRun } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { isMessage, type Message } from "../../text/message.js";

/** Points that can be rebuilt exactly: every transaction from `from` to `to`. */
export interface ExactRange {
  from: bigint;
  to: bigint;
  /** The snapshot it is rebuilt from; null where the logs begin at the beginning. */
  base: string | null;
  /** What of these states nothing proves. */
  unproven: readonly Unproven[];
}

/** Transactions that no log has, between two that logs do have. */
export interface Gap {
  /** The last transaction before it, and the first after it. */
  after: bigint;
  before: bigint;
  /** A sound snapshot from which the history after the gap goes on. */
  bridgedBy: string | null;
}

/** A sound snapshot, how far it may reach beyond its zxid, and what a replay from it begins with. */
export interface SnapshotCoverage {
  scan: SnapshotScan;
  window: FuzzyWindow;
  /** What a replay can begin with; null where the logs do not lead to the end of its window. */
  base: Base | null;
}

/** What the files of a directory hold, by their headers and records: before any replay. */
export interface Coverage {
  /** Sound snapshots that cannot be what their names and trailers say, and why. */
  contradicted: { scan: SnapshotScan; why: Message }[];
  /** The sound ones. */
  snapshots: SnapshotCoverage[];
  /** The logs' transactions, files joined. */
  runs: TxnRun[];
  /** What can be rebuilt as far as zxids tell: a replay may show that less of it is right. */
  covered: ExactRange[];
  gaps: Gap[];
  /** The last zxid that anything here speaks of. */
  last: bigint | null;
}

/**
 * What the files of a directory cover, from what scanning each of them found.
 *
 * @example
 * import { coverageOf, discover, scanLog, scanSnapshot } from "zkrewind/recovery";
 *
 * const { snapshots, logs } = discover(["fixtures/3.8.6-standalone"]);
 * const scans = await Promise.all(snapshots.map((each) => scanSnapshot(each)));
 * const { runs, gaps } = coverageOf([...snapshots, ...logs], scans, await Promise.all(logs.map((log) => scanLog(log))));
 * console.log(runs.map(({ first, last }) => [first, last]), gaps);
 */
export function coverageOf(
  files: readonly StoredFile[],
  scans: readonly SnapshotScan[],
  logs: readonly LogScan[],
): Coverage {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const runs = joinRuns(logs.flatMap((log) => log.runs));
  const sound = scans.filter((scan) => scan.sound);
  const lastLogged = runs[runs.length - 1]?.last ?? null;
  const contradicted: Coverage["contradicted"] = [];
  const snapshots = sound.flatMap((scan): SnapshotCoverage[] => {
    const file = byPath.get(scan.path);
    const nextSnapshot = nextOf(sound, scan);
    const base = file ? baseOf(file, scan, { nextSnapshot, lastLogged }) : null;
    if (base !== null && isMessage(base)) contradicted.push({ scan, why: base });
    return base === null || isMessage(base) ? [] : [{ scan, window: base.window, base: reachable(base, scan, runs) }];
  });
  const newest = snapshots.reduce<bigint | null>(
    (most, { window }) => (most === null || window.end > most ? window.end : most),
    null,
  );
  const last = lastLogged === null || (newest !== null && newest > lastLogged) ? newest : lastLogged;
  const bases = snapshots.flatMap(({ base }) => base ?? []);
  const covered = joinRanges([...fromBeginning(runs), ...bases.map((base) => coveredFrom(base, runs))], runs);
  return { contradicted, snapshots, runs, covered, gaps: gapsBetween(runs, snapshots), last };
}

/** The zxid of the same server's next snapshot. */
function nextOf(all: readonly SnapshotScan[], { zxid, node }: SnapshotScan): bigint | null {
  if (zxid === null) return null;
  return all.find((other) => other.node === node && other.zxid !== null && other.zxid > zxid)?.zxid ?? null;
}

/** A base whose window the logs lead through; at its digest's zxid where they do not; null where that does not help. */
function reachable(base: Base, scan: SnapshotScan, runs: readonly TxnRun[]): Base | null {
  if (doubtOfWindow(base.window) !== null) return null;
  if (reaches(runs, base.from) >= base.window.end) return base;
  const own = provesItself(scan);
  return own === null || base.snapshot === null ? null : baseAtDigest(base.snapshot, own);
}

/** Whether history can begin with this transaction: there is nothing before it. */
export function isBeginning(first: bigint): boolean {
  return first === 1n || first === 0x100000001n;
}

/** How far an unbroken history leads from a snapshot's zxid; the zxid itself if no log goes on from it. */
export function reaches(runs: readonly TxnRun[], zxid: bigint): bigint {
  for (const run of runs) {
    if (run.first <= zxid + 1n && run.last >= zxid) return run.last;
    if (run.first > zxid && follows(zxid, run.first)) return run.last;
  }
  return zxid;
}

/** Runs of several files in order, joined where one goes on from the other or they overlap. */
function joinRuns(all: readonly TxnRun[]): TxnRun[] {
  const joined: TxnRun[] = [];
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

function fromBeginning(runs: readonly TxnRun[]): ExactRange[] {
  const first = runs[0];
  return first && isBeginning(first.first) ? [{ from: first.first, to: first.last, base: null, unproven: [] }] : [];
}

function coveredFrom({ snapshot, from, window, unproven }: Base, runs: readonly TxnRun[]): ExactRange {
  const reach = reaches(runs, from);
  const to = reach > window.end ? reach : window.end;
  return { from: window.end, to, base: snapshot?.name ?? null, unproven };
}

/**
 * Ranges in order, joined where they adjoin and have the same proof. Where two overlap, the points go to the one that
 * proves more.
 */
export function joinRanges(all: readonly ExactRange[], runs: readonly TxnRun[]): ExactRange[] {
  const joined: ExactRange[] = [];
  for (const range of [...all].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const previous = joined[joined.length - 1];
    const overlaps = previous !== undefined && range.from <= previous.to;
    const adjoins = previous !== undefined && (overlaps || adjoin(previous.to, range.from, runs));
    if (previous && adjoins && previous.unproven.join() === range.unproven.join()) {
      if (range.to > previous.to) previous.to = range.to;
    } else if (!overlaps) joined.push({ ...range });
    else if (previous.unproven.length <= range.unproven.length) {
      if (range.to > previous.to) joined.push({ ...range, from: previous.to + 1n });
    } else {
      const behind = { ...previous, from: range.to + 1n };
      if (range.from > previous.from) {
        joined.push({ ...range });
        previous.to = range.from - 1n;
      } else joined[joined.length - 1] = { ...range };
      if (behind.to >= behind.from) joined.push(behind);
    }
  }
  return joined;
}

/** Whether nothing was between two points: of two epochs the first may have gone on, and only the logs tell. */
function adjoin(to: bigint, from: bigint, runs: readonly TxnRun[]): boolean {
  if (from === to + 1n) return true;
  return follows(to, from) && !runs.some(({ first, last }) => last > to && first < from);
}

/** Whether the history after a snapshot begins in a run: inside it, or with its first transaction. */
function leadsInto(zxid: bigint, run: TxnRun): boolean {
  return (zxid >= run.first - 1n && zxid <= run.last) || (zxid < run.first && follows(zxid, run.first));
}

function gapsBetween(runs: readonly TxnRun[], snapshots: readonly SnapshotCoverage[]): Gap[] {
  const gaps: Gap[] = [];
  for (const [index, run] of runs.entries()) {
    const previous = runs[index - 1];
    const bridge = snapshots.find(({ base }) => base !== null && leadsInto(base.from, run));
    if (previous) gaps.push({ after: previous.last, before: run.first, bridgedBy: bridge?.scan.file ?? null });
    else if (!isBeginning(run.first) && !bridge) gaps.push({ after: 0n, before: run.first, bridgedBy: null });
  }
  return gaps;
}

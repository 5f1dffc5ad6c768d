import { epochOf } from "../../storage/zxid.js";
import type { Message } from "../../text/message.js";
import type { LogScan } from "../scan/scan-log.js";
import type { LogView, LongRecord } from "./log-view.js";
import type { Release } from "./releases.js";

/** What stops a server; `log` is the file's path. */
export type Stop =
  /** How many snapshots lie in dataLogDir, logs in dataDir; interchanged if there is nothing else. */
  | { kind: "mixed folders"; snapshots: number; logs: number; interchanged: boolean }
  /** Snapshots that look like ones at first sight, and none of them can be read. */
  | { kind: "no valid snapshot" }
  /** Logs, and nothing that looks like a snapshot. */
  | { kind: "no snapshot" }
  /** Less than a header: EOFException. */
  | { kind: "no header"; log: string; size: number }
  | { kind: "magic"; log: string; magic: number }
  | { kind: "unreadable"; log: string; why: Message }
  | { kind: "crc"; log: string; offset: number; zxid: bigint }
  /** A length that is unreasonable to Java; `record` where the length is that of a whole and sound one. */
  | { kind: "length"; log: string; offset: number; length: number; record: LongRecord | null }
  /** A length of -1: NullPointerException. */
  | { kind: "null length"; log: string; offset: number }
  | { kind: "type"; log: string; offset: number; zxid: bigint; type: number }
  /** ZOOKEEPER-4925 */
  | { kind: "hole"; log: string; offset: number; after: bigint; before: bigint };

export interface LogToPlay {
  name: string;
  path: string;
  /** By its name. */
  zxid: bigint;
  /** Null where it could not be read. */
  scan: LogScan | null;
}

export interface PlayedRun {
  first: bigint;
  last: bigint;
}

/** What a server plays from its logs. */
export interface Play {
  stop: Stop | null;
  /** The logs that it opens. */
  logs: readonly LogToPlay[];
  /** In the order of playing; a run can repeat or step back. */
  runs: PlayedRun[];
  /** The zxid that this leads to: never less than the snapshot's. */
  last: bigint;
  /** Multis that are played, with the type of a member that the release leaves out. */
  leftOut: { zxid: bigint; type: number }[];
}

/** Plays logs, in the order of their names, over a snapshot: FileTxnLog.FileTxnIterator and FileTxnSnapLog. */
export function play(logs: readonly LogToPlay[], base: bigint, release: Release, limit: number): Play {
  // All whose names are after the snapshot, and the one before them: it may go on beyond it.
  const before = logs.findLastIndex((each) => each.zxid <= base);
  const chosen = logs.slice(Math.max(before, 0));
  const result: Play = { stop: null, logs: chosen, runs: [], last: base, leftOut: [] };
  for (const [index, log] of chosen.entries()) {
    const isLast = index === chosen.length - 1;
    result.stop = playOne(log, isLast, base, release, limit, result);
    if (result.stop) break;
  }
  return result;
}

function playOne(
  log: LogToPlay,
  isLast: boolean,
  base: bigint,
  release: Release,
  limit: number,
  result: Play,
): Stop | null {
  const view = log.scan?.server;
  if (!view) return { kind: "magic", log: log.path, magic: SNAPSHOT_MAGIC };
  const opening = atOpening(log.path, view, isLast && release.dropsEmptyLastLog);
  if (opening) return opening === "passed over" ? null : opening;
  const stop = firstStop(log.path, view, release, limit);
  for (const run of view.runs) {
    if (stop && run.offset >= stop.offset) break;
    // Up to the first transaction after the snapshot all are passed over, from there on none.
    const isFirst = result.runs.length === 0;
    if (isFirst && run.last <= base) continue;
    const first = isFirst && run.first <= base ? base + 1n : run.first;
    const hole = release.stopsAtHole && !isFirst && isHole(result.last, first);
    if (hole) return { kind: "hole", log: log.path, offset: run.offset, after: result.last, before: first };
    result.runs.push({ first, last: run.last });
    if (run.last > result.last) result.last = run.last;
  }
  for (const { zxid, type } of view.multis)
    if (zxid > base && !release.memberTypes.has(type)) result.leftOut.push({ zxid, type });
  return stop;
}

/** ZKDatabase.addCommittedProposal of 3.9.4: within an epoch each zxid is the one before it plus 1; older ones are no matter. */
function isHole(last: bigint, next: bigint): boolean {
  return next > last + 1n && epochOf(next) <= epochOf(last);
}

function atOpening(log: string, { end }: LogView, dropsEmpty: boolean): Stop | "passed over" | null {
  if (end.kind === "header")
    return end.size === 0 && dropsEmpty ? "passed over" : { kind: "no header", log, size: end.size };
  if (end.kind === "magic") return { kind: "magic", log, magic: end.magic };
  return end.kind === "unreadable" ? { kind: "unreadable", log, why: end.why } : null;
}

type StopInLog = Extract<Stop, { offset: number }>;

/** The first place in a log that a server does not get beyond; null where it reads to where the log ends for it. */
function firstStop(log: string, view: LogView, release: Release, limit: number): StopInLog | null {
  const stops: (StopInLog | null | undefined)[] = [
    atEnd(log, view, limit),
    ...view.longest
      .filter((each) => each.length > limit)
      .slice(0, 1)
      .map((record): StopInLog => ({ kind: "length", log, offset: record.offset, length: record.length, record })),
    ...view.firstOfType
      .filter(([type]) => !release.types.has(type))
      .map(([type, { offset, zxid }]): StopInLog => ({ kind: "type", log, offset, zxid, type })),
  ];
  const { misread } = view;
  if (misread && release.readsClosePaths && isUnreasonable(misread.length, limit))
    stops.push({ kind: "length", log, offset: misread.offset, length: misread.length, record: null });
  return stops.reduce<StopInLog | null>(
    (first, each) => (each && (!first || each.offset < first.offset) ? each : first),
    null,
  );
}

function atEnd(log: string, { end }: LogView, limit: number): StopInLog | null {
  if (end.kind === "null") return { kind: "null length", log, offset: end.offset };
  if (!("length" in end)) return null;
  const { offset, length } = end;
  if (isUnreasonable(length, limit)) return { kind: "length", log, offset, length, record: null };
  return end.kind === "crc" ? { kind: "crc", log, offset, zxid: end.zxid } : null;
}

function isUnreasonable(length: number, limit: number): boolean {
  return length < 0 || length > limit;
}

/** As Java reads it: an int. */
const SNAPSHOT_MAGIC = 0x5a4b534e;

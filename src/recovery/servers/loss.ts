import { counterOf, epochOf, makeZxid } from "../../storage/zxid.js";
import type { LogScan } from "../scan/scan-log.js";
import type { Play, PlayedRun } from "./play.js";

/** Transactions that a server does not have although it comes up. */
export interface Loss {
  from: bigint;
  to: bigint;
  /** Where they are: in no file, in a file but not where the server reads, or read and left out, a multi's rest. */
  where: "in no file" | "not read" | "left out";
}

/**
 * What a server that plays `played` over the snapshot of zxid `base` lacks, as far as the files tell. `proven`: the zxid
 * up to which the snapshot holds all by its own digest, whatever its name says; null where none proves it.
 */
export function lostBy(played: Play, base: bigint, scans: readonly LogScan[], proven: bigint | null = null): Loss[] {
  const known = merged(scans.flatMap((scan) => scan.runs)).filter((run) => run.last > base);
  const had = merged(played.runs);
  const lost: Loss[] = [];
  let previous = proven !== null && proven > base ? proven : base;
  for (const run of had) {
    lost.push(...between(previous, run.first, known));
    if (run.last > previous) previous = run.last;
  }
  const end = known.at(-1)?.last ?? previous;
  if (end > previous) lost.push(...between(previous, end + 1n, known));
  const zxids = new Set(played.leftOut.map(({ zxid }) => zxid));
  return [...lost, ...[...zxids].map((zxid): Loss => ({ from: zxid, to: zxid, where: "left out" }))];
}

/** The transactions between two that follow each other in the replay: what files hold of them, and what they do not. */
function between(previous: bigint, next: bigint, known: readonly PlayedRun[]): Loss[] {
  // Where an epoch begins, what the one before it held to its end is not known.
  const start = epochOf(next) === epochOf(previous) ? previous + 1n : makeZxid(epochOf(next), 1);
  const lost: Loss[] = [];
  for (const run of known) {
    // A run can lead from one epoch into the next.
    const from = run.first > previous ? run.first : start;
    const to = run.last < next ? run.last : next - 1n;
    if (from <= to) lost.push({ from, to, where: "not read" });
  }
  let at = counterOf(next) === 0 ? next : start;
  const missing: Loss[] = [];
  for (const each of lost.filter(({ to }) => to >= start)) {
    if (each.from > at) missing.push({ from: at, to: each.from - 1n, where: "in no file" });
    at = each.to + 1n;
  }
  if (at < next) missing.push({ from: at, to: next - 1n, where: "in no file" });
  return [...lost, ...missing].sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** In order, joined where they touch. */
function merged(runs: readonly PlayedRun[]): PlayedRun[] {
  const joined: PlayedRun[] = [];
  for (const { first, last } of [...runs].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const open = joined.at(-1);
    if (open && first <= open.last + 1n) {
      if (last > open.last) open.last = last;
    } else joined.push({ first, last });
  }
  return joined;
}

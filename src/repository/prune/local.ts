import type { LogScan, SnapshotScan, Verification } from "../../recovery/index.js";
import { type Fate, keptPoints, type KeptPoint, type Policy } from "./points.js";

export interface RetentionPlan {
  fates: Fate[];
  points: (KeptPoint & { isWhole: boolean })[];
}

/**
 * What a server's own directory needs for the same points that a pruned repository keeps; here the files have been read,
 * and how fuzzy each snapshot is, is known. `now`: milliseconds.
 */
export function planRetention(result: Verification, policy: Policy, now: number): RetentionPlan {
  const stretches = result.logs
    .flatMap(({ runs }) =>
      runs.map(({ first, last, firstTime, lastTime }) => ({ first, last, from: firstTime, to: lastTime })),
    )
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const points = keptPoints(stretches, policy, now).map((point) => ({ ...point, isWhole: isExact(result, point) }));
  const reasons = new Map<string, string>();
  const keep = (path: string, reason: string): void => void (reasons.has(path) || reasons.set(path, reason));
  for (const point of points) keepFor(point, result, (path) => keep(path, `for ${point.label}`));
  keepToStart(result, keep);
  for (const scan of [...result.snapshots, ...result.logs])
    if (!isSound(scan)) keep(scan.path, "not sound: what can be read of it may be needed");
  const isSure = points.every(({ isWhole }) => isWhole);
  const fates = [...result.snapshots, ...result.logs].map(({ file, path, size }): Fate => {
    const reason = reasons.get(path);
    if (reason !== undefined) return { name: file, size, isKept: true, reason };
    if (!isSure)
      return { name: file, size, isKept: true, reason: "a kept point cannot be rebuilt exactly: see zkrewind verify" };
    return { name: file, size, isKept: false, reason: "no kept point needs it" };
  });
  return { fates, points };
}

/** The newest state from before the point, and every log with a transaction from where that begins to the point. */
function keepFor({ from, to }: KeptPoint, { coverage, logs }: Verification, keep: (path: string) => void): void {
  const before = coverage.snapshots.filter(({ base, window }) => base !== null && window.end <= from);
  const newest = before.reduce<(typeof before)[number] | undefined>(
    (best, each) => (best === undefined || each.window.begin > best.window.begin ? each : best),
    undefined,
  );
  if (newest) keep(newest.scan.path);
  // Later ones make restores of later points quick, and stand in for one that turns out damaged.
  for (const { scan, window } of coverage.snapshots) if (window.begin > from && window.begin <= to) keep(scan.path);
  const begin = newest?.window.begin ?? 0n;
  for (const { path, runs } of logs) if (runs.some(({ first, last }) => first <= to && last >= begin)) keep(path);
}

/** What the server itself starts from: its newest snapshot that is sound, and the logs from there on; a last empty log. */
function keepToStart({ snapshots, logs }: Verification, keep: (path: string, reason: string) => void): void {
  const newest = snapshots.findLast(({ sound }) => sound);
  if (newest) keep(newest.path, "the server starts from it");
  const last = logs.at(-1);
  if (last) keep(last.path, "the server writes to it, or did last");
  for (const { path, runs } of logs)
    if (runs.length === 0 || runs.some((run) => run.last >= (newest?.zxid ?? 0n)))
      keep(path, "the server starts from it");
}

function isExact({ exact }: Verification, { from, to }: KeptPoint): boolean {
  return (exact ?? []).some((range) => range.from <= from && to <= range.to);
}

function isSound(scan: SnapshotScan | LogScan): boolean {
  return !scan.findings.some(({ severity }) => severity === "error");
}

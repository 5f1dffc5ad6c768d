/** Transactions that follow each other, and the times of the first and the last, in milliseconds. */
export interface Stretch {
  first: bigint;
  last: bigint;
  from: bigint;
  to: bigint;
}

/** Which points to keep. The newest is always kept. */
export interface Policy {
  /** Milliseconds before the newest point: every point in that time is kept. */
  window: number;
  /** Days, by UTC: the last point of each is kept. */
  daily: number;
  /** Weeks, which begin on Monday: the last point of each is kept. */
  weekly: number;
}

/** A stretch of a line that must stay restorable at each zxid in it. */
export interface KeptPoint {
  /** Why, in words: "the last point of 2026-11-03". */
  label: string;
  /** A state to begin with must not be later than this. */
  from: bigint;
  to: bigint;
}

/** What becomes of an object or file, and why. */
export interface Fate {
  name: string;
  size: number;
  isKept: boolean;
  reason: string;
}

const DAY = 86_400_000;

/**
 * The points of a history to keep; its stretches are in order of zxids. Times are the transactions' own, and can be wrong: what claims to be later than `now`, by
 * the store's clock, counts as now, so that one clock that was ahead does not make all else look old.
 */
export function keptPoints(segments: readonly Stretch[], policy: Policy, now: number): KeptPoint[] {
  const newest = segments.at(-1);
  if (!newest) return [];
  const at = (time: bigint): number => Math.min(Number(time), now);
  const reference = Math.max(...segments.map(({ to }) => at(to)));
  const points: KeptPoint[] = [{ label: "the newest point", from: newest.last, to: newest.last }];
  const within = segments.filter(({ to }) => at(to) >= reference - policy.window);
  const [first] = within;
  // From before its first transaction on: the segment may hold points of before the window, and none of them is needed.
  if (first && policy.window > 0) points.push({ label: "the window", from: first.first - 1n, to: newest.last });
  points.push(...periods(segments, at, DAY, 0, policy.daily, (start) => `the last point of ${dateOf(start)}`));
  // The first of January 1970 was a Thursday.
  const weeks = periods(
    segments,
    at,
    7 * DAY,
    4 * DAY,
    policy.weekly,
    (start) => `the last point of the week of ${dateOf(start)}`,
  );
  return [...points, ...weeks];
}

/** The last points of the newest `count` periods in which there are transactions. */
function periods(
  segments: readonly Stretch[],
  at: (time: bigint) => number,
  length: number,
  shift: number,
  count: number,
  label: (start: number) => string,
): KeptPoint[] {
  const lastOf = new Map<number, Stretch>();
  for (const segment of segments) {
    // One whose clock went back, or that a quiet ensemble needed weeks to fill, is in each period that it touches.
    const [begin, end] = [at(segment.from), at(segment.to)].sort((a, b) => a - b) as [number, number];
    const [low, high] = [Math.floor((begin - shift) / length), Math.floor((end - shift) / length)];
    for (let period = Math.max(low, high - count); period <= high; period++) lastOf.set(period, segment);
  }
  return [...lastOf]
    .sort(([a], [b]) => b - a)
    .slice(0, count)
    .map(([period, segment]) => {
      const start = period * length + shift;
      const endsWithin = at(segment.to) < start + length;
      return { label: label(start), from: endsWithin ? segment.last : segment.first - 1n, to: segment.last };
    });
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

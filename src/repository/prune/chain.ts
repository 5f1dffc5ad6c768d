import { epochOf } from "../../storage/zxid.js";
import type { Line } from "../link/line.js";
import type { Segment, Snapshot } from "../link/link.js";
import type { KeptPoint } from "./points.js";

/** What a point is restored from. */
export interface RestoreChain {
  snapshots: Snapshot[];
  segments: Segment[];
  /** Whether nothing is missing in it, as far as names and links can tell. */
  isWhole: boolean;
}

/**
 * What a line needs for a point: a state from before it, and every transaction from there to it.
 *
 * A server's own snapshot is fuzzy: it holds some transactions that came while it was written, so a point that is not
 * much later cannot be restored from it. How far it reaches is not in its name; but a server writes one at a time, so the
 * one before it ended before this one began. Both are kept, and the transactions from the older one on.
 */
export function chainOf(
  line: Pick<Line, "segments" | "snapshots">,
  point: KeptPoint,
  isThere: (name: string) => boolean,
): RestoreChain {
  const whole = line.snapshots.filter(
    ({ parts, zxid }) => zxid <= point.from && parts.every(({ name }) => isThere(name)),
  );
  const newest = whole.at(-1);
  const before = newest?.kind === "snapshot" ? whole.at(-2) : undefined;
  const snapshots = [before, newest].filter((each) => each !== undefined);
  const start = snapshots[0]?.zxid;
  const segments = line.segments.filter(
    ({ first, last }) => first <= point.to && (start === undefined || last >= start),
  );
  return { snapshots, segments, isWhole: isWhole(segments, snapshots.at(-1)?.zxid, start, isThere) };
}

function isWhole(
  segments: readonly Segment[],
  newest: bigint | undefined,
  oldest: bigint | undefined,
  isThere: (name: string) => boolean,
): boolean {
  if (segments.some(({ name }) => !isThere(name))) return false;
  const [first] = segments;
  // Logs that begin with the ensemble's first transaction need no state to begin with.
  if (newest === undefined || oldest === undefined) return first !== undefined && isBeginning(first.first);
  if (first === undefined) return true;
  if (first.first > oldest + 1n && first.after !== oldest) return false;
  return segments.every((each, index) => index === 0 || follows(segments[index - 1] as Segment, each));
}

/** Whether no transaction can lie between two segments. */
function follows(before: Segment, next: Segment): boolean {
  if (next.first === before.last + 1n) return true;
  return epochOf(next.first) > epochOf(before.last) && next.after === before.last;
}

/** A standalone server's first is 1, an ensemble's 1 of its first epoch. */
function isBeginning(zxid: bigint): boolean {
  return epochOf(zxid) <= 1 && (zxid & 0xffff_ffffn) <= 1n;
}

import { parsePoint, type PointRequest, type RangePoints } from "../recovery/index.js";

/**
 * A point in time: a zxid; a date; or as the command line takes it: `"latest"`, `"0x1d8e"`, `"e1:34"`, a time in RFC 3339,
 * `"-2h"` before the last transaction, `"@snapshot.207"`.
 */
export type PointLike = bigint | Date | string;

/** How a point is meant. */
export interface PointOptions {
  /** The point itself is not included: the state just before it. */
  before?: boolean;
  /** The zone of times that name none: an IANA name, `UTC` or `local`. */
  timeZone?: string;
}

export function requestOf(point: PointLike, { before = false, timeZone }: PointOptions): PointRequest {
  return { point: parsePoint(textOf(point), timeZone), inclusive: !before };
}

/** Which transactions: those from `from` on, up to `to`, or up to before `before`; all without them. */
export interface RangeOptions {
  from?: PointLike;
  to?: PointLike;
  /** Instead of `to`: the end, itself not included. */
  before?: PointLike;
  /** The zone of times that name none: an IANA name, `UTC` or `local`. */
  timeZone?: string;
}

export function rangePointsOf({ from, to, before, timeZone }: RangeOptions): RangePoints {
  const last = before ?? to;
  return {
    from: from === undefined ? null : parsePoint(textOf(from), timeZone),
    to: last === undefined ? null : parsePoint(textOf(last), timeZone),
    toIncluded: before === undefined,
  };
}

function textOf(point: PointLike): string {
  if (typeof point === "bigint") return `0x${BigInt.asUintN(64, point).toString(16)}`;
  return typeof point === "string" ? point : point.toISOString();
}

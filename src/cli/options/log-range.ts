import type { LogRange } from "../../export/index.js";
import { type DataDirectory, parsePoint, type Point } from "../../recovery/index.js";
import { checkSingle, timeLimit } from "../../recovery/point/resolve.js";
import { placeOf } from "../../recovery/point/time-place.js";
import { lastZxid } from "../../recovery/scan/headers.js";
import type { ZoneOptions } from "./options.js";

export interface RangeOptions extends ZoneOptions {
  start?: string;
  end?: string;
  before?: string;
  limit?: number;
}

/** The points of a range, parsed before anything is read. */
export interface RangePoints {
  start: Point | null;
  end: Point | null;
  /** Whether `end` itself is in. */
  endIncluded: boolean;
}

export function parseRange({ start, end, before, tz }: RangeOptions): RangePoints {
  const last = before ?? end;
  return {
    start: start === undefined ? null : parsePoint(start, tz),
    end: last === undefined ? null : parsePoint(last, tz),
    endIncluded: before === undefined,
  };
}

/**
 * The zxids of a range. A time stands for a place in zxid order: a range ends with the last transaction not later than
 * its end, and begins after the last one earlier than its start. Throws ZkRewindError 4 for a time that clocks came by
 * several times.
 */
export async function resolveRange(directory: DataDirectory, points: RangePoints, limit?: number): Promise<LogRange> {
  const { start, end, endIncluded } = points;
  const from = start && (await lastUpTo(directory, start, false));
  return {
    from: from === null ? null : from + 1n,
    to: end && (await lastUpTo(directory, end, endIncluded)),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** The last zxid up to a point, itself included or not; null for all that there are. Unlike a state, it may be none. */
async function lastUpTo({ logs }: DataDirectory, point: Point, included: boolean): Promise<bigint | null> {
  if (point.kind === "zxid") return included ? point.zxid : point.zxid - 1n;
  if (point.kind === "latest") return included ? null : ((await lastZxid(logs)) ?? 0n) - 1n;
  const place = await placeOf(logs, await timeLimit(logs, point, included));
  if (!place) return null;
  checkSingle(point, place);
  return place.edges[0]?.last.zxid ?? place.first.zxid - 1n;
}

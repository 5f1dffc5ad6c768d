import type { LogRange } from "../../export/index.js";
import { type DataDirectory, parsePoint, type Point } from "../../recovery/index.js";
import { eachHeader, lastZxid } from "../../recovery/point/resolve.js";
import { fromHalves } from "../../storage/zxid.js";

export interface RangeOptions {
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

export function parseRange({ start, end, before }: RangeOptions): RangePoints {
  const last = before ?? end;
  return {
    start: start === undefined ? null : parsePoint(start),
    end: last === undefined ? null : parsePoint(last),
    endIncluded: before === undefined,
  };
}

/**
 * The zxids of a range. A time stands for a place in zxid order, so that a clock that stepped back changes nothing: a
 * range ends with the last transaction not later than its end, and begins after the last one earlier than its start.
 */
export async function resolveRange(directory: DataDirectory, points: RangePoints, limit?: number): Promise<LogRange> {
  const { start, end, endIncluded } = points;
  const range: LogRange = { from: null, to: null, ...(limit === undefined ? {} : { limit }) };
  if (start?.kind === "zxid") range.from = start.zxid;
  else if (start?.kind === "latest") range.from = await lastZxid(directory.logs);
  else if (start?.kind === "time") range.from = await after(directory, start.time - 1n);
  if (end?.kind === "zxid") range.to = endIncluded ? end.zxid : end.zxid - 1n;
  else if (end?.kind === "time") range.to = (await after(directory, endIncluded ? end.time : end.time - 1n)) - 1n;
  else if (end?.kind === "latest" && !endIncluded) range.to = ((await lastZxid(directory.logs)) ?? 0n) - 1n;
  return range;
}

/** The zxid after the last transaction that is not later than `time`. */
async function after(directory: DataDirectory, time: bigint): Promise<bigint> {
  const limit = Number(time);
  let found = -1n;
  for (const log of directory.logs) {
    await eachHeader(log, (cursor) => {
      if (cursor.timeHigh * 2 ** 32 + cursor.timeLow <= limit) found = fromHalves(cursor.zxidHigh, cursor.zxidLow);
      return true;
    });
  }
  return found + 1n;
}

import type { DataDirectory, StoredFile } from "../directory/data-directory.js";
import { lastMoment, type Moment, momentAt } from "../scan/headers.js";
import type { Point } from "./point.js";
import { checkSingle, timeLimit } from "./resolve.js";
import { placeOf } from "./time-place.js";

/** The points of a range of transactions; null where it is open. */
export interface RangePoints {
  from: Point | null;
  to: Point | null;
  /** Whether `to` itself is in. */
  toIncluded: boolean;
}

/** An end of a range; its time is null where no log has a transaction of that zxid. */
export interface RangeEnd {
  zxid: bigint;
  time: bigint | null;
}

/**
 * The ends of a range. A time stands for a place in zxid order: a range ends with the last transaction not later than its
 * end, and begins after the last one earlier than its start. Throws ZkRewindError 4 for a time that clocks came by
 * several times.
 *
 * @example
 * import { discover, parsePoint, rangeEnds } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * console.log(await rangeEnds(directory, { from: parsePoint("0xe40"), to: parsePoint("-1s"), toIncluded: true }));
 */
export async function rangeEnds(
  { logs }: DataDirectory,
  { from, to, toIncluded }: RangePoints,
): Promise<{ from: RangeEnd | null; to: RangeEnd | null }> {
  return {
    from: from && (await firstFrom(logs, from)),
    to: to && (await lastUpTo(logs, to, toIncluded)),
  };
}

async function firstFrom(logs: readonly StoredFile[], point: Point): Promise<RangeEnd | null> {
  if (point.kind === "zxid") return endAt(logs, point.zxid);
  if (point.kind === "latest") return lastMoment(logs);
  const place = await placeOf(logs, await timeLimit(logs, point, false));
  if (!place) return null;
  checkSingle(point, place);
  const [edge] = place.edges;
  if (!edge) return place.first;
  return edge.next ?? after(edge.last);
}

/** The last transaction up to a point, itself included or not. Unlike a state's, it may be one before the first. */
async function lastUpTo(logs: readonly StoredFile[], point: Point, included: boolean): Promise<RangeEnd | null> {
  if (point.kind === "zxid") return endAt(logs, included ? point.zxid : point.zxid - 1n);
  if (point.kind === "latest") {
    const last = await lastMoment(logs);
    return included || !last ? last : endAt(logs, last.zxid - 1n);
  }
  const place = await placeOf(logs, await timeLimit(logs, point, included));
  if (!place) return null;
  checkSingle(point, place);
  return place.edges[0]?.last ?? { zxid: place.first.zxid - 1n, time: null };
}

async function endAt(logs: readonly StoredFile[], zxid: bigint): Promise<RangeEnd> {
  return { zxid, time: (await momentAt(logs, zxid))?.time ?? null };
}

/** Where there is nothing yet. */
function after({ zxid }: Moment): RangeEnd {
  return { zxid: zxid + 1n, time: null };
}

import { type Command, Option } from "commander";
import type { LogRange } from "../../export/index.js";
import { type DataDirectory, isoTime, parsePoint, type Point, type StoredFile } from "../../recovery/index.js";
import { checkSingle, timeLimit } from "../../recovery/point/resolve.js";
import { placeOf } from "../../recovery/point/time-place.js";
import { lastMoment, type Moment, momentAt, neighbours } from "../../recovery/scan/headers.js";
import { reportRange } from "../output/report.js";
import { hex } from "../../storage/zxid.js";
import { joined, type Message, say } from "../../text/message.js";
import { addZone, type ZoneOptions } from "./options.js";

export interface RangeOptions extends ZoneOptions {
  from?: string;
  to?: string;
  before?: string;
}

/** A range of transactions. */
export function addRange(command: Command): Command {
  command
    .option("--from <point>", "the first transaction; a time: the first not earlier")
    .addOption(new Option("--to <point>", "the last transaction; a time: the last not later").conflicts("before"))
    .option("--before <point>", "up to this point, itself not included");
  return addZone(command);
}

/** The points of a range, parsed before anything is read. */
export interface RangePoints {
  from: Point | null;
  to: Point | null;
  /** Whether `to` itself is in. */
  toIncluded: boolean;
}

export function parseRange({ from, to, before, tz }: RangeOptions): RangePoints {
  const last = before ?? to;
  return {
    from: from === undefined ? null : parsePoint(from, tz),
    to: last === undefined ? null : parsePoint(last, tz),
    toIncluded: before === undefined,
  };
}

/** An end of a range; its time is null where no log has a transaction of that zxid. */
export interface RangeEnd {
  zxid: bigint;
  time: bigint | null;
}

/**
 * The zxids of a range, which are told on standard error. A time stands for a place in zxid order: a range ends with
 * the last transaction not later than its end, and begins after the last one earlier than its start. Throws
 * ZkRewindError 4 for a time that clocks came by several times.
 */
export async function resolveRange(directory: DataDirectory, points: RangePoints): Promise<LogRange> {
  const { from: first, to: last, toIncluded } = points;
  const from = first && (await firstFrom(directory, first));
  const to = last && (await lastUpTo(directory, last, toIncluded));
  reportRange(from, to);
  return { from: from?.zxid ?? null, to: to?.zxid ?? null };
}

async function firstFrom({ logs }: DataDirectory, point: Point): Promise<RangeEnd | null> {
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
async function lastUpTo({ logs }: DataDirectory, point: Point, included: boolean): Promise<RangeEnd | null> {
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

/** `0x5 and 0x9`: the transactions around a zxid that the logs lack. */
export async function nearestText({ logs }: DataDirectory, zxid: bigint): Promise<Message> {
  const { below, above } = await neighbours(logs, zxid);
  const near = [below, above].flatMap((each) => (each ? [say`${hex(each.zxid)} (${isoTime(each.time)})`] : []));
  if (near.length === 0) return say`The logs hold no transaction.`;
  return say`The nearest ${near.length === 1 ? "is" : "are"} ${joined(near, " and ")}.`;
}

async function endAt(logs: readonly StoredFile[], zxid: bigint): Promise<RangeEnd> {
  return { zxid, time: (await momentAt(logs, zxid))?.time ?? null };
}

/** Where there is nothing yet. */
function after({ zxid }: Moment): RangeEnd {
  return { zxid: zxid + 1n, time: null };
}

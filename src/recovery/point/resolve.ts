import { ZkRewindError } from "../../findings/finding.js";
import { follows, hex } from "../../storage/zxid.js";
import type { DataDirectory, StoredFile } from "../directory/data-directory.js";
import { lastMoment, type Moment } from "../scan/headers.js";
import { millisOf, type Point, type PointRequest } from "./point.js";
import { placeOf, type TimePlace } from "./time-place.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";

/**
 * The last zxid that a request includes; null for all there are.
 * Throws ZkRewindError 4 for a time that the logs do not cover, or that is no single place in them.
 *
 * @example
 * import { discover, parsePoint, resolveBound } from "zkrewind/recovery";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * console.log(await resolveBound(directory, { point: parsePoint("-2s"), inclusive: true }));
 */
export async function resolveBound(
  directory: DataDirectory,
  { point, inclusive }: PointRequest,
): Promise<bigint | null> {
  if (point.kind === "zxid") return inclusive ? point.zxid : point.zxid - 1n;
  if (point.kind !== "latest") return resolveTime(directory.logs, point, inclusive);
  if (inclusive) return null;
  const last = await lastMoment(directory.logs);
  if (last === null) throw unreachable(say`there is no last transaction to count back from`);
  return last.zxid - 1n;
}

/** Milliseconds since 1970: transactions that are not later are those not later than the point (or earlier than it). */
export async function timeLimit(logs: readonly StoredFile[], point: TimePoint, inclusive: boolean): Promise<bigint> {
  if (point.kind === "time") return millisOf(inclusive ? point.nanos : point.nanos - 1n);
  const last = await lastMoment(logs);
  if (last === null)
    throw unreachable(say`${tag.given(point.text)} cannot be found: there is no log, and only logs have times`);
  return last.time - point.millis - (inclusive ? 0n : 1n);
}

/** Refuses a time that clocks came by several times. */
export function checkSingle(point: TimePoint, { first, edges, edgeCount, beginsLater }: TimePlace): void {
  if (edgeCount + (beginsLater ? 1 : 0) <= 1) return;
  const list: Message[] = edges.map(({ last }) => momentText(last));
  if (edgeCount > edges.length) list.splice(-1, 0, say`${edgeCount - edges.length} more`);
  if (beginsLater) list.unshift(say`before the first transaction, ${momentText(first)}`);
  throw unreachable(
    say`clocks stepped back across ${tag.given(point.text)}: it is not a single place in the logs`,
    say`The logs pass this time more than once. Candidates: ${joined(list, ", ")}. Name one by its zxid.`,
  );
}

/** The last transaction, in zxid order, that is not later than a time (or, not inclusive, earlier than it). */
async function resolveTime(logs: readonly StoredFile[], point: TimePoint, inclusive: boolean): Promise<bigint> {
  const { text } = point;
  const limit = await timeLimit(logs, point, inclusive);
  const place = await placeOf(logs, limit);
  if (!place) throw unreachable(say`${tag.given(text)} cannot be found: there is no log, and only logs have times`);
  checkSingle(point, place);
  const { first, last, latest } = place;
  const span = say`The logs go from ${momentText(first)} to ${momentText(last)}.`;
  const edge = place.edges[0];
  if (!edge) throw unreachable(say`${tag.given(text)} is before the first transaction`, span);
  if (!edge.next && point.kind === "time" && point.nanos > latest * 1_000_000n)
    throw unreachable(say`${tag.given(text)} is after the last transaction`, span);
  // The transaction that is meant may be one of those that are missing.
  if (edge.next && !follows(edge.last.zxid, edge.next.zxid))
    throw unreachable(
      say`${tag.given(text)} is in a gap of the logs`,
      say`The logs have ${momentText(edge.last)} and then ${momentText(edge.next)}. Name one by its zxid.`,
    );
  return edge.last.zxid;
}

type TimePoint = Extract<Point, { kind: "time" | "ago" }>;

function momentText({ zxid, time }: Moment): Message {
  return say`${hex(zxid)} (${isoTime(time)})`;
}

function unreachable(message: Message, hint?: Message): ZkRewindError {
  return new ZkRewindError(message, { exitCode: 4, ...(hint === undefined ? {} : { hint }) });
}

/**
 * ISO 8601 in UTC with milliseconds; the number itself where a date cannot hold it.
 *
 * @example
 * import { isoTime } from "zkrewind/recovery";
 *
 * console.log(isoTime(1_700_000_000_123n), isoTime(2n ** 62n));
 */
export function isoTime(time: number | bigint): Safe {
  const date = new Date(Number(time));
  return (Number.isNaN(date.getTime()) ? String(time) : date.toISOString()) as Safe;
}

export function nameOf(zxid: bigint | null): string {
  return zxid === null ? "the latest" : hex(zxid);
}

import { hex } from "../../storage/zxid.js";
import { isoTime } from "../../recovery/index.js";
import { type Chunks, KINDS } from "./chunks.js";

/** What happened in a stretch of time. */
export interface Bucket {
  /** Its beginning. */
  time: string;
  count: number;
  /** By `KINDS`. */
  kinds: number[];
  bytes: number;
  /** Errors, and multis that failed. */
  failed: number;
  /** Znodes deleted. */
  deletes: number;
  /** Sessions open after its last transaction. */
  open: number;
  first: string;
  last: string;
}

/**
 * Counts transactions by time, in stretches of equal length, empty ones left out. A chunk of several counts at the time of
 * its first.
 */
export function bucketsOf(chunks: Chunks, from: number, to: number, most: number, openBefore: number): Bucket[] {
  const width = Math.max((to - from + 1) / most, 1);
  const made = new Map<number, { bucket: Bucket; lastAt: number }>();
  let open = openBefore;
  for (let at = 0; at < chunks.length; at++) {
    open += chunks.sessionsOf(at);
    const time = chunks.time(at);
    if (time < from || time > to) continue;
    const place = Math.floor((time - from) / width);
    let entry = made.get(place);
    if (!entry) made.set(place, (entry = { bucket: emptyBucket(from + place * width, chunks, at), lastAt: at }));
    const { bucket } = entry;
    entry.lastAt = at;
    bucket.count += chunks.held(at);
    for (let kind = 0; kind < KINDS.length; kind++)
      bucket.kinds[kind] = (bucket.kinds[kind] as number) + chunks.countOf(at, kind);
    bucket.bytes += chunks.bytesOf(at);
    bucket.failed += chunks.failed(at);
    bucket.deletes += chunks.deleted(at);
    bucket.open = open;
  }
  return [...made]
    .sort(([a], [b]) => a - b)
    .map(([, { bucket, lastAt }]) => ({ ...bucket, last: hex(chunks.lastZxid(lastAt)) }));
}

/** The fewest sessions that can have been open before the first transaction. */
export function leastOpen(chunks: Chunks): number {
  let open = 0;
  let least = 0;
  for (let at = 0; at < chunks.length; at++) {
    open += chunks.sessionsOf(at);
    least = Math.min(least, open);
  }
  return -least;
}

function emptyBucket(time: number, chunks: Chunks, at: number): Bucket {
  const kinds = KINDS.map(() => 0);
  return {
    time: isoTime(Math.floor(time)),
    count: 0,
    kinds,
    bytes: 0,
    failed: 0,
    deletes: 0,
    open: 0,
    first: hex(chunks.firstZxid(at)),
    last: "",
  };
}

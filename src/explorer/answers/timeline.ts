import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { type Message, say, tag } from "../../text/message.js";
import { SCHEMA } from "../../text/schema.js";
import type { Source } from "../source.js";
import { bucketsOf, leastOpen } from "../timeline/buckets.js";
import { KINDS } from "../timeline/chunks.js";
import { TxnIndex } from "../timeline/txn-index.js";
import { type Asked, sourceOf } from "./answer.js";

/** A place of the timeline that is worth a look. */
interface Mark {
  kind: "snapshot" | "epoch" | "hole" | "damage" | "deletes" | "burst";
  zxid: string;
  time: string;
  what: Message;
}

/** Transactions over time, between two times; over all of time unless they are given. */
export async function timeline(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const { chunks } = source.index;
  const whole = wholeOf(source);
  const [from, to] = [query.time("from") ?? whole?.from ?? 0, query.time("to") ?? whole?.to ?? 0];
  const most = query.number("buckets", 240, 4000);
  const openBefore = source.index.isWhole
    ? (await source.sessions()).filter(({ born }) => born === null).length
    : leastOpen(chunks);
  const fine = await finer(source, from, to);
  return {
    type: "timeline",
    schema: SCHEMA,
    ...sourceOf(asked),
    isWhole: source.index.isWhole,
    whole: whole && { from: isoTime(whole.from), to: isoTime(whole.to) },
    from: isoTime(Math.floor(from)),
    to: isoTime(Math.floor(to)),
    kinds: KINDS,
    buckets: bucketsOf(fine?.chunks ?? chunks, from, to, most, fine ? openBefore + fine.openedBefore : openBefore),
    marks: marksOf(source),
    exact: exactOf(source),
  };
}

/** The earliest time and the latest: clocks may step back. */
function wholeOf({ index: { chunks } }: Source): { from: number; to: number } | null {
  if (chunks.length === 0) return null;
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < chunks.length; at++) {
    from = Math.min(from, chunks.time(at));
    to = Math.max(to, chunks.time(at), chunks.lastTime(at));
  }
  return { from, to };
}

/** Where few chunks hold many transactions, those are read again, one by one. */
async function finer(
  source: Source,
  from: number,
  to: number,
): Promise<{ chunks: TxnIndex["chunks"]; openedBefore: number } | null> {
  const { index } = source;
  const { chunks } = index;
  if (chunks.per === 1) return null;
  let [first, last, openedBefore] = [-1, -1, 0];
  for (let at = 0; at < chunks.length; at++) {
    if (chunks.lastTime(at) >= from && chunks.time(at) <= to) {
      if (first < 0) first = at;
      last = at;
    } else if (first < 0) openedBefore += chunks.sessionsOf(at);
  }
  if (first < 0 || (last - first + 1) * chunks.per > MOST_READ_AGAIN) return null;
  const logs = index.logsAfter(chunks.firstZxid(first) - 1n);
  const fine = new TxnIndex({ logs: [...logs] });
  await fine.read(undefined, chunks.lastZxid(last));
  return { chunks: fine.chunks, openedBefore };
}

const MOST_READ_AGAIN = 20_000;

function marksOf(source: Source): Mark[] {
  const { index, opened, verification } = source;
  const { chunks } = index;
  const timeOf = (zxid: bigint): string => isoTime(chunks.time(Math.max(chunks.at(zxid), 0)));
  if (chunks.length === 0) return [];
  const marks: Mark[] = [];
  for (const { name, zxid } of opened.directory.snapshots)
    if (zxid !== null)
      marks.push({ kind: "snapshot", zxid: hex(zxid), time: timeOf(zxid), what: say`${tag.file(name)}` });
  for (const { epoch, zxid, time } of index.epochs)
    marks.push({ kind: "epoch", zxid: hex(zxid), time: isoTime(time), what: say`epoch ${epoch} begins` });
  for (const { after, before, time } of index.holes)
    marks.push({
      kind: "hole",
      zxid: hex(before),
      time: isoTime(time),
      what: say`transactions after ${hex(after)} and before ${hex(before)} are missing`,
    });
  for (const { kind, zxid, time, count } of index.remarkable)
    marks.push({
      kind,
      zxid: hex(zxid),
      time: isoTime(time),
      what: kind === "deletes" ? say`${count} znodes deleted in a second` : say`${count} transactions in a second`,
    });
  for (const { severity, zxid, message } of verification?.findings ?? [])
    if (severity === "error" && zxid !== undefined)
      marks.push({ kind: "damage", zxid: hex(zxid), time: timeOf(zxid), what: message });
  return marks.slice(0, MOST_MARKS);
}

const MOST_MARKS = 2000;

/** The times of the exact ranges; null while they are not known yet. */
function exactOf({ index: { chunks }, verification }: Source): object[] | null {
  if (!verification) return null;
  const timeOf = (zxid: bigint): string | null =>
    chunks.length === 0 ? null : isoTime(chunks.time(Math.max(chunks.at(zxid), 0)));
  return (verification.exact ?? []).map(({ from, to }) => ({
    from: hex(from),
    to: hex(to),
    fromTime: timeOf(from),
    toTime: timeOf(to),
  }));
}

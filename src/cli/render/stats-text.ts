import type { Grouping } from "../../forensics/transactions/groupings.js";
import type { Count, PathCount, SessionCount, TxnStats } from "../../forensics/transactions/txn-stats.js";
import { isoTime } from "../../recovery/index.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import type { Style } from "../output/output.js";
import { type Column, columnsFor } from "../output/table.js";
import { counted, cut, grouped, visible } from "../output/text.js";
import { allWords, fixed, type Safe, safe, words } from "../../text/safe.js";

/** How many rows of each group are told, the most frequent first; minutes are told all, in order. */
export interface StatsOptions {
  by: readonly Grouping[];
  top: number;
  /** Characters of a line; undefined for as many as it takes. */
  width: number | undefined;
  leftOut: Set<Safe>;
}

/** What was counted, in columns for people; `leftOut` gathers those for which there was no room. */
export function* statsLines(
  stats: TxnStats,
  { by, top, width, leftOut }: StatsOptions,
  { bold, dim }: Style,
): Generator<Safe> {
  const { total, first, last } = stats;
  if (!first || !last) return;
  const seconds = Math.max(Number(last.time - first.time) / 1000, 0.001);
  yield safe`${counted(total.count, "transaction")}, ${counted(total.bytes, "byte")}, ${grouped(total.errors)} failed`;
  yield safe`${hex(first.zxid)} to ${hex(last.zxid)}, ${isoTime(first.time)} to ${isoTime(last.time)}`;
  yield safe`${rate(total.count / seconds)} a second, ${grouped(Math.round(total.bytes / seconds))} bytes a second; ${grouped(stats.busiestSecond.count)} in the busiest, ${isoTime(stats.busiestSecond.time)}`;
  const sections = tables(stats, by);
  for (const { title, head, rows, all } of sections) {
    if (rows.length === 0) continue;
    const shown = all ? rows : rows.slice(0, top);
    yield words("");
    yield bold(title);
    const columns = columnsFor(head.map(columnOf), shown, width);
    for (const name of columns.leftOut) leftOut.add(name);
    yield dim(columns.head());
    for (const row of shown) yield columns.row(row);
    if (shown.length < rows.length) yield dim(safe`… and ${grouped(rows.length - shown.length)} more: -n shows them`);
  }
}

/** The last column is words, the others are numbers (or no wider than one). */
function columnOf(name: Safe, index: number, head: readonly Safe[]): Omit<Column, "width"> {
  if (index === head.length - 1) return { name, least: 16 };
  const leaveOut = LEFT_OUT.indexOf(name);
  return { name, right: true, ...(leaveOut < 0 ? {} : { leaveOut }) };
}

/** The columns in the order in which they are left out. */
const LEFT_OUT: readonly Safe[] = allWords([
  "largest",
  "by session end",
  "first",
  "last",
  "failed",
  "creates",
  "deletes",
  "sets",
  "bytes",
]);

/** Characters of the path of a large transaction: enough to tell what it is about. */
const MOST_PATH = 100;

interface Section {
  title: Safe;
  head: readonly Safe[];
  rows: Safe[][];
  all?: boolean;
}

const COUNTS = allWords(["count", "bytes", "failed", "largest"]);

function tables(stats: TxnStats, by: readonly Grouping[]): Section[] {
  const sections: Section[] = [];
  if (by.includes("op")) {
    const ops = byCount([...stats.ops]).map(([name, count]) => [...countCells(count), name]);
    const members = byCount([...stats.members]).map(([name, count]) => [...countCells(count), name]);
    const errors = [...stats.errors].sort((a, b) => b[1] - a[1]).map(([name, count]) => [grouped(count), name]);
    sections.push({ title: words("by operation"), head: [...COUNTS, words("operation")], rows: ops, all: true });
    sections.push({
      title: words("in multis that succeeded"),
      head: [...COUNTS, words("operation")],
      rows: members,
      all: true,
    });
    sections.push({ title: words("errors"), head: allWords(["count", "error"]), rows: errors, all: true });
  }
  if (by.includes("path")) {
    const head = [...COUNTS, ...allWords(["creates", "sets", "deletes", "by session end", "path"])];
    const rows = byCount(stats.paths.entries()).map(([pattern, count]) => [
      ...pathCells(count),
      visible(pattern, "path"),
    ]);
    sections.push({ title: words("by path"), head, rows });
  }
  if (by.includes("session")) {
    const rows = byCount(stats.sessions.sorted()).map(([id, count]) => [
      ...countCells(count),
      hex(count.first),
      hex(lastOf(count)),
      id === 0n ? words("0x0 (the server itself)") : hex(id),
    ]);
    sections.push({ title: words("by session"), head: [...COUNTS, ...allWords(["first", "last", "session"])], rows });
  }
  if (by.includes("minute")) {
    const rows = [...stats.minutes]
      .sort((a, b) => a[0] - b[0])
      .map(([minute, count]) => [...countCells(count), rate(count.count / 60), isoTime(minute)]);
    sections.push({
      title: words("by minute"),
      head: [...COUNTS, ...allWords(["a second", "minute"])],
      rows,
      all: true,
    });
  }
  const largest = stats.largest.map(({ zxid, op, path, bytes, file, offset }) => [
    grouped(bytes),
    hex(zxid),
    op,
    safe`${path === null ? "" : safe`${cut(visible(path, "path"), MOST_PATH)}  `}(${visible(file, "file")} at ${offset})`,
  ]);
  return [
    ...sections,
    { title: words("the largest"), head: allWords(["bytes", "zxid", "operation", "path"]), rows: largest, all: true },
  ];
}

function byCount<T extends Count, K>(entries: [K, T][]): [K, T][] {
  return entries.sort((a, b) => b[1].count - a[1].count || b[1].bytes - a[1].bytes);
}

function countCells({ count, bytes, errors, largest }: Count): Safe[] {
  return [count, bytes, errors, largest].map(grouped);
}

function pathCells(count: PathCount): Safe[] {
  const { creates, sets, deletes, bySessionEnd } = count;
  return [...countCells(count), ...[creates, sets, deletes, bySessionEnd].map(grouped)];
}

function lastOf({ lastHigh, lastLow }: SessionCount): bigint {
  return fromHalves(lastHigh, lastLow);
}

function rate(value: number): Safe {
  return value >= 100 ? grouped(Math.round(value)) : fixed(value, value >= 10 ? 1 : 2);
}

/** What was counted, whole, as schema 1 has it. */
export function statsJson(stats: TxnStats, by: readonly Grouping[]): object {
  const { total, first, last } = stats;
  const moment = (each: { zxid: bigint; time: bigint } | null): object | null =>
    each && { zxid: hex(each.zxid), time: isoTime(each.time) };
  return {
    total,
    first: moment(first),
    last: moment(last),
    busiestSecond: first && { count: stats.busiestSecond.count, time: isoTime(stats.busiestSecond.time) },
    ...(by.includes("op") && {
      ops: byCount([...stats.ops]).map(([op, count]) => ({ op, ...count })),
      members: byCount([...stats.members]).map(([op, count]) => ({ op, ...count })),
      errors: Object.fromEntries(stats.errors),
    }),
    ...(by.includes("path") && {
      paths: byCount(stats.paths.entries()).map(([pattern, count]) => ({ pattern, ...count })),
    }),
    ...(by.includes("session") && {
      sessions: byCount(stats.sessions.sorted()).map(([session, each]) => {
        const { count, bytes, errors, largest, first: begin } = each;
        return { session: hex(session), count, bytes, errors, largest, first: hex(begin), last: hex(lastOf(each)) };
      }),
    }),
    ...(by.includes("minute") && {
      minutes: [...stats.minutes]
        .sort((a, b) => a[0] - b[0])
        .map(([minute, count]) => ({ minute: isoTime(minute), ...count })),
    }),
    largest: stats.largest.map(({ zxid, time, ...rest }) => ({ ...moment({ zxid, time }), ...rest })),
  };
}

import { exportTxns } from "../../export/walk/log.js";
import { readRange } from "../../export/walk/log.js";
import { json } from "../../export/json/json.js";
import { historyChange } from "../../export/shapes/change.js";
import { documentHead } from "../../export/shapes/document.js";
import { TxnFilter } from "../../forensics/transactions/txn-filter.js";
import { history } from "../../forensics/history/history.js";
import { MemorySink } from "../../io/sink.js";
import { isoTime, rangeEnds } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { SCHEMA } from "../../text/schema.js";
import { breathe } from "../breathe.js";
import type { Query } from "../query.js";
import { type Asked, directoryOf, sourceOf } from "./answer.js";

interface ZxidRange {
  from: bigint | null;
  to: bigint | null;
}

async function rangeOf(asked: Asked): Promise<ZxidRange> {
  const { query } = asked;
  const point = (name: string) => (query.text(name) === undefined ? null : query.point(name).point);
  const ends = await rangeEnds(directoryOf(asked), { from: point("from"), to: point("to"), toIncluded: true });
  return { from: ends.from?.zxid ?? null, to: ends.to?.zxid ?? null };
}

function filterOf(query: Query): TxnFilter {
  const session = query.id("session");
  return new TxnFilter({
    ops: query.texts("op").flatMap((each) => each.split(",")),
    paths: query.texts("path"),
    ...(session === undefined ? {} : { sessions: [session] }),
    errors: query.flag("errors"),
    minSize: query.number("minSize", 0, Number.MAX_SAFE_INTEGER),
  });
}

/** Transactions of a range, as `log` has them. */
export async function transactions(asked: Asked): Promise<string> {
  const { source, query } = asked;
  const range = await rangeOf(asked);
  const filter = filterOf(query);
  const limit = query.number("limit", 200, 5000);
  const reverse = query.flag("reverse");
  const logs = reverse || range.from === null ? directoryOf(asked).logs : source.index.logsAfter(range.from - 1n);
  const sink = new MemorySink();
  await exportTxns(logs, sink, {
    format: json,
    source: source.opened.sources,
    range: range,
    data: query.text("data") === "none" ? "none" : "auto",
    read: (visitor) =>
      readRange(
        logs,
        {
          ...range,
          limit,
          reverse,
          ...(filter.isEmpty ? {} : { only: (txn, shape, length) => filter.matches(txn, shape, length) }),
        },
        { ...visitor, pause: () => breathe() },
      ),
  });
  return sink.toString();
}

/** The transaction before a zxid (`by` is back) or after it; null where there is none. */
export async function near(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const { index } = source;
  const zxid = query.id("zxid") ?? 0n;
  const back = query.text("by") === "back";
  const from = back ? (index.before(zxid, 2 * index.chunks.per) ?? 0n) : zxid + 1n;
  let found: { zxid: string; time: string } | null = null;
  await readRange(index.logsAfter(from - 1n), back ? { from, to: zxid - 1n } : { from, to: null, limit: 1 }, {
    take: (txn, _, __, { checksumOk }) => {
      if (checksumOk) found = { zxid: hex(txn.zxid), time: isoTime(txn.time) };
    },
  });
  return { type: "near", schema: SCHEMA, transaction: found };
}

/** What happened to a znode, as `history` has it; the newest first. */
export async function changes(asked: Asked): Promise<object> {
  const { query } = asked;
  const path = query.path();
  const recursive = query.flag("recursive");
  const limit = query.number("limit", 200, 5000);
  const range = await rangeOf(asked);
  let list: object[] = [];
  let count = 0;
  await history(
    directoryOf(asked),
    path,
    { recursive, range },
    {
      change(change) {
        count++;
        list.push(historyChange(change, "auto"));
        if (list.length >= 2 * limit) list = list.slice(-limit);
      },
      hole: ({ after, before }) =>
        list.push({ type: "hole", after: after === null ? null : hex(after), before: hex(before) }),
      pause: () => breathe(),
    },
  );
  return documentHead("history", {
    ...sourceOf(asked),
    path,
    recursive,
    from: range.from === null ? null : hex(range.from),
    to: range.to === null ? null : hex(range.to),
    changes: list.slice(-limit).toReversed(),
    counts: { changes: count },
  });
}

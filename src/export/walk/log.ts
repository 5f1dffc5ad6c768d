import type { StoredFile } from "../../recovery/index.js";
import { type Finding } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import type { Format } from "../format.js";
import { readBackwards } from "./read-backwards.js";
import type { Sink } from "../../io/sink.js";
import type { TxnVisitor } from "../../recovery/scan/txn-visitor.js";
import type { DataMode } from "../value/data-mode.js";
import { type LogRange, readForwards } from "./read-forwards.js";

/**
 * Reads the transactions of a range from logs in their order, in bounded memory; returns how many. A record whose
 * checksum is wrong is given too (its zxid may be wrong as well), with a finding.
 *
 * @example
 * import { readRange } from "zkrewind/export";
 * import { discover } from "zkrewind/recovery";
 * import { hex } from "zkrewind/storage";
 *
 * const { logs } = discover(["fixtures/3.8.6-standalone"]);
 * const count = await readRange(logs, { from: 0xe40n, to: null, limit: 3, reverse: true }, {
 *   take: (txn, shape, bytes, { file, offset }) => console.log(hex(txn.zxid), bytes.length, file, offset),
 * });
 * console.log(count);
 */
export async function readRange(logs: readonly StoredFile[], range: LogRange, visitor: TxnVisitor): Promise<number> {
  if (range.reverse) return readBackwards(within(logs, range), range, visitor);
  return readForwards(within(logs, range), range, visitor);
}

/** Logs that may hold something of the range, by their names: a log begins with the zxid in its name. */
function within(logs: readonly StoredFile[], { from, to }: LogRange): StoredFile[] {
  return logs.filter((log, index) => {
    const next = logs[index + 1]?.zxid ?? null;
    if (from !== null && next !== null && next <= from) return false;
    return to === null || log.zxid === null || log.zxid <= to;
  });
}

/** What {@link exportTxns} writes, and how. The range is of zxids, both ends included. */
export interface TxnExportOptions {
  format: Format;
  source: readonly string[];
  range: LogRange;
  data?: DataMode;
  /** Where the transactions come from, if not from reading `range`. */
  read?: (visitor: TxnVisitor) => Promise<number>;
  /** Write what there is at every pause, instead of gathering much. */
  prompt?: boolean;
  onFinding?: (finding: Finding) => void;
}

/**
 * Writes the transactions of a range in a format; returns how many.
 *
 * @example
 * import { csv, exportTxns } from "zkrewind";
 * import { MemorySink } from "zkrewind/io";
 * import { discover } from "zkrewind/recovery";
 *
 * const sink = new MemorySink();
 * const { logs } = discover(["fixtures/3.8.6-standalone"]);
 * await exportTxns(logs, sink, { format: csv, source: [], range: { from: 0xe40n, to: 0xe41n }, data: "none" });
 * console.log(sink.toString());
 */
export async function exportTxns(logs: readonly StoredFile[], sink: Sink, options: TxnExportOptions): Promise<number> {
  const { format, range, source, data = "auto" } = options;
  const writer = format.txns(sink, data);
  writer.header({
    source,
    from: range.from === null ? null : hex(range.from),
    to: range.to === null ? null : hex(range.to),
  });
  const read = options.read ?? ((visitor: TxnVisitor) => readRange(logs, range, visitor));
  const transactions = await read({
    take: (txn, shape, bytes, place) => writer.txn(txn, shape, bytes, place),
    pause: () => (writer.isFull || options.prompt ? writer.drain() : undefined),
    finding: (each) => options.onFinding?.(each),
  });
  writer.end(transactions);
  await writer.drain();
  return transactions;
}

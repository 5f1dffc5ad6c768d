import type { StoredFile } from "../../recovery/index.js";
import { eachRecord } from "../../recovery/scan/each-record.js";
import type { TxnPlace, TxnVisitor } from "../../recovery/scan/txn-visitor.js";
import { type Finding, finding } from "../../findings/finding.js";
import { FindingList } from "../../findings/finding-list.js";
import type { LogReader } from "../../storage/log-reader.js";
import type { TxnCursor, TxnShape } from "../../txn/index.js";
import { hex } from "../../storage/zxid.js";
import { say } from "../../text/message.js";

/** Which transactions: both ends included, null where open. */
export interface LogRange {
  from: bigint | null;
  to: bigint | null;
  /** At most this many. */
  limit?: number;
  /** Only those that it says yes to; `length` is that of the payload. */
  only?: (txn: TxnCursor, shape: TxnShape, length: number) => boolean;
  /** The newest first. */
  reverse?: boolean;
}

/** The transactions of a range in the order of the logs; returns how many. */
export async function readForwards(logs: readonly StoredFile[], range: LogRange, visitor: TxnVisitor): Promise<number> {
  const reading = new RangeReading(range, visitor);
  for (const log of logs) {
    if (reading.isFull) break;
    await reading.read(log);
  }
  return reading.count;
}

class RangeReading {
  count = 0;
  private readonly range: LogRange;
  private readonly visitor: TxnVisitor;
  private readonly from: readonly [high: number, low: number] | null;
  private readonly to: readonly [high: number, low: number] | null;
  /** What is wrong with the records of the current file. */
  private findings = new FindingList();
  /** Whether the last sound transaction was at or after the beginning of the range. */
  private inside: boolean;
  private done = false;

  constructor(range: LogRange, visitor: TxnVisitor) {
    this.range = range;
    this.visitor = visitor;
    this.from = range.from === null ? null : halves(range.from);
    this.to = range.to === null ? null : halves(range.to);
    this.inside = range.from === null;
  }

  get isFull(): boolean {
    return this.done || this.count >= (this.range.limit ?? Number.POSITIVE_INFINITY);
  }

  async read(log: StoredFile): Promise<void> {
    const { visitor } = this;
    const place = { file: log.name, offset: 0, length: 0, checksumOk: true };
    this.findings = new FindingList();
    let summaries: Finding[] = [];
    const pause = (reader: LogReader): void | Promise<void> => {
      for (const each of reader.findings.news()) visitor.finding?.(each);
      summaries = reader.findings.summaries();
      return visitor.pause?.();
    };
    await eachRecord(log, (txn, shape, reader) => this.record(txn, shape, reader, place), { pause });
    for (const each of [...summaries, ...this.findings.summaries()]) visitor.finding?.(each);
  }

  /** False where the range ends. */
  private record(cursor: TxnCursor, shape: TxnShape, reader: LogReader, place: TxnPlace): boolean | Promise<boolean> {
    const { zxidHigh: high, zxidLow: low } = cursor;
    const early = this.from !== null && less(high, low, this.from[0], this.from[1]);
    const late = this.to !== null && less(this.to[0], this.to[1], high, low);
    if (reader.checksumOk) {
      if (late) return false;
      if (early) return true;
      this.inside = true;
    } else if (!this.inside && (early || late)) return true;
    if (!reader.checksumOk || shape !== "ok") this.report(cursor, shape, reader);
    if (this.range.only?.(cursor, shape, reader.payloadEnd - reader.payloadStart) === false) return true;
    place.offset = reader.recordOffset;
    place.length = reader.payloadEnd - reader.payloadStart;
    place.checksumOk = reader.checksumOk;
    const taking = this.visitor.take(cursor, shape, reader.window.block.bytes, place);
    this.count++;
    this.done = this.visitor.isDone?.() ?? false;
    const goOn = !this.isFull;
    return taking ? taking.then(() => goOn) : goOn;
  }

  private report(cursor: TxnCursor, shape: TxnShape, reader: LogReader): void {
    const { findings } = this;
    const zxid = cursor.zxid;
    const place = { file: reader.file, offset: reader.recordOffset, zxid };
    if (!reader.checksumOk) {
      const stored = hex(reader.window.block.view.getBigInt64(reader.record));
      findings.push(finding("log.crc", say`the checksum is ${stored}, the bytes give another`, place));
    } else if (shape === "unknown")
      findings.push(finding("log.unknown-type", say`transaction type ${cursor.type}`, place));
    else {
      const length = reader.payloadEnd - reader.payloadStart;
      findings.push(
        finding("log.malformed", say`type ${cursor.type}, whose body does not fit its ${length} bytes`, place),
      );
    }
    for (const each of findings.news()) this.visitor.finding?.(each);
  }
}

function halves(value: bigint): [high: number, low: number] {
  return [Number(BigInt.asIntN(32, value >> 32n)), Number(value & 0xffffffffn)];
}

function less(high: number, low: number, thanHigh: number, thanLow: number): boolean {
  return high < thanHigh || (high === thanHigh && low < thanLow);
}

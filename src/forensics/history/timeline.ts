import type { Block } from "../../checksum/index.js";
import type { StoredFile } from "../../recovery/index.js";
import { type Finding, finding } from "../../findings/finding.js";
import { FindingList } from "../../findings/finding-list.js";
import type { LogReader } from "../../storage/log-reader.js";
import { follows, fromHalves } from "../../storage/zxid.js";
import type { TxnCursor, TxnShape } from "../../txn/index.js";
import { say } from "../../text/message.js";
import type { TxnPlace, TxnVisitor } from "../../recovery/scan/txn-visitor.js";
import { eachRecord } from "../../recovery/scan/each-record.js";

/** What is done with the transactions of a history. */
export interface TimelineVisitor extends TxnVisitor<Block> {
  /**
   * Before the first transaction, and before one that does not follow the last (whatever is between is missing or
   * damaged): `after` is the last one seen, null before the first.
   */
  begin(next: bigint, after: bigint | null): void | Promise<void>;
  take(txn: TxnCursor, shape: TxnShape, from: Block, place: TxnPlace): void;
}

/** Both ends included; null where open. */
export interface TimelineRange {
  from: bigint | null;
  to: bigint | null;
}

/**
 * The transactions of several logs as one history: in zxid order, each once, only those whose bytes are what was
 * written; with a word before each hole. Returns the last zxid seen.
 */
export async function readTimeline(
  logs: readonly StoredFile[],
  range: TimelineRange,
  visitor: TimelineVisitor,
): Promise<bigint | null> {
  const reading = new TimelineReading(range, visitor);
  for (const [index, log] of logs.entries()) {
    // A log's name is its first zxid.
    const next = logs[index + 1]?.zxid ?? null;
    if (range.from !== null && next !== null && next <= range.from) continue;
    if (range.to !== null && log.zxid !== null && log.zxid > range.to) continue;
    if (!(await reading.read(log))) break;
  }
  return reading.last;
}

class TimelineReading {
  private readonly visitor: TimelineVisitor;
  private readonly fromHigh: number;
  private readonly fromLow: number;
  private readonly toHigh: number;
  private readonly toLow: number;
  private place: TxnPlace = { file: "", offset: 0, length: 0, checksumOk: true };
  private high = -1;
  private low = 0;
  /** Whether a transaction may be missing even if the next zxid follows: at an epoch's end that cannot be told. */
  private lossy = false;
  /** How often this log's reader has gone on after damage. */
  private resumed = 0;
  /** What is wrong with the records of the current file. */
  private findings = new FindingList();
  /** Whether the end that was asked for has been passed. */
  private past = false;

  constructor(range: TimelineRange, visitor: TimelineVisitor) {
    this.visitor = visitor;
    [this.fromHigh, this.fromLow] = halves(range.from ?? 0n);
    [this.toHigh, this.toLow] = halves(range.to ?? LAST_ZXID);
  }

  get last(): bigint | null {
    return this.high < 0 ? null : fromHalves(this.high, this.low);
  }

  /** False when the history has come to its end. */
  async read(log: StoredFile): Promise<boolean> {
    const { visitor } = this;
    this.resumed = 0;
    this.findings = new FindingList();
    this.place = { file: log.name, offset: 0, length: 0, checksumOk: true };
    let ofReader: Iterable<Finding> = [];
    const pause = (reader: LogReader): void | Promise<void> => {
      ofReader = reader.findings;
      return visitor.pause?.();
    };
    try {
      await eachRecord(log, (txn, shape, reader) => this.record(txn, shape, reader), { pause });
    } finally {
      for (const each of [...ofReader, ...this.findings.summaries()]) visitor.finding?.(each);
    }
    return !this.past;
  }

  /** Whether the history goes on. */
  private record(txn: TxnCursor, shape: TxnShape, reader: LogReader): boolean | Promise<boolean> {
    const { zxidHigh, zxidLow } = txn;
    if (reader.resumed > this.resumed) this.lossy = true;
    this.resumed = reader.resumed;
    if (!reader.checksumOk || shape !== "ok") {
      this.report(txn, shape, reader);
      this.lossy = true;
      return true;
    }
    if (zxidHigh < this.high || (zxidHigh === this.high && zxidLow <= this.low)) return true;
    if (zxidHigh < this.fromHigh || (zxidHigh === this.fromHigh && zxidLow < this.fromLow)) return true;
    if (zxidHigh > this.toHigh || (zxidHigh === this.toHigh && zxidLow > this.toLow)) {
      this.past = true;
      return false;
    }
    if (zxidHigh !== this.high || zxidLow !== this.low + 1) {
      const next = txn.zxid;
      const { last } = this;
      // Where the next one follows, nothing is missing; but at the end of an epoch anything may be.
      if (last === null || this.lossy || !follows(last, next)) {
        const begun = this.visitor.begin(next, last);
        if (begun) return begun.then(() => this.take(txn, reader));
      }
    }
    return this.take(txn, reader);
  }

  private take(txn: TxnCursor, reader: LogReader): boolean {
    const { place, visitor } = this;
    this.lossy = false;
    this.high = txn.zxidHigh;
    this.low = txn.zxidLow;
    place.offset = reader.recordOffset;
    place.length = reader.payloadEnd - reader.payloadStart;
    visitor.take(txn, "ok", reader.window.block, place);
    this.past = visitor.isDone?.() ?? false;
    return !this.past;
  }

  private report(cursor: TxnCursor, shape: TxnShape, reader: LogReader): void {
    const { zxid } = cursor;
    const place = { file: reader.file, offset: reader.recordOffset, zxid };
    const what = !reader.checksumOk
      ? finding("log.crc", say`the checksum does not match the bytes: left out`, place)
      : shape === "unknown"
        ? finding("log.unknown-type", say`transaction type ${cursor.type}: what it did is not known`, place)
        : finding("log.malformed", say`a transaction of type ${cursor.type} that does not parse: left out`, place);
    this.findings.push(what);
    for (const each of this.findings.news()) this.visitor.finding?.(each);
  }
}

function halves(value: bigint): [high: number, low: number] {
  return [Number(value >> 32n), Number(value & 0xffffffffn)];
}

const LAST_ZXID = 2n ** 63n - 1n;

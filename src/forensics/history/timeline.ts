import type { Block } from "../../checksum/index.js";
import type { StoredFile } from "../../recovery/index.js";
import { type Finding, finding } from "../../findings/finding.js";
import { FindingList } from "../../findings/finding-list.js";
import { LogReader } from "../../storage/log-reader.js";
import { follows, fromHalves } from "../../storage/zxid.js";
import { TxnCursor, type TxnShape } from "../../txn/index.js";
import { say } from "../../text/message.js";

/** Where a transaction's record lies. */
export interface RecordPlace {
  file: string;
  offset: number;
  /** Bytes of the payload. */
  length: number;
}

/** What is done with the transactions of a history. Nothing that `take` is given is good for longer than the call. */
export interface TimelineVisitor {
  /**
   * Before the first transaction, and before one that does not follow the last (whatever lies between is missing or
   * damaged): `after` is the last one seen, null before the first.
   */
  begin(next: bigint, after: bigint | null): void | Promise<void>;
  take(txn: TxnCursor, from: Block, place: RecordPlace): void;
  /** Asked after each transaction: whether no more are wanted. */
  isDone?(): boolean;
  /** Called now and then, where there is time to write. */
  pause?(): void | Promise<void>;
  finding?(finding: Finding): void;
}

/** Both ends included; null where open. */
export interface ZxidRange {
  from: bigint | null;
  to: bigint | null;
}

/**
 * The transactions of several logs as one history: in zxid order, each once, only those whose bytes are what was
 * written; with a word before each hole. Answers the last zxid seen.
 */
export async function readTimeline(
  logs: readonly StoredFile[],
  range: ZxidRange,
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
  private readonly cursor = new TxnCursor();
  private high = -1;
  private low = 0;
  /** Whether a transaction may be missing even if the next zxid follows: at an epoch's end that cannot be told. */
  private lossy = false;
  /** How often this log's reader has gone on behind damage. */
  private resumed = 0;
  /** What is wrong with the records of the current file. */
  private findings = new FindingList();
  /** Whether the end that was asked for has been passed. */
  private past = false;

  constructor(range: ZxidRange, visitor: TimelineVisitor) {
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
    const reader = new LogReader(log.open());
    this.resumed = 0;
    this.findings = new FindingList();
    const place = { file: log.name, offset: 0, length: 0 };
    try {
      if (!(await reader.readHead())) return true;
      while (!this.past && (await reader.fill())) {
        await this.records(reader, place);
        await visitor.pause?.();
      }
      return !this.past;
    } finally {
      for (const each of [...reader.findings, ...this.findings.summaries()]) visitor.finding?.(each);
      reader.close();
    }
  }

  private async records(reader: LogReader, place: RecordPlace): Promise<void> {
    const { cursor, visitor } = this;
    if (reader.resumed > this.resumed) this.lossy = true;
    this.resumed = reader.resumed;
    while (reader.next()) {
      const { block } = reader.window;
      const shape = cursor.parse(block.view, reader.payloadStart, reader.payloadEnd);
      const { zxidHigh, zxidLow } = cursor;
      if (!reader.checksumOk || shape !== "ok") {
        this.report(reader, shape);
        this.lossy = true;
        continue;
      }
      if (zxidHigh < this.high || (zxidHigh === this.high && zxidLow <= this.low)) continue;
      if (zxidHigh < this.fromHigh || (zxidHigh === this.fromHigh && zxidLow < this.fromLow)) continue;
      if (zxidHigh > this.toHigh || (zxidHigh === this.toHigh && zxidLow > this.toLow)) {
        this.past = true;
        return;
      }
      if (zxidHigh !== this.high || zxidLow !== this.low + 1) {
        const next = fromHalves(zxidHigh, zxidLow);
        const { last } = this;
        // Where the next one follows, nothing is missing; but at the end of an epoch anything may be.
        if (last === null || this.lossy || !follows(last, next)) await visitor.begin(next, last);
      }
      this.lossy = false;
      this.high = zxidHigh;
      this.low = zxidLow;
      place.offset = reader.recordOffset;
      place.length = reader.payloadEnd - reader.payloadStart;
      visitor.take(cursor, block, place);
      if (visitor.isDone?.()) {
        this.past = true;
        return;
      }
    }
  }

  private report(reader: LogReader, shape: TxnShape): void {
    const { cursor } = this;
    const zxid = cursor.zxid;
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

import { type Finding, finding } from "../../findings/finding.js";
import { FindingList } from "../../findings/finding-list.js";
import type { ByteSource, Compression } from "../../io/byte-source.js";
import { HEADER_LENGTH, LOG_MAGIC } from "../../storage/header.js";
import { LogReader } from "../../storage/log-reader.js";
import type { LogEnd } from "../../storage/log-tail.js";
import { parseFileName } from "../../storage/names.js";
import { counterOf, epochOf, follows, fromHalves, hex } from "../../storage/zxid.js";
import { OpCode, TxnCursor, valueAt } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { type LogView, LogViewer } from "../servers/log-view.js";
import { ofTextMode, type TextModeScan } from "./text-mode.js";
import { type Message, say } from "../../text/message.js";

/** Transactions that follow each other without a hole. */
export interface TxnRun {
  first: bigint;
  last: bigint;
  /** Times of the first and the last, in milliseconds. */
  firstTime: bigint;
  lastTime: bigint;
  count: number;
}

/** What one pass over a log found: plain data, so that a worker can send it. */
export interface LogScan {
  file: string;
  path: string;
  /** The zxid in the name. */
  zxid: bigint | null;
  size: number;
  compression: Compression;
  /** Where the last sound record ends. */
  soundEnd: number;
  transactions: number;
  runs: TxnRun[];
  /** How many sound transactions carry a tree digest. */
  digests: number;
  /** Whether a transaction shows that the server was 3.5 or later. */
  modern: boolean;
  /** The longest payload, in bytes: what a server's jute.maxbuffer must allow. */
  largestRecord: number;
  sessionsOpened: number;
  sessionsClosed: number;
  end: LogEnd;
  /** What a server makes of it. */
  server: LogView;
  lineEnds: TextModeScan["lineEnds"];
  findings: Finding[];
}

/** Why no server starts on a compressed log that it has to replay (FileTxnLog, Util.getZxidFromName of 3.6 and later). */
const COMPRESSED_LOG: Message = say`it is compressed; servers from 3.6 on take it for a log by its name, and stop at its first bytes`;

/**
 * Reads a whole log: frames, checksums, structure, and how the zxids follow each other.
 *
 * @example
 * import { discover, scanLog } from "zkrewind/recovery";
 *
 * const { runs, findings } = await scanLog(discover(["fixtures/3.8.6-standalone"]).logs[0]);
 * console.log(runs.map(({ first, last }) => [first, last]), findings.length);
 */
export async function scanLog(file: StoredFile, onProgress?: (bytes: number) => void): Promise<LogScan> {
  const scan = await readThrough(file, onProgress);
  return ofTextMode(file, scan, readThrough, ({ transactions }) => transactions > scan.transactions);
}

async function readThrough(file: StoredFile, onProgress?: (bytes: number) => void): Promise<LogScan> {
  const source = file.open();
  const reader = new LogReader(source);
  reader.passLarge(valueAt);
  try {
    return await new LogScanner(file, reader).run(source, onProgress);
  } finally {
    reader.close();
  }
}

class LogScanner {
  private readonly file: StoredFile;
  private readonly reader: LogReader;
  private readonly cursor = new TxnCursor();
  private readonly findings = new FindingList();
  /** Where the first sound record begins. */
  private firstAt = 0;
  private readonly viewer = new LogViewer();
  private readonly runs: TxnRun[] = [];
  private openRun: TxnRun | null = null;
  private transactions = 0;
  private digests = 0;
  private modern = false;
  private largest = 0;
  private opened = 0;
  private closed = 0;
  private lastZxidHigh = 0;
  private lastZxidLow = 0;
  private lastTime = 0;
  private lastSum = 0;
  private clockSteps = 0;
  private largestStep = 0;
  private clockStep: Finding | null = null;

  constructor(file: StoredFile, reader: LogReader) {
    this.file = file;
    this.reader = reader;
  }

  async run(source: ByteSource, onProgress?: (bytes: number) => void): Promise<LogScan> {
    const { reader, file } = this;
    const { compression } = source;
    if (await reader.readHead()) {
      this.viewer.begin(reader.soundEnd, compression === "none" && reader.header?.magic === LOG_MAGIC);
      while (await reader.fill()) {
        while (reader.next()) this.take();
        onProgress?.(compression === "none" ? reader.window.offset : source.storedRead);
      }
    }
    this.endRun();
    this.checkName();
    this.checkCompression(compression);
    if (this.clockStep) {
      this.clockStep.message = say`the clock steps back ${this.clockSteps} times, by up to ${this.largestStep} ms`;
      this.findings.push(this.clockStep);
    }
    return {
      file: file.name,
      path: file.path,
      zxid: file.zxid,
      size: file.size,
      compression,
      soundEnd: reader.soundEnd,
      transactions: this.transactions,
      runs: this.runs,
      digests: this.digests,
      modern: this.modern,
      largestRecord: this.largest,
      sessionsOpened: this.opened,
      sessionsClosed: this.closed,
      end: reader.end ?? "damaged",
      server: this.viewer.finish(file.bytes, compression === "none" && reader.end === "clean"),
      lineEnds: null,
      findings: [...reader.findings, ...this.findings],
    };
  }

  private take(): void {
    const { reader, cursor } = this;
    const { view } = reader.window.block;
    const shape = cursor.parse(view, reader.payloadStart, reader.payloadEnd);
    this.viewer.take(reader, cursor, shape);
    if (!reader.checksumOk) {
      // Its header may be damaged too: the zxid is what the bytes say.
      this.report("log.crc", say`the checksum is ${hex(view.getBigInt64(reader.record))}, the bytes give another`);
      this.endRun();
      return;
    }
    if (shape === "malformed") {
      this.report(
        "log.malformed",
        say`a transaction of type ${cursor.type} whose body does not fit its ${reader.payloadLength} bytes`,
      );
    } else if (shape === "unknown") this.report("log.unknown-type", say`transaction type ${cursor.type}`);
    this.transactions++;
    this.largest = Math.max(this.largest, reader.payloadLength);
    if (cursor.hasDigest) this.digests++;
    if (cursor.hasDigest || cursor.type > OpCode.multi) this.modern = true;
    if (cursor.type === OpCode.createSession) this.opened++;
    if (cursor.type === OpCode.closeSession) this.closed++;
    this.follow();
  }

  /** Puts the transaction into its run; the usual case, the next counter of the same epoch, costs no BigInt. */
  private follow(): void {
    const { cursor, openRun: run } = this;
    const { zxidHigh, zxidLow } = cursor;
    const time = cursor.timeHigh * 2 ** 32 + cursor.timeLow;
    const sum = this.reader.window.block.view.getUint32(this.reader.record + 4);
    if (run && zxidHigh === this.lastZxidHigh && zxidLow === this.lastZxidLow + 1) {
      run.count++;
      if (time < this.lastTime) this.noteClock(time);
    } else if (!this.startsRun(sum)) return;
    this.lastZxidHigh = zxidHigh;
    this.lastZxidLow = zxidLow;
    this.lastTime = time;
    this.lastSum = sum;
  }

  private startsRun(sum: number): boolean {
    const { cursor, openRun: run } = this;
    const zxid = cursor.zxid;
    const previous = fromHalves(this.lastZxidHigh, this.lastZxidLow);
    const time = cursor.time;
    if (this.runs.length > 0 && zxid === previous) {
      const same = sum === this.lastSum;
      this.report(
        same ? "log.duplicate" : "log.conflict",
        say`zxid ${hex(zxid)} occurs again${same ? "" : ", with other bytes"}`,
      );
      return false;
    }
    if (this.runs.length > 0 && zxid < previous) {
      this.report("log.backward", say`zxid ${hex(zxid)} after ${hex(previous)}`);
      return false;
    }
    if (run && follows(previous, zxid)) {
      run.count++;
      return true;
    }
    this.endRun();
    if (this.runs.length === 0) this.firstAt = this.reader.recordOffset;
    this.openRun = { first: zxid, last: zxid, firstTime: time, lastTime: time, count: 1 };
    this.runs.push(this.openRun);
    return true;
  }

  private endRun(): void {
    if (!this.openRun) return;
    this.openRun.last = fromHalves(this.lastZxidHigh, this.lastZxidLow);
    this.openRun.lastTime = BigInt(this.lastTime);
    this.openRun = null;
  }

  private noteClock(time: number): void {
    const step = this.lastTime - time;
    this.clockSteps++;
    if (step > this.largestStep) this.largestStep = step;
    this.clockStep ??= finding("log.clock", say``, {
      file: this.file.path,
      offset: this.reader.recordOffset,
      zxid: this.zxidHere(),
    });
  }

  /** A log's name is the zxid of its first transaction (FileTxnLog.append). */
  private checkName(): void {
    const first = this.runs[0]?.first;
    const { zxid } = this.file;
    if (first === undefined || zxid === null || first === zxid) return;
    // A file whose beginning is gone can begin with a record.
    const begin = Math.max(this.firstAt, HEADER_LENGTH);
    const isBefore = ({ offset }: Finding): boolean => offset === undefined || offset < begin;
    const damagedStart =
      this.reader.findings.some(isBefore) || this.findings.some((each) => each.code === "log.crc" && isBefore(each));
    if (damagedStart && first > zxid && epochOf(first) === epochOf(zxid) && counterOf(zxid) > 0) return;
    const message = say`the name says ${hex(zxid)}, the first transaction is ${hex(first)}`;
    this.findings.push(finding("file.name", message, { file: this.file.path, zxid: first }));
  }

  private checkCompression(compression: Compression): void {
    const { name, path } = this.file;
    const suffix = parseFileName(name)?.suffix ?? "";
    if (compression !== "none") this.findings.push(finding("log.compressed", COMPRESSED_LOG, { file: path }));
    else if (suffix !== "")
      this.findings.push(
        finding("file.suffix", say`the name ends in "${suffix}", the content is not compressed`, { file: path }),
      );
  }

  private zxidHere(): bigint {
    return this.cursor.zxid;
  }

  private report(code: Finding["code"], message: Message): void {
    const place = { file: this.file.path, offset: this.reader.recordOffset, zxid: this.zxidHere() };
    this.findings.push(finding(code, message, place));
  }
}

import { finding } from "../../findings/finding.js";
import { FindingList } from "../../findings/finding-list.js";
import { HEADER_LENGTH } from "../../storage/header.js";
import { LogReader } from "../../storage/log-reader.js";
import { hex } from "../../storage/zxid.js";
import { TxnCursor } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import type { Parsed } from "./same-txn.js";
import { type Message, say } from "../../text/message.js";

/**
 * One server's sound transactions, from all its logs, in rising order: what several servers' histories are compared by.
 * The current one's bytes are in memory until `next` or `refill` is called.
 *
 *     for (let more = await stream.refill(); more; more = stream.next() || (await stream.refill())) …
 */
export class TxnStream {
  readonly cursor = new TxnCursor();
  /** Damage that was met, and what it left out. */
  readonly findings = new FindingList();
  /** The current transaction's file, as an index of `logs`, and where its record is in it. */
  file = -1;
  recordStart = 0;
  recordEnd = 0;
  /** Whether it is the first that counts of its file. */
  firstOfFile = false;
  ended = false;

  private readonly logs: readonly StoredFile[];
  private reader: LogReader | null = null;
  private high = -1;
  private low = 0;
  private fresh = false;

  constructor(logs: readonly StoredFile[]) {
    this.logs = logs;
  }

  get zxid(): bigint {
    return this.cursor.zxid;
  }

  /** The current transaction's bytes. */
  get parsed(): Parsed {
    const { window, payloadStart } = this.reader as LogReader;
    return { cursor: this.cursor, bytes: window.block.bytes, start: payloadStart };
  }

  /** Moves on within what is in memory; false when a `refill` is due. */
  next(): boolean {
    const { reader, cursor } = this;
    if (!reader) return false;
    while (reader.next()) {
      const { view } = reader.window.block;
      const shape = cursor.parse(view, reader.payloadStart, reader.payloadEnd);
      if (!reader.checksumOk) {
        const message = say`the checksum does not match the bytes, which say ${hex(this.zxid)}`;
        this.report("log.crc", message, reader);
        continue;
      }
      // What repeats or goes back is for `verify` to judge: here the first to come counts.
      const { zxidHigh, zxidLow } = cursor;
      if (zxidHigh < this.high || (zxidHigh === this.high && zxidLow <= this.low)) continue;
      if (shape === "malformed") this.report("log.malformed", say`${hex(this.zxid)} does not parse`, reader);
      this.high = zxidHigh;
      this.low = zxidLow;
      this.recordStart = reader.recordOffset;
      this.recordEnd = reader.window.offset;
      this.firstOfFile = this.fresh;
      this.fresh = false;
      return true;
    }
    return false;
  }

  /** Reads on; false at the end of the last log. */
  async refill(): Promise<boolean> {
    for (;;) {
      if (!this.reader && !(await this.open())) return false;
      const reader = this.reader as LogReader;
      while (await reader.fill()) if (this.next()) return true;
      this.findings.push(...reader.findings);
      reader.close();
      this.reader = null;
    }
  }

  close(): void {
    this.reader?.close();
    this.reader = null;
  }

  private async open(): Promise<boolean> {
    const log = this.logs[this.file + 1];
    if (!log) {
      this.ended = true;
      return false;
    }
    this.file++;
    this.fresh = true;
    this.recordEnd = HEADER_LENGTH;
    this.reader = new LogReader(log.open());
    await this.reader.readHead();
    return true;
  }

  private report(code: "log.crc" | "log.malformed", message: Message, reader: LogReader): void {
    this.findings.push(finding(code, message, { file: reader.file, offset: reader.recordOffset, zxid: this.zxid }));
  }
}

import { finding, type FindingPlace } from "../findings/finding.js";
import { FindingList } from "../findings/finding-list.js";
import type { FindingCode } from "../findings/codes.js";
import { type FileHeader, LOG_MAGIC, readHeader } from "./header.js";
import { type FindValue, isSoundAt, PAYLOAD_HEAD } from "./large-record.js";
import { IGNORED, LARGE_VALUE, passValue } from "./large-value.js";
import type { ByteSource } from "../io/byte-source.js";
import { readFailure } from "../io/read-failure.js";
import { Window } from "../io/window.js";
import { type Message, say } from "../text/message.js";
import { hexOfHalves } from "./zxid.js";

/** Long checksum and int length before a payload, the end mark 'B' after it. */
const RECORD_HEAD = 12;
const END_MARK = 0x42;
/** A TxnHeader: long session, int cxid, long zxid, long time, int type. No payload is shorter. */
export const TXN_HEADER_LENGTH = 32;

/** How a log ends. */
export type LogEnd =
  /** With zeros to the end of the file (preallocated), or with the file. */
  | "clean"
  /** Inside a record, with nothing sound behind it. */
  | "torn"
  /** At damage that reading did not go beyond. */
  | "damaged"
  /** There is no record: the file cannot be read, the header is cut, or the magic another. */
  | "unreadable";

/**
 * Reads one transaction log, record by record, in bounded memory.
 *
 *     const reader = new LogReader(openSource(path));
 *     if (await reader.readHead()) {
 *       while (await reader.fill()) while (reader.next()) { … reader.payloadStart … }
 *     }
 *
 * `next()` answers every record whose frame is whole; `checksumOk` says whether its bytes are what was written. Where
 * the frame itself is broken, `fill()` searches for the next sound record and goes on there, with a finding that says
 * whether anything sound was behind the damage; `resumed` counts such places, so that a caller that must not go on
 * over a hole can stop.
 */
export class LogReader {
  readonly window: Window;
  readonly findings = new FindingList();
  header: FileHeader | null = null;
  /** Records answered so far. */
  count = 0;
  /** How often reading went on behind a hole. */
  resumed = 0;
  end: LogEnd | null = null;
  /** Where the last whole record ends: what is sound reaches up to here. */
  soundEnd = 0;

  /** The current record: offsets in `window.block`. */
  record = 0;
  payloadStart = 0;
  payloadEnd = 0;
  checksumOk = false;
  /** Bytes of the current record's data that were passed over: all of them, or none. */
  passed = 0;

  private readonly source: ByteSource;
  private readonly lookBehind: boolean;
  private wanted = 0;
  private broken: Breakage | null = null;
  private findValue: FindValue | null = null;
  /** Whether a record without its data is the next one. */
  private passedIsNext = false;

  /** `lookBehind`: whether to read the padding too, for what it may hide; else the log ends where it begins. */
  constructor(source: ByteSource, lookBehind = true) {
    this.lookBehind = lookBehind;
    this.source = source;
    this.window = new Window(source);
  }

  /** Where in the file the current record begins (its checksum). */
  get recordOffset(): number {
    return this.window.fileOffset(this.record) - this.passed;
  }

  /** Bytes of the current record's payload in the file. */
  get payloadLength(): number {
    return this.payloadEnd - this.payloadStart + this.passed;
  }

  /**
   * From here on, data longer than LARGE_VALUE is not held, where `findValue` finds it, the record is sound and the
   * source can be read anywhere: `next()` answers such a record as if its data were empty.
   */
  passLarge(findValue: FindValue): void {
    this.findValue = findValue;
  }

  get file(): string {
    return this.source.name;
  }

  /** Reads the header. False where no record can follow. */
  async readHead(): Promise<boolean> {
    return this.guarded(async () => {
      this.header = await readHeader(this.window, LOG_MAGIC, this.findings, { file: this.file });
      this.window.leap(this.source.skipped ?? 0);
      this.soundEnd = this.window.offset;
      if (this.header?.magic === LOG_MAGIC) return true;
      this.end = "unreadable";
      return false;
    });
  }

  /** Brings more records into memory; false at the end. */
  async fill(): Promise<boolean> {
    if (this.end) return false;
    this.soundEnd = this.window.offset;
    return this.guarded(async () => {
      if (!this.broken) {
        if (this.findValue && (await this.pass(this.findValue))) return true;
        if (await this.window.need(Math.max(this.wanted, 1))) return true;
        if (this.window.available === 0) return this.finish("clean");
        this.broken = await this.explainShort();
        if (!this.broken) return this.finish("clean");
      }
      const breakage = this.broken;
      this.broken = null;
      return breakage === "padding" ? this.readPadding() : this.skip(breakage);
    });
  }

  /** Moves to the next record in memory; false when a `fill()` is due. */
  next(): boolean {
    const { window } = this;
    const { view } = window.block;
    const record = window.position;
    if (this.broken) return false;
    if (this.passed > 0) {
      if (this.passedIsNext) return this.takePassed();
      this.passed = 0;
    }
    if (record + RECORD_HEAD > window.limit) return this.want(RECORD_HEAD);
    const length = view.getInt32(record + 8);
    if (length < TXN_HEADER_LENGTH) {
      const empty = length === 0 && view.getInt32(record) === 0 && view.getInt32(record + 4) === 0;
      // A short length ends in a missing end mark for the server; a negative one stops it.
      const code = length < 0 ? "log.length" : "log.torn";
      this.broken = empty ? "padding" : { code, message: say`a record length of ${length}` };
      return false;
    }
    const payloadStart = record + RECORD_HEAD;
    const payloadEnd = payloadStart + length;
    if (payloadEnd + 1 > window.limit) return this.want(RECORD_HEAD + length + 1);
    const { block } = window;
    const sum = block.kernel.adler32(payloadStart, length, 1) >>> 0;
    const checksumOk = view.getUint32(record + 4) === sum && view.getUint32(record) === 0;
    if (view.getUint8(payloadEnd) !== END_MARK) {
      this.broken = checksumOk
        ? { code: "log.end-mark", message: say`the end mark is ${hexOfHalves(0, view.getUint8(payloadEnd))}, not 0x42` }
        : {
            code: "log.torn",
            message: say`a record of ${length} bytes without its end mark, and its checksum is wrong`,
          };
      if (!checksumOk) return false;
      // Whole in every other way: it is answered, and the finding stands.
      this.reportHere(this.broken.code, this.broken.message, window.offset + RECORD_HEAD + length);
      this.broken = null;
    }
    if (!checksumOk) {
      const after = payloadEnd + 1;
      if (after + RECORD_HEAD > window.limit && window.unread > 0) return this.want(after + RECORD_HEAD - record);
      // A wrong length can end at a byte that happens to be an end mark, even a true one: what follows tells, and
      // whether sound records lie inside.
      if (!mayFollow(view, after, window.limit) || this.holdsSound(record + 1, payloadEnd)) {
        this.broken = {
          code: "log.torn",
          message: say`a record of ${length} bytes whose checksum and length are wrong`,
        };
        return false;
      }
    }
    this.record = record;
    this.payloadStart = payloadStart;
    this.payloadEnd = payloadEnd;
    this.checksumOk = checksumOk;
    window.position = payloadEnd + 1;
    this.count++;
    return true;
  }

  /** Closes the file. What `next()` gave is not to be used after it. */
  close(): void {
    this.window.close();
    this.source.close();
  }

  /** Passes over the data of the record that is wanted, if it is large and all is sound; false where nothing was done. */
  private async pass(findValue: FindValue): Promise<boolean> {
    const { window, source, wanted } = this;
    if (!source.readAt || wanted <= LARGE_VALUE || wanted > window.available + window.unread) return false;
    if (!(await window.need(Math.min(PAYLOAD_HEAD, wanted)))) return false;
    const { view } = window.block;
    const payload = window.position + RECORD_HEAD;
    const length = view.getInt32(payload - 4);
    const value = findValue(view, payload, window.limit);
    if (wanted !== RECORD_HEAD + length + 1 || !value || value.length <= LARGE_VALUE) return false;
    if (value.at + value.length > length || view.getUint32(window.position) !== 0) return false;
    const sum = view.getUint32(window.position + 4);
    if (!isSoundAt(source, window.offset + RECORD_HEAD, length, sum, END_MARK)) return false;
    view.setInt32(payload + value.at - 4, 0);
    this.passed = await passValue(window, RECORD_HEAD + value.at, value.length, IGNORED);
    this.passedIsNext = await window.need(wanted - this.passed);
    // Else the file has become shorter.
    if (!this.passedIsNext) this.passed = 0;
    return this.passedIsNext;
  }

  private takePassed(): true {
    const { window } = this;
    this.record = window.position;
    this.payloadStart = this.record + RECORD_HEAD;
    this.payloadEnd = this.payloadStart + window.block.view.getInt32(this.payloadStart - 4) - this.passed;
    this.checksumOk = true;
    this.passedIsNext = false;
    window.position = this.payloadEnd + 1;
    this.count++;
    return true;
  }

  private want(count: number): false {
    this.wanted = count;
    return false;
  }

  private finish(end: LogEnd): false {
    this.end = end;
    return false;
  }

  private reportHere(code: FindingCode, message: Message, offset: number, place: FindingPlace = {}): void {
    this.findings.push(finding(code, message, { file: this.file, offset, ...place }));
  }

  /** Fewer bytes are left than the record wants: zeros that are padding, or a record cut or with a wrong length. */
  private async explainShort(): Promise<Breakage | null> {
    const { window } = this;
    const { bytes } = window.block;
    await window.need(RECORD_HEAD);
    const left = window.available;
    if (left < RECORD_HEAD) {
      if (isZero(bytes, window.position, window.limit)) {
        window.position = window.limit;
        return null;
      }
      return { code: "log.torn", message: say`${left} bytes where a record begins with ${RECORD_HEAD}` };
    }
    const total = left + (Number.isFinite(window.unread) ? window.unread : 0);
    const length = window.block.view.getInt32(window.position + 8);
    const code = length > MOST_SERVER_LENGTH ? "log.length" : "log.torn";
    return {
      code,
      message: say`a record of ${length} bytes where ${Math.max(0, total - RECORD_HEAD)} are left`,
    };
  }

  /** A record of length 0 ends the log: all that follows should be zeros. */
  private async readPadding(): Promise<boolean> {
    const { window } = this;
    if (!this.lookBehind) return this.finish("clean");
    const padding = window.offset;
    for (;;) {
      const nonZero = firstNonZero(window.block.bytes, window.position, window.limit);
      if (nonZero < window.limit) {
        // A checksum's leading zeros look like padding: the search begins where a record with this byte could.
        const at = window.fileOffset(nonZero);
        window.position = Math.max(window.position, nonZero - RECORD_HEAD);
        if (await this.findSound()) {
          const skipped = window.offset - padding;
          this.reportHere("log.after-padding", say`${skipped} bytes of padding, then sound records again`, padding);
          this.resumed++;
          return true;
        }
        this.reportHere("log.padding", say`the padding that begins at ${padding} is not all zeros`, at);
        return this.finish("clean");
      }
      // Twelve bytes stay: a record may begin in zeros that end a chunk.
      window.position = Math.max(window.position, window.limit - RECORD_HEAD);
      if (!(await window.need(window.available + 1))) return this.finish("clean");
    }
  }

  /** The frame is broken at the window's position: goes on at the next sound record, or ends. */
  private async skip(breakage: Exclude<Breakage, "padding">): Promise<boolean> {
    const { window } = this;
    const at = window.offset;
    const { record } = this;
    window.position += 1;
    if (await this.findSound()) {
      const code = breakage.code;
      this.reportHere(
        code,
        say`${breakage.message}; ${window.offset - at} bytes skipped to the next sound record`,
        at,
        {
          severity: "error",
        },
      );
      this.resumed++;
      return true;
    }
    this.record = record;
    // A length of 0 under a checksum, or a length beyond the file: what a crash leaves at the tail.
    if (breakage.code === "log.length") this.reportHere("log.length", breakage.message, at);
    else this.reportHere("log.torn-tail", breakage.message, at);
    return this.finish("torn");
  }

  /**
   * Searches for a record that is sound in every way: checksum, length, end mark, a header's worth of bytes. On success
   * the window stands at it. Bytes made to look like records could make this quadratic, so the checksums that it may
   * try are bounded.
   */
  private async findSound(): Promise<boolean> {
    const { window } = this;
    let budget = Math.max(64 << 20, 16 * (window.available + (Number.isFinite(window.unread) ? window.unread : 0)));
    for (;;) {
      if (window.available < SMALLEST_RECORD && !(await window.need(SMALLEST_RECORD))) return false;
      const { view } = window.block;
      const last = window.limit - SMALLEST_RECORD;
      let at = window.position;
      // A checksum's upper half is 0, and so is the first byte of any length under 16 MiB.
      while (at <= last && (view.getUint32(at) !== 0 || view.getInt32(at + 8) < TXN_HEADER_LENGTH)) at++;
      window.position = at;
      if (at > last) continue;
      const length = view.getInt32(at + 8);
      const whole = RECORD_HEAD + length + 1;
      if (whole <= window.available + window.unread && (await window.need(whole))) {
        const { view: now, kernel } = window.block;
        const record = window.position;
        const end = record + RECORD_HEAD + length;
        if (now.getUint8(end) === END_MARK && now.getUint32(record + 4) !== 0) {
          budget -= length;
          if (budget < 0) return false;
          if (kernel.adler32(record + RECORD_HEAD, length, 1) >>> 0 === now.getUint32(record + 4)) return true;
        }
      }
      window.position += 1;
    }
  }

  /** Whether a sound record lies in bytes that are in memory. */
  private holdsSound(from: number, to: number): boolean {
    const { view, kernel } = this.window.block;
    let budget = 64 << 20;
    for (let at = from; at + SMALLEST_RECORD <= to; at++) {
      if (view.getUint32(at) !== 0 || view.getUint32(at + 4) === 0) continue;
      const length = view.getInt32(at + 8);
      const end = at + RECORD_HEAD + length;
      if (length < TXN_HEADER_LENGTH || end >= to || view.getUint8(end) !== END_MARK) continue;
      budget -= length;
      if (budget < 0) return false;
      if (kernel.adler32(at + RECORD_HEAD, length, 1) >>> 0 === view.getUint32(at + 4)) return true;
    }
    return false;
  }

  private async guarded(work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      const failure = readFailure(error, this.file, this.window.fileOffset(this.window.limit));
      if (!failure) throw error;
      this.findings.push(failure);
      return this.finish(this.header ? "damaged" : "unreadable");
    }
  }
}

type Breakage = "padding" | { code: FindingCode; message: Message };

/** jute.maxbuffer and zookeeper.jute.maxbuffer.extrasize by default: a longer record stops a server. */
const MOST_SERVER_LENGTH = 2 * 0xfffff;
const SMALLEST_RECORD = RECORD_HEAD + TXN_HEADER_LENGTH + 1;

/** Whether a record, padding or the end can be here: the upper half of a checksum is 0, and a length is not tiny. */
function mayFollow(view: DataView, at: number, limit: number): boolean {
  if (at + RECORD_HEAD > limit) return true;
  const length = view.getInt32(at + 8);
  return view.getInt32(at) === 0 && (length >= TXN_HEADER_LENGTH || (length === 0 && view.getInt32(at + 4) === 0));
}

const ZEROS = Buffer.alloc(1 << 16);

function isZero(bytes: Buffer, from: number, to: number): boolean {
  return firstNonZero(bytes, from, to) === to;
}

/** The first byte that is not 0, or `to`; compares whole pieces natively first. */
function firstNonZero(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const piece = Math.min(ZEROS.length, to - at);
    if (ZEROS.compare(bytes, at, at + piece, 0, piece) !== 0) break;
    at += piece;
  }
  while (at < to && bytes[at] === 0) at++;
  return at;
}

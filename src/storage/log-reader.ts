import { type Finding, finding, type FindingPlace } from "../findings/finding.js";
import { FindingList } from "../findings/finding-list.js";
import { type FileHeader, HEADER_LENGTH, LOG_MAGIC, magicMessage, readHeader } from "./header.js";
import { type FindValue, isSoundAt, PAYLOAD_HEAD } from "./large-record.js";
import { IGNORED, LARGE_VALUE, MOST_COMPRESSED, passValue } from "./large-value.js";
import { END_MARK, RECORD_HEAD, TXN_HEADER_LENGTH, ZXID_AT } from "./log-record.js";
import { isFollowed, mayFollow } from "./following-record.js";
import { type Breakage, type LogEnd, paddingFinding, readTail, tailFindings } from "./log-tail.js";
import { SoundSearch } from "./sound-search.js";
import { firstNonZero, isZero } from "./zeros.js";
import { hex, hexOfHalves } from "./zxid.js";
import type { ByteSource } from "../io/byte-source.js";
import { readFailure } from "../io/read-failure.js";
import { Window } from "../io/window.js";
import { type Message, say } from "../text/message.js";

/**
 * Reads one transaction log, record by record, in bounded memory.
 *
 * `next()` gives every record whose frame is whole; `checksumOk` says whether its bytes are what was written. Where the
 * frame itself is broken, `fill()` searches for the next sound record and goes on there, with a finding that says whether
 * anything sound follows; `resumed` counts such places, for callers that must not go on over a hole.
 *
 * A record of which only the end mark is wrong is not there for a server: what was being written when it died has none,
 * and the zxid is used again (FileTxnIterator.next, in every release). It is given only where the record right after it
 * has a right checksum and follows on its zxid: a server begins a new file when it starts, so one process wrote both.
 *
 * @example
 * import { openBytes } from "zkrewind/io";
 * import { LogReader } from "zkrewind/storage";
 * const reader = new LogReader(openBytes("fixtures/3.8.6-standalone/version-2/log.1"));
 * if (await reader.readHead()) while (await reader.fill()) while (reader.next()) reader.payloadLength;
 * console.log(reader.count, reader.end, [...reader.findings]);
 * reader.close();
 */
export class LogReader {
  readonly window: Window;
  readonly findings = new FindingList();
  header: FileHeader | null = null;
  /** Records answered so far. */
  count = 0;
  /** How often reading went on after a hole. */
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
  private broken: "padding" | "doubtful" | Breakage | null = null;
  /** Where a record begins that is whole although something about it is wrong, in bytes of the file. */
  private judged = -1;
  private search: SoundSearch | null = null;
  /** Of a damaged header: what is said of it, and how many records proved themselves since. */
  private headerDamage: { finding: Finding; magic: Message; from: number } | null = null;
  private doubtful = 0;
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
   * source can be read anywhere: `next()` returns such a record as if its data were empty.
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
      const { window, source } = this;
      this.header = await readHeader(window, LOG_MAGIC, this.findings, { file: this.file });
      window.leap(source.skipped ?? 0);
      this.soundEnd = window.offset;
      if (!this.header) return this.finish("unreadable");
      return this.header.magic === LOG_MAGIC || this.passHeader(this.header.magic);
    });
  }

  /** Brings more records into memory; false at the end. */
  async fill(): Promise<boolean> {
    if (this.end) return false;
    this.soundEnd = this.window.offset;
    return this.guarded(async () => {
      if (!this.broken) {
        if (this.findValue && (await this.pass(this.findValue))) return true;
        this.broken = await this.doubtLength();
        if (!this.broken && (await this.window.need(Math.max(this.wanted, 1)))) return true;
        if (this.window.available === 0) return this.finish("clean");
        this.broken ??= await this.explainShort();
        if (!this.broken) return this.finish("clean");
      }
      const breakage = this.broken === "doubtful" ? await this.judge() : this.broken;
      this.broken = null;
      if (breakage === null) return true;
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
    if ((!checksumOk || view.getUint8(payloadEnd) !== END_MARK) && window.offset !== this.judged) {
      this.broken = "doubtful";
      return false;
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
    this.search?.close();
    this.source.close();
  }

  /** Where the magic is another, records that prove themselves are read all the same; false if there are none. */
  private async passHeader(magic: number): Promise<boolean> {
    const { window } = this;
    const skipped = this.source.skipped !== undefined;
    if (!skipped) window.position -= HEADER_LENGTH;
    const wrong = magicMessage(magic, LOG_MAGIC);
    if (await this.goToSound(window.offset)) {
      const from = window.offset;
      if (!skipped && from !== HEADER_LENGTH) this.resumed++;
      const message = say`${wrong}; sound records follow, from byte ${from} on`;
      this.headerDamage = { finding: this.reportHere("log.header", message, 0), magic: wrong, from };
      return true;
    }
    const { from, end } = await readTail(window);
    if (end === from && !skipped)
      this.reportHere("file.zeros", say`all ${window.offset} bytes are zeros: it was never written`, 0);
    else this.reportHere("file.magic", say`${wrong}; no sound record is in it`, 0);
    return this.finish("unreadable");
  }

  /** No record can be longer. */
  private get longest(): number {
    return this.source.size === undefined ? MOST_COMPRESSED : this.window.available + this.window.unread;
  }

  /** A long record is held only if it is sound: a wrong length must not cost the memory that it speaks of. */
  private async doubtLength(): Promise<Breakage | null> {
    const { wanted, window } = this;
    if (wanted <= MOST_UNPROVEN || wanted > window.available + window.unread) return null;
    if (wanted <= this.longest && (await this.soundFrom(window.offset)) === window.offset) return null;
    const length = wanted - RECORD_HEAD - 1;
    return {
      code: "log.length",
      message: say`a record of ${length} bytes that neither its checksum nor its end mark proves`,
    };
  }

  /**
   * Whether the record at the window's position is whole although its checksum or its end mark is wrong: null if it is.
   */
  private async judge(): Promise<Breakage | null> {
    const { window } = this;
    const { view, kernel } = window.block;
    const payload = window.position + RECORD_HEAD;
    const length = view.getInt32(payload - 4);
    const mark = view.getUint8(payload + length);
    if (view.getBigInt64(window.position) === BigInt(kernel.adler32(payload, length, 1) >>> 0)) {
      const zxid = view.getBigInt64(payload + ZXID_AT);
      const message = say`the end mark is ${hexOfHalves(0, mark)}, not 0x42`;
      if (!(await isFollowed(window, this.longest, zxid, length)))
        return { code: "log.end-mark", message, unmarked: zxid };
      const how = say`${message}; the next record follows on ${hex(zxid)}, so this one was complete`;
      this.reportHere("log.end-mark", how, window.offset + RECORD_HEAD + length, { zxid });
    } else {
      if (mark !== END_MARK) {
        const message = say`a record of ${length} bytes without an end mark, and with a wrong checksum`;
        return { code: "log.torn", message };
      }
      const whole = RECORD_HEAD + length + 1;
      await window.need(whole + RECORD_HEAD);
      // A wrong length can end at a byte that happens to be an end mark, even a true one: what follows tells, and
      // whether a sound record begins inside.
      const inside = await this.soundFrom(window.offset + 1);
      if (!mayFollow(window, window.position + whole) || (inside !== null && inside < window.offset + whole))
        return { code: "log.torn", message: say`a record of ${length} bytes with a wrong checksum and length` };
      this.doubtful++;
    }
    this.judged = window.offset;
    return null;
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
    if (this.headerDamage) {
      const { finding: said, magic, from } = this.headerDamage;
      said.message = say`${magic}; ${this.count - this.doubtful} sound records follow, from byte ${from} on`;
    }
    return false;
  }

  private reportHere(code: Finding["code"], message: Message, offset: number, place: FindingPlace = {}): Finding {
    const made = finding(code, message, { file: this.file, offset, ...place });
    this.findings.push(made);
    return made;
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
        if (await this.goToSound(window.offset)) {
          const skipped = window.offset - padding;
          this.reportHere("log.after-padding", say`${skipped} bytes of padding, then sound records again`, padding);
          this.resumed++;
          return true;
        }
        const { code, message } = paddingFinding(padding, at, await readTail(window));
        this.reportHere(code, message, at);
        return this.finish(code === "log.padding" ? "clean" : "damaged");
      }
      // Twelve bytes stay: a record may begin in zeros that end a chunk.
      window.position = Math.max(window.position, window.limit - RECORD_HEAD);
      if (!(await window.need(window.available + 1))) return this.finish("clean");
      if (this.source.size === undefined && window.offset - padding > MOST_COMPRESSED_PADDING) {
        const message = say`more than ${MOST_COMPRESSED_PADDING >> 20} MiB of zeros in a compressed file: reading stops there`;
        this.reportHere("log.padding", message, padding);
        return this.finish("clean");
      }
    }
  }

  /** The frame is broken at the window's position: goes on at the next sound record, or ends. */
  private async skip(breakage: Breakage): Promise<boolean> {
    const { window } = this;
    const at = window.offset;
    if (await this.goToSound(at + 1)) {
      const message = say`${breakage.message}; ${window.offset - at} bytes skipped to the next sound record`;
      const { unmarked } = breakage;
      this.reportHere(breakage.code, message, at, unmarked === undefined ? {} : { zxid: unmarked });
      this.resumed++;
      return true;
    }
    const found = tailFindings(await readTail(window), breakage);
    const zxid = breakage.unmarked === undefined ? {} : { zxid: breakage.unmarked };
    for (const { code, message, offset } of found) this.reportHere(code, message, offset, zxid);
    return this.finish(found.every(({ code }) => code === "log.torn-tail") ? "torn" : "damaged");
  }

  /** Where the first sound record begins, at or after a place in the file. */
  private soundFrom(offset: number): Promise<number | null> {
    this.search ??= new SoundSearch(this.source);
    return this.search.next(offset);
  }

  /** Moves the window to the first sound record at or after a place; false, and nothing moves, if there is none. */
  private async goToSound(offset: number): Promise<boolean> {
    const at = await this.soundFrom(offset);
    return at !== null && (await this.window.goTo(at));
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

/** jute.maxbuffer and zookeeper.jute.maxbuffer.extrasize by default: a longer record stops a server. */
const MOST_SERVER_LENGTH = 2 * 0xfffff;
/** Servers preallocate 64 MiB by default; deflate makes a thousand bytes of one. */
const MOST_COMPRESSED_PADDING = 1 << 30;
/** A longer record is looked at before it is held. */
const MOST_UNPROVEN = 16 << 20;

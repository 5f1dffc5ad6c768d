import { type Finding, finding } from "../findings/finding.js";
import { FindingList } from "../findings/finding-list.js";
import { type FileHeader, HEADER_LENGTH, magicMessage, readHeader, SNAPSHOT_MAGIC } from "./header.js";
import { LARGE_VALUE, type LargeValues, MOST_COMPRESSED, passValue } from "./large-value.js";
import { type HeadDamage, readAcls, readSessions } from "./snapshot-head.js";
import { AclList, SessionList } from "./snapshot-lists.js";
import { readTrailers, type SnapshotTrailers } from "./snapshot-trailers.js";
import { firstNonZero, isZero, zerosAtEnd } from "./zeros.js";
import { ACL_ID_LENGTH, SMALLEST_ZNODE, STAT_LENGTH, ZnodeFrame } from "./znode-record.js";
import type { ByteSource } from "../io/byte-source.js";
import { readFailure } from "../io/read-failure.js";
import { type BlockSupply, Window } from "../io/window.js";
import { type Message, say } from "../text/message.js";
import { SLASH } from "./path.js";
import type { ZnodeRun } from "../checksum/index.js";

/**
 * Reads one snapshot from its beginning to its end, in bounded memory.
 *
 * `next()` is synchronous and makes no objects: it moves the fields below to the next znode in `window.block`, where
 * they are good until the next `fill()`. Damage ends the reading with a finding, and so does a file that cannot be read; nothing throws.
 *
 * @example
 * import { openBytes } from "zkrewind/io";
 * import { SnapshotReader } from "zkrewind/storage";
 *
 * const reader = new SnapshotReader(openBytes("fixtures/3.8.6-standalone/version-2/snapshot.207"));
 * if (await reader.readHead()) while (await reader.fill()) while (reader.next()) reader.recordOffset;
 * console.log(reader.count, reader.sound, reader.trailers?.digest);
 * reader.close();
 */
export class SnapshotReader extends ZnodeFrame {
  readonly window: Window;
  readonly findings = new FindingList();
  header: FileHeader | null = null;
  readonly sessions = new SessionList();
  readonly acls = new AclList();
  /** Znodes read so far. */
  count = 0;
  /** What follows the znodes; null until the end was reached, or when it never was. */
  trailers: SnapshotTrailers | null = null;

  /** Bytes of the current znode's data that passed by: all of them, or none. What is left of its record is joined. */
  passed = 0;

  private readonly source: ByteSource;
  private wanted = 0;
  private large: LargeValues | null = null;
  /** Of a record whose value passes by: it is due to, it has and the record is next, or it is the current one. */
  private passing: "due" | "next" | "current" | null = null;
  private state: "nodes" | "ended" | "damaged" = "nodes";
  /** Zeros that may be more than a znode's own: where they begin, and where no znode could. */
  private zeros: { from: number; at: number } | null = null;
  /** Up to here there are none. */
  private noZeros = -1;

  constructor(source: ByteSource, keep: BlockSupply | null = null) {
    super();
    this.source = source;
    this.window = new Window(source, { keep, sums: true });
  }

  /** Whether the whole file was read, seal and all, and nothing about it is damaged. */
  get sound(): boolean {
    return this.state === "ended" && this.findings.every((each) => each.severity === "note");
  }

  get file(): string {
    return this.source.name;
  }

  /** Where in the uncompressed file the current znode's record begins. */
  get recordOffset(): number {
    return this.window.fileOffset(this.record) - this.passed;
  }

  /** Bytes of the current znode's record in the file. */
  get recordLength(): number {
    return this.recordEnd - this.record + this.passed;
  }

  /**
   * From here on, values longer than LARGE_VALUE are not held: `fill()` hands them on in pieces, and `next()` answers
   * their records without them. For windows that keep nothing.
   */
  passLarge(to: LargeValues): void {
    this.large = to;
  }

  /** Header, sessions and ACL map. False where they are damaged so that no znode can be read. */
  async readHead(): Promise<boolean> {
    return this.guarded(async () => {
      this.header = await readHeader(this.window, SNAPSHOT_MAGIC, this.findings, { file: this.source.name });
      if (!this.header) return this.damage();
      const { magic } = this.header;
      if (magic !== SNAPSHOT_MAGIC) {
        if (magic === 0) return this.neverWritten();
        this.report("file.magic", magicMessage(magic, SNAPSHOT_MAGIC), 0);
        return this.damage();
      }
      const { window, sessions, acls } = this;
      const damage: HeadDamage = {
        report: (code, message, offset) => this.report(code, message, offset),
        cutShort: (wanted) => this.cutShort(wanted),
        zeros: (from) => this.endInZeros(from),
        endsSealed: () => this.endsSealed(),
      };
      return (
        ((await readSessions(window, sessions, damage)) && (await readAcls(window, acls, damage))) || this.damage()
      );
    });
  }

  /** Brings more znodes into memory; false when there are none left (or the rest is damaged). */
  async fill(): Promise<boolean> {
    if (this.state !== "nodes") return false;
    const { window } = this;
    window.adlerUpTo(window.position);
    return this.guarded(async () => {
      if (this.zeros) {
        const { from, at } = this.zeros;
        if (await this.areZeros(at)) {
          window.position += at - window.offset;
          return this.endInZeros(from);
        }
        this.noZeros = at;
        this.zeros = null;
        return true;
      }
      if (this.endOfNodes()) {
        window.position += END_MARK_LENGTH;
        this.trailers = await readTrailers(window, this.findings, this.source.name);
        this.state = "ended";
        return false;
      }
      const { large, wanted } = this;
      if (large && this.passing === "due" && wanted <= window.available + window.unread) return this.pass(large);
      return (await window.need(Math.max(wanted, 1))) || this.cutShort(wanted);
    });
  }

  /** Moves to the next znode in memory; false when a `fill()` is due. */
  next(): boolean {
    if (this.passing !== null) {
      if (this.passing !== "current") return this.passing === "next" && this.takePassed();
      this.passing = null;
      this.passed = 0;
    }
    const { window } = this;
    const { view } = window.block;
    const { limit } = window;
    const record = window.position;
    if (record + 4 > limit) return this.want(4);
    const pathLength = view.getInt32(record);
    if (pathLength <= 0) {
      if (pathLength < 0) return this.badLength(record, pathLength);
      if (this.count > 0 && this.mayBeZeros(record, record)) return false;
    }
    const pathStart = record + 4;
    const dataAt = pathStart + pathLength;
    if (dataAt + 4 > limit) {
      // The list's end mark may be the last bytes but the seal: it is looked at before more is asked for.
      if (pathLength === 1 && pathStart < limit && this.endOfNodes()) return false;
      if (pathLength > MOST_PATH && pathLength <= window.available + window.unread)
        return this.badLength(record, pathLength);
      return this.want(dataAt + 4 - record);
    }
    if (pathLength === 1 && view.getUint8(pathStart) === SLASH) return false;
    const dataLength = view.getInt32(dataAt);
    if (dataLength < -1) return this.badLength(dataAt, dataLength);
    const aclAt = dataAt + 4 + (dataLength > 0 ? dataLength : 0);
    const recordEnd = aclAt + ACL_ID_LENGTH + STAT_LENGTH;
    if (dataLength > LARGE_VALUE) {
      if (dataLength > MOST_COMPRESSED && this.source.size === undefined) return this.badLength(dataAt, dataLength);
      if (this.large) return this.wantPassed(record, pathLength, dataLength);
    }
    if (recordEnd > limit) return this.want(recordEnd - record);
    // The last that changed a znode's children is no transaction of counter 0: such a record may end in zeros.
    if (view.getUint32(recordEnd - 4) === 0 && this.mayBeZeros(record, recordEnd)) return false;
    this.record = record;
    this.pathStart = pathStart;
    this.pathLength = pathLength;
    this.dataStart = dataAt + 4;
    this.dataLength = dataLength;
    this.aclAt = aclAt;
    this.recordEnd = recordEnd;
    window.position = recordEnd;
    this.count++;
    return true;
  }

  /**
   * Has a run take the znodes that come next and need no second look: how many. `next()` is for the one after them. The
   * fields are moved to one of them by `standOn`.
   */
  takeRun(run: ZnodeRun, slot: number): number {
    if (this.passing !== null) {
      if (this.passing !== "current") return 0;
      this.passing = null;
      this.passed = 0;
    }
    const { window } = this;
    const taken = run.take(window.position, window.limit, slot);
    window.position = run.position;
    this.count += taken;
    return taken;
  }

  private wantPassed(record: number, pathLength: number, dataLength: number): false {
    this.standAt(record, pathLength, dataLength, dataLength);
    this.passing = "due";
    return this.want(this.recordEnd - record);
  }

  /** Hands a large value on, and brings the rest of its record into memory. */
  private async pass(to: LargeValues): Promise<boolean> {
    const { window, dataLength } = this;
    const head = this.pathLength + 8;
    to.begin();
    this.passed = await passValue(window, head, dataLength, to);
    if (this.passed < dataLength || !(await window.need(head + ACL_ID_LENGTH + STAT_LENGTH)))
      return this.cutShort(this.wanted);
    this.passing = "next";
    return true;
  }

  private takePassed(): boolean {
    const { window } = this;
    this.standAt(window.position, this.pathLength, this.dataLength, 0);
    const { record, recordEnd } = this;
    if (window.block.view.getUint32(recordEnd - 4) === 0 && this.mayBeZeros(record, recordEnd)) return false;
    window.position = this.recordEnd;
    this.passing = "current";
    this.count++;
    return true;
  }

  /** Closes the file. What `next()` gave is not to be used after it. */
  close(): void {
    this.window.close();
    this.source.close();
  }

  /**
   * Whether zeros may be at `end`, where the record from `record` on ends, or in its place: no path is empty but the
   * first. Then `fill()` is due, to look closer.
   */
  private mayBeZeros(record: number, end: number): boolean {
    const { window } = this;
    if (end + 4 > window.limit) return window.unread > 0 && !this.want(end + 4 - record);
    if (window.block.view.getInt32(end) !== 0 || window.fileOffset(end) <= this.noZeros) return false;
    const from = window.fileOffset(zerosAtEnd(window.block.bytes, record, end));
    this.lookForZeros(from, end);
    return true;
  }

  /** Zeros that may be more than a znode's own: they begin at `from` in the file, and no znode can be at `position`. */
  private lookForZeros(from: number, position: number): void {
    const at = this.window.fileOffset(position);
    // A znode has zeros at its end, and a length at its beginning: where a sector begins right after them, so do these.
    const sector = Math.ceil(from / SECTOR) * SECTOR;
    this.zeros = { from: sector < at + 4 ? sector : from, at };
  }

  /** Whether they are as many as a znode takes, or all there is. */
  private async areZeros(at: number): Promise<boolean> {
    const { window } = this;
    const ahead = at - window.offset;
    await window.need(ahead + SMALLEST_ZNODE);
    const start = window.position + ahead;
    return isZero(window.block.bytes, start, Math.min(start + SMALLEST_ZNODE, window.limit));
  }

  /** Zeros from `from` on: tells how far they reach, and reads nothing after them. */
  private async endInZeros(from: number): Promise<false> {
    const { window } = this;
    const znodes = say`${this.count} ${this.count === 1 ? "znode" : "znodes"} before it`;
    const toEnd = await this.passZeros();
    const to = toEnd ? say`the end, byte ${window.offset}` : say`byte ${window.offset}`;
    this.report("snapshot.zeros", say`zeros from byte ${from} to ${to}; ${znodes}`, from);
    return this.damage();
  }

  /**
   * Moves on after zeros; whether the file ends there. Of a compressed file, which can hold any number of them for
   * nothing, not all are looked at.
   */
  private async passZeros(): Promise<boolean> {
    const { window } = this;
    await window.stopKeeping();
    const most = this.source.size === undefined ? window.offset + MOST_ZEROS : Number.POSITIVE_INFINITY;
    do {
      window.position = firstNonZero(window.block.bytes, window.position, window.limit);
      if (window.available > 0 || window.offset > most) return false;
    } while (await window.need(1));
    return true;
  }

  /** A magic of zeros: perhaps there is nothing else. */
  private async neverWritten(): Promise<false> {
    const { window } = this;
    window.position -= HEADER_LENGTH;
    const all = await this.passZeros();
    if (all) this.report("file.zeros", say`all ${window.offset} bytes are zeros: it was never written`, 0);
    else this.report("file.magic", magicMessage(0, SNAPSHOT_MAGIC), 0);
    return this.damage();
  }

  private endOfNodes(): boolean {
    const { window } = this;
    if (window.available < END_MARK_LENGTH) return false;
    const { view } = window.block;
    return view.getInt32(window.position) === 1 && view.getUint8(window.position + 4) === SLASH;
  }

  private want(count: number): false {
    this.wanted = count;
    return false;
  }

  private badLength(position: number, length: number): false {
    const { window } = this;
    const { bytes } = window.block;
    const behind = position + 4;
    // Of a length of -1 the zeros that follow it may have taken a part.
    if (behind < window.limit && bytes[behind] === 0 && window.fileOffset(behind) > this.noZeros) {
      this.lookForZeros(window.fileOffset(zerosAtEnd(bytes, position, behind)), behind);
      return false;
    }
    this.report("snapshot.length", say`a length of ${length}`, this.window.fileOffset(position));
    this.state = "damaged";
    return false;
  }

  /**
   * The current record wants more bytes than the file has. If the file ends as a snapshot does, it was not cut: the
   * length is wrong.
   */
  private async cutShort(wanted: number): Promise<false> {
    const { window } = this;
    const offset = window.offset - this.passed;
    const read = this.count === 1 ? "1 znode was" : say`${this.count} znodes were`;
    const left = this.passed + window.available + (Number.isFinite(window.unread) ? window.unread : 0);
    if (wanted > 4 && (await this.endsSealed())) {
      this.report(
        "snapshot.length",
        say`a record of ${wanted} bytes where ${left} are left; ${read} read before it`,
        offset,
      );
    } else {
      this.report("snapshot.truncated", say`the file ends inside a record; ${read} read before it`, offset);
    }
    return this.damage();
  }

  /** Reads on to the end of the file, to see whether its last five bytes are a seal's. */
  private async endsSealed(): Promise<boolean> {
    const { window } = this;
    await window.stopKeeping();
    const most = this.source.size === undefined ? window.offset + MOST_ZEROS : Number.POSITIVE_INFINITY;
    while (await window.need(window.available + 1)) {
      window.position = Math.max(window.position, window.limit - END_MARK_LENGTH);
      if (window.offset > most) return true;
    }
    const at = window.limit - END_MARK_LENGTH;
    if (at < window.position) return false;
    return window.block.view.getInt32(at) === 1 && window.block.view.getUint8(at + 4) === SLASH;
  }

  private report(code: Finding["code"], message: Message, offset: number): void {
    this.findings.push(finding(code, message, { file: this.source.name, offset }));
  }

  private damage(): false {
    this.state = "damaged";
    return false;
  }

  /** A compressed stream that is damaged, and a file that cannot be read, can show at any read. */
  private async guarded(work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      const failure = readFailure(error, this.file, this.window.fileOffset(this.window.limit));
      if (!failure) throw error;
      this.findings.push(failure);
      return this.damage();
    }
  }
}

/** More than any path takes, and than a server reads: a damaged length must not either. */
const MOST_PATH = 16 << 20;
const SECTOR = 512;
/** So much of a compressed file is read on only to tell what damage is. */
const MOST_ZEROS = 256 << 20;
/** The ustring "/" that ends the list of znodes, and each seal. */
const END_MARK_LENGTH = 5;

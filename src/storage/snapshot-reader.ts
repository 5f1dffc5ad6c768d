import { JuteReader } from "../jute/index.js";
import { skipAcl } from "./acl.js";
import { type Finding, finding } from "../findings/finding.js";
import { FindingList } from "../findings/finding-list.js";
import { type FileHeader, magicMessage, readHeader, SNAPSHOT_MAGIC } from "./header.js";
import { LARGE_VALUE, type LargeValues, passValue } from "./large-value.js";
import { readTrailers, type SnapshotTrailers } from "./snapshot-trailers.js";
import type { ByteSource } from "../io/byte-source.js";
import { readFailure } from "../io/read-failure.js";
import { type BlockSupply, Window } from "../io/window.js";
import { type Message, say } from "../text/message.js";

/** A session in a snapshot: its id and timeout in milliseconds. */
export interface SnapshotSession {
  id: bigint;
  timeout: number;
}

/** An entry of a snapshot's ACL map: the id that znodes refer to, and the vector<ACL> as it was stored. */
export interface SnapshotAcl {
  id: bigint;
  acl: Buffer;
}

/** Bytes of StatPersisted, and of the aclId before it. */
export const STAT_LENGTH = 60;
const ACL_ID_LENGTH = 8;

/**
 * Reads one snapshot from its beginning to its end, in bounded memory.
 *
 *     const reader = new SnapshotReader(openSource(path));
 *     if (await reader.readHead()) {
 *       while (await reader.fill()) while (reader.next()) { … reader.pathStart … }
 *     }
 *     reader.trailers, reader.findings
 *
 * `next()` is synchronous and makes no objects: it moves the fields below to the next znode in `window.block`, where
 * they are good until the next `fill()`. Damage ends the reading with a finding, and so does a file that cannot be read; nothing throws.
 */
export class SnapshotReader {
  readonly window: Window;
  readonly findings = new FindingList();
  header: FileHeader | null = null;
  sessions: SnapshotSession[] = [];
  acls: SnapshotAcl[] = [];
  /** Znodes read so far. */
  count = 0;
  /** What follows the znodes; null until the end was reached, or when it never was. */
  trailers: SnapshotTrailers | null = null;

  /** The current znode: where its record begins, offsets in `window.block`. */
  record = 0;
  pathStart = 0;
  pathLength = 0;
  dataStart = 0;
  /** -1 where the data is null. */
  dataLength = 0;
  /** Where the 8-byte aclId lies; StatPersisted follows it. */
  aclAt = 0;
  recordEnd = 0;
  /** Bytes of the current znode's data that passed by: all of them, or none. What is left of its record lies joined. */
  passed = 0;

  private readonly source: ByteSource;
  private readonly cursor = new JuteReader();
  private wanted = 0;
  private large: LargeValues | null = null;
  /** Of a record whose value passes by: it is due to, it has and the record is next, or it is the current one. */
  private passing: "due" | "next" | "current" | null = null;
  private state: "nodes" | "ended" | "damaged" = "nodes";

  constructor(source: ByteSource, keep: BlockSupply | null = null) {
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
        this.report("file.magic", magicMessage(magic, SNAPSHOT_MAGIC), 0);
        return this.damage();
      }
      return (await this.readSessions()) && (await this.readAcls());
    });
  }

  /** Brings more znodes into memory; false when there are none left (or the rest is damaged). */
  async fill(): Promise<boolean> {
    if (this.state !== "nodes") return false;
    this.window.adlerUpTo(this.window.position);
    return this.guarded(async () => {
      if (this.endOfNodes()) {
        this.window.position += END_MARK_LENGTH;
        this.trailers = await readTrailers(this.window, this.findings, this.source.name);
        this.state = "ended";
        return false;
      }
      const { large, window, wanted } = this;
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
    if (pathLength < 0) return this.badLength(record, pathLength);
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
    if (dataLength > LARGE_VALUE && this.large) return this.wantPassed(record, pathLength, dataLength);
    if (recordEnd > limit) return this.want(recordEnd - record);
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

  private wantPassed(record: number, pathLength: number, dataLength: number): false {
    this.standAt(record, pathLength, dataLength, dataLength);
    this.passing = "due";
    return this.want(this.recordEnd - record);
  }

  private standAt(record: number, pathLength: number, dataLength: number, dataHeld: number): void {
    this.record = record;
    this.pathStart = record + 4;
    this.pathLength = pathLength;
    this.dataStart = this.pathStart + pathLength + 4;
    this.dataLength = dataLength;
    this.aclAt = this.dataStart + dataHeld;
    this.recordEnd = this.aclAt + ACL_ID_LENGTH + STAT_LENGTH;
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

  private takePassed(): true {
    const { window } = this;
    this.standAt(window.position, this.pathLength, this.dataLength, 0);
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
    while (await window.need(window.available + 1))
      window.position = Math.max(window.position, window.limit - END_MARK_LENGTH);
    const at = window.limit - END_MARK_LENGTH;
    if (at < window.position) return false;
    return window.block.view.getInt32(at) === 1 && window.block.view.getUint8(at + 4) === SLASH;
  }

  private async readSessions(): Promise<boolean> {
    const { window } = this;
    const at = window.offset;
    if (!(await window.need(4))) return this.cutShort(4);
    const count = window.block.view.getInt32(window.position);
    window.position += 4;
    if (count < 0 || count * 12 > window.available + window.unread) {
      this.report("snapshot.length", say`a count of ${count} sessions`, at);
      return this.damage();
    }
    for (let index = 0; index < count; index++) {
      if (!(await window.need(12))) return this.cutShort(12);
      const { view } = window.block;
      this.sessions.push({ id: view.getBigInt64(window.position), timeout: view.getInt32(window.position + 8) });
      window.position += 12;
    }
    return true;
  }

  private async readAcls(): Promise<boolean> {
    const { window } = this;
    const at = window.offset;
    if (!(await window.need(4))) return this.cutShort(4);
    const count = window.block.view.getInt32(window.position);
    window.position += 4;
    if (count < 0 || count * 12 > window.available + window.unread) {
      this.report("snapshot.length", say`a count of ${count} ACLs`, at);
      return this.damage();
    }
    for (let index = 0; index < count; index++) {
      let length = this.aclEntryLength();
      while (length < 0) {
        const before = window.available;
        await window.need(Math.max(2 * before, 64));
        if (window.available === before || before > MOST_ACL_BYTES) return this.badAcl(index, count);
        length = this.aclEntryLength();
      }
      const { view, bytes } = window.block;
      const start = window.position;
      this.acls.push({ id: view.getBigInt64(start), acl: Buffer.from(bytes.subarray(start + 8, start + length)) });
      window.position += length;
    }
    return true;
  }

  private async badAcl(index: number, count: number): Promise<false> {
    const { offset } = this.window;
    const what = say`entry ${index + 1} of ${count} of the ACL map`;
    if (await this.endsSealed()) this.report("snapshot.acl-map", say`${what} does not parse`, offset);
    else this.report("snapshot.truncated", say`the file ends inside ${what}`, offset);
    return this.damage();
  }

  /** The length of the ACL map entry at the window's position: long id, vector<ACL>. -1 if it does not fit. */
  private aclEntryLength(): number {
    const { window } = this;
    const cursor = this.cursor.reset(window.block.view, window.position, window.limit);
    cursor.long();
    skipAcl(cursor);
    return cursor.ok ? cursor.position - window.position : -1;
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

const SLASH = 0x2f;
/** More than any ACL takes: a damaged length must not make the whole file be read into memory. */
const MOST_ACL_BYTES = 64 << 20;
/** More than any path takes, and than a server reads: a damaged length must not either. */
const MOST_PATH = 16 << 20;
/** The ustring "/" that ends the list of znodes, and each seal. */
const END_MARK_LENGTH = 5;

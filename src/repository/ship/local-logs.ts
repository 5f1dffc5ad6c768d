import { type Finding, finding } from "../../findings/finding.js";
import { fileBytes } from "../../io/file-bytes.js";
import { openBytes } from "../../io/open-bytes.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { LogReader } from "../../storage/log-reader.js";
import { type LiveLog, liveLogs } from "../../recovery/directory/live-logs.js";
import { TailFile } from "../../recovery/scan/tail-file.js";
import { say } from "../../text/message.js";
import { TxnCursor } from "../../txn/index.js";

/** Takes a server's sound transactions, in rising order of zxid. */
export interface RecordVisitor {
  /** The payload is bytes[start, end), its frame lies around it; good until the call ends. */
  take(cursor: TxnCursor, bytes: Buffer, start: number, end: number, parsed: boolean): void;
  /** Called between records, now and then: what was taken can be shipped. */
  pause(): Promise<void>;
  finding?(finding: Finding): void;
  /** Whether it has seen enough. */
  isDone?(): boolean;
}

/** What became of the logs since they were read. */
export type LogNews = "more" | "nothing" | "begin again";

/**
 * The logs of a server, which may be running: read to the end, and then on from there, again and again. Nothing is
 * written or locked. Where the server has gone back (its log was cut, its directory replaced), `readOn` says so, and
 * reading begins again.
 *
 * Where files overlap, the later one counts: the server wrote it after it had gone back to before its first record.
 */
export class LocalLogs {
  /** The last transaction handed to the visitor; -1 in both before the first. */
  lastHigh = -1;
  lastLow = -1;

  private readonly folders: readonly string[];
  private readonly cursor = new TxnCursor();
  private tail: TailFile | null = null;
  private tailKey = "";
  private seen = new Set<string>();
  /** Where a record was seen whole but damaged. */
  private suspect = -1;
  /** The first bytes of the last record, and its offset in the tail: they show whether it is still there. */
  private mark: { offset: number; head: Buffer } | null = null;

  constructor(folders: readonly string[]) {
    this.folders = folders;
  }

  close(): void {
    this.tail?.close();
    this.tail = null;
  }

  /** Reads all that the logs hold now, from the first. */
  async readAll(visitor: RecordVisitor): Promise<void> {
    this.close();
    this.seen = new Set();
    this.lastHigh = -1;
    this.lastLow = -1;
    this.mark = null;
    const files = liveLogs(this.folders);
    const limits = limitsOf(files);
    for (const [index, file] of files.entries()) {
      if (visitor.isDone?.()) return;
      this.seen.add(file.key);
      if (index < files.length - 1) await this.readWhole(file, limits[index] ?? null, visitor);
      else this.enter(file);
    }
    await this.readTail(visitor);
  }

  /** Reads what came since. After "begin again" what was read before does not count: `readAll` is due. */
  async readOn(visitor: RecordVisitor): Promise<LogNews> {
    const files = liveLogs(this.folders);
    if (this.hasGoneBack(files)) return "begin again";
    let more = await this.readTail(visitor);
    for (const file of files.filter(({ key }) => !this.seen.has(key))) {
      const first = firstZxid(file);
      // Until its first record is there, it shows nothing.
      if (first === null) break;
      if (this.lastHigh >= 0 && first <= this.lastZxid) return "begin again";
      // All of the old file is there before the new one is: a last look.
      more = (await this.readTail(visitor)) || more;
      await this.finishTail(visitor);
      this.seen.add(file.key);
      this.enter(file);
      more = (await this.readTail(visitor)) || more;
    }
    return more ? "more" : "nothing";
  }

  private get lastZxid(): bigint {
    return (BigInt(this.lastHigh) << 32n) | BigInt(this.lastLow);
  }

  private hasGoneBack(files: readonly LiveLog[]): boolean {
    const { tail, mark } = this;
    if (!tail) return false;
    // A purge removes files older than a snapshot, never the one being written.
    if (!files.some(({ key }) => key === this.tailKey)) return true;
    if (tail.size < tail.offset) return true;
    return mark !== null && !tail.bytesAt(mark.offset, mark.head.length).equals(mark.head);
  }

  private enter(file: LiveLog): void {
    this.close();
    this.mark = null;
    this.suspect = -1;
    try {
      this.tail = new TailFile(file.path);
      this.tailKey = file.key;
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
    }
  }

  private async readTail(visitor: RecordVisitor): Promise<boolean> {
    const { tail } = this;
    if (!tail) return false;
    tail.refresh();
    let count = 0;
    for (let state = tail.next(); ; state = tail.next()) {
      if (state === "damaged") {
        const { recordOffset: offset } = tail;
        // Only a second look makes sure.
        if (this.suspect !== offset) {
          this.suspect = offset;
          tail.offset = offset;
          break;
        }
        visitor.finding?.(finding("log.crc", say`the checksum does not match the bytes`, { file: tail.path, offset }));
        continue;
      }
      if (state !== "record") break;
      this.tell(tail.block.bytes, tail.block.view, tail.payloadStart, tail.payloadEnd, visitor);
      if (++count % BETWEEN_PAUSES === 0) await visitor.pause();
    }
    if (count > 0) {
      const offset = tail.recordOffset;
      this.mark = { offset, head: tail.bytesAt(offset, MARK) };
      await visitor.pause();
    }
    return count > 0;
  }

  /** The server has gone on in another file: what could not be read as it came is read as `verify` does. */
  private async finishTail(visitor: RecordVisitor): Promise<void> {
    const { tail } = this;
    if (!tail || tail.next() === "nothing") return;
    await this.readWhole({ path: tail.path, zxid: 0n, key: this.tailKey }, null, visitor);
  }

  private async readWhole({ path }: LiveLog, limit: bigint | null, visitor: RecordVisitor): Promise<void> {
    let reader: LogReader;
    try {
      reader = new LogReader(openBytes(fileBytes(path)));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      visitor.finding?.(finding("file.unreadable", error.why, { file: path }));
      return;
    }
    try {
      if (!(await reader.readHead())) return;
      while (await reader.fill()) {
        while (reader.next()) {
          if (!reader.checksumOk) {
            visitor.finding?.(
              finding("log.crc", say`the checksum does not match the bytes`, {
                file: path,
                offset: reader.recordOffset,
              }),
            );
            continue;
          }
          const { bytes, view } = reader.window.block;
          this.tell(bytes, view, reader.payloadStart, reader.payloadEnd, visitor, limit);
        }
        await visitor.pause();
        if (visitor.isDone?.()) return;
      }
    } finally {
      for (const each of reader.findings) visitor.finding?.(each);
      reader.close();
    }
  }

  private tell(
    bytes: Buffer,
    view: DataView,
    start: number,
    end: number,
    visitor: RecordVisitor,
    limit: bigint | null = null,
  ): void {
    const { cursor } = this;
    const shape = cursor.parse(view, start, end);
    const { zxidHigh, zxidLow } = cursor;
    if (zxidHigh < this.lastHigh || (zxidHigh === this.lastHigh && zxidLow <= this.lastLow)) return;
    if (limit !== null && cursor.zxid >= limit) return;
    this.lastHigh = zxidHigh;
    this.lastLow = zxidLow;
    visitor.take(cursor, bytes, start, end, shape === "ok");
  }
}

/** For each file the first zxid that a later one has: from there on that one counts. */
function limitsOf(files: readonly LiveLog[]): (bigint | null)[] {
  const limits: (bigint | null)[] = [];
  let limit: bigint | null = null;
  for (const file of files.toReversed()) {
    limits.unshift(limit);
    const first = firstZxid(file);
    if (first !== null && (limit === null || first < limit)) limit = first;
  }
  return limits;
}

/** The zxid of a file's first record; null where that is not there. */
function firstZxid({ path }: LiveLog): bigint | null {
  let file: TailFile;
  try {
    file = new TailFile(path);
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
  try {
    if (file.next() !== "record") return null;
    const cursor = new TxnCursor();
    cursor.parse(file.block.view, file.payloadStart, file.payloadEnd);
    return cursor.zxid;
  } finally {
    file.close();
  }
}

const BETWEEN_PAUSES = 256;
/** Checksum, length, and a header with session, zxid and time. */
const MARK = 44;

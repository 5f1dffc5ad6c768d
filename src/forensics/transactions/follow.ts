import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Finding, finding } from "../../findings/finding.js";
import { FindingList } from "../../findings/finding-list.js";
import { unreadable } from "../../io/read-failure.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { checkHeader, HEADER_LENGTH, LOG_MAGIC, magicMessage } from "../../storage/header.js";
import { follows, hex } from "../../storage/zxid.js";
import { TxnCursor, type TxnShape } from "../../txn/index.js";
import type { TxnPlace, TxnVisitor } from "../../recovery/scan/txn-visitor.js";
import { type LiveLog, liveLogs } from "../../recovery/directory/live-logs.js";
import { TailFile } from "../../recovery/scan/tail-file.js";
import { type Message, say } from "../../text/message.js";

/** Which transactions {@link follow} gives, and when it ends. */
export interface FollowOptions {
  /** The first zxid that is told; null for all that there are. */
  from: bigint | null;
  /** The last one; following ends after it. */
  to?: bigint | null;
  /** Following ends after this many. */
  limit?: number;
  /** Only those that it says yes to; `length` is that of the payload. */
  only?: (txn: TxnCursor, shape: TxnShape, length: number) => boolean;
  /** Milliseconds between two looks at files where nothing is new. */
  interval?: number;
  /** Ends the following, after what has been written by then is told. */
  signal?: AbortSignal;
}

/** What is done with the transactions, as the server logs them. */
export interface FollowVisitor extends TxnVisitor {
  /** The server has cut its log, as a leader can tell it to: what was told after this zxid did not happen. */
  truncated?(after: bigint): void;
}

/**
 * Tells the transactions of a live server as it logs them, from file to file, each once; nothing is ever written or
 * locked. Returns how many.
 *
 * A server begins a new file only when all of the last one is written (FileTxnLog.rollLog). So the old one is read to
 * its end once more after the new one has been seen, and what is still incomplete then will stay so.
 *
 * @example
 * import { follow } from "zkrewind/forensics";
 * import { hex } from "zkrewind/storage";
 *
 * await follow(["fixtures/3.8.6-standalone/version-2"], { from: 0xe40n, limit: 3 }, {
 *   take: (txn) => console.log(hex(txn.zxid)),
 * });
 */
export async function follow(
  folders: readonly string[],
  options: FollowOptions,
  visitor: FollowVisitor,
): Promise<number> {
  const following = new Following(folders, options, visitor);
  try {
    await following.run();
  } finally {
    following.close();
  }
  return following.count;
}

class Following {
  count = 0;
  private readonly folders: readonly string[];
  private readonly options: FollowOptions;
  private readonly visitor: FollowVisitor;
  private readonly cursor = new TxnCursor();
  /** Files that were read, or are before the first that is. */
  private readonly seen = new Set<string>();
  private file: TailFile | null = null;
  private last: bigint | null = null;
  /** Where a record was seen whole but damaged, or 0 for the header: only a second look makes sure. */
  private suspect = -1;
  private headerTold = false;
  private done = false;
  /** What is wrong with the records of the current file. */
  private findings = new FindingList();

  constructor(folders: readonly string[], options: FollowOptions, visitor: FollowVisitor) {
    this.folders = folders;
    this.options = options;
    this.visitor = visitor;
    this.skipBefore(options.from);
  }

  async run(): Promise<void> {
    const { visitor, options } = this;
    const { interval = 100, signal } = options;
    while (!this.done) {
      const stopping = signal?.aborted ?? false;
      const news = await this.readOn();
      if (news) await visitor.pause?.();
      if (news || this.done) continue;
      const next = this.nextFile();
      // All of the old file is there before the new one is: a last look.
      if (next && (await this.readOn())) await visitor.pause?.();
      else if (next) this.enter(next);
      else if (stopping) break;
      else await sleep(interval, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
    this.sumUp();
    await visitor.pause?.();
  }

  close(): void {
    this.file?.close();
  }

  /** Marks the files that end before a zxid as seen. */
  private skipBefore(from: bigint | null): void {
    if (from === null) return;
    const files = liveLogs(this.folders);
    const start = files.findLastIndex(({ zxid }) => zxid <= from);
    for (const { key } of files.slice(0, Math.max(start, 0))) this.seen.add(key);
  }

  /** Tells whatever is whole; whether there was anything. */
  private async readOn(): Promise<boolean> {
    const { file } = this;
    if (!file) return false;
    file.refresh();
    let news = false;
    while (!this.done) {
      const state = file.next();
      if (file.offset > 0) this.checkHeader(file);
      if (state === "record") {
        this.suspect = -1;
        await this.tell(file, true);
      } else if (state === "damaged" && this.suspect === file.recordOffset) await this.tell(file, false);
      else if (state === "wrong header" && this.suspect === 0) file.passHeader();
      else {
        if (state === "wrong header") this.suspect = 0;
        if (state === "damaged") {
          this.suspect = file.recordOffset;
          file.offset = file.recordOffset;
        }
        break;
      }
      news = true;
    }
    return news;
  }

  /** Says once what is wrong with the current file's header. */
  private checkHeader({ path, header }: TailFile): void {
    if (this.headerTold || header === null) return;
    this.headerTold = true;
    const file = basename(path);
    checkHeader(header, LOG_MAGIC, this.findings, { file });
    if (header.magic !== LOG_MAGIC) {
      const message = say`${magicMessage(header.magic, LOG_MAGIC)}; the sound records after it are printed anyway`;
      this.findings.push(finding("log.header", message, { file, offset: 0 }));
    }
    this.tellFindings();
  }

  private tell(file: TailFile, checksumOk: boolean): void | Promise<void> {
    const { cursor, options, visitor } = this;
    const { block, payloadStart, payloadEnd } = file;
    const shape = cursor.parse(block.view, payloadStart, payloadEnd);
    const zxid = cursor.zxid;
    const place = {
      file: basename(file.path),
      offset: file.recordOffset,
      length: payloadEnd - payloadStart,
      checksumOk,
    };
    if (checksumOk) {
      if (this.last !== null && zxid <= this.last) return;
      if (this.last !== null && !follows(this.last, zxid)) this.reportGap(zxid, place);
      this.last = zxid;
      if (options.from !== null && zxid < options.from) return;
      if (typeof options.to === "bigint" && zxid > options.to) {
        this.done = true;
        return;
      }
    }
    if (!checksumOk) this.report("log.crc", say`the checksum does not match the bytes`, place, zxid);
    else if (shape !== "ok")
      this.report(shape === "unknown" ? "log.unknown-type" : "log.malformed", say`type ${cursor.type}`, place, zxid);
    if (options.only?.(cursor, shape, place.length) === false) return;
    this.count++;
    if (this.count >= (options.limit ?? Number.POSITIVE_INFINITY)) this.done = true;
    const taking = visitor.take(cursor, shape, block.bytes, place);
    if (visitor.isDone?.()) this.done = true;
    return taking;
  }

  private enter({ path, zxid, key }: LiveLog): void {
    this.leave();
    if (this.last !== null && zxid <= this.last) {
      // A file of what was told already: the server has cut its log there and goes on from it.
      this.last = zxid - 1n;
      this.visitor.truncated?.(this.last);
    }
    this.seen.add(key);
    this.suspect = -1;
    this.headerTold = false;
    try {
      this.file = new TailFile(path);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      // Or gone since it was listed: what it held is not told.
      this.visitor.finding?.(unreadable(error));
    }
  }

  /** The file is over: what is incomplete at its end was never finished. */
  private leave(): void {
    const { file } = this;
    if (!file) return;
    if (file.offset === 0) this.reportNoHeader(file);
    else if (file.next() === "incomplete" && file.offset <= file.size) {
      const message = say`a record that was never finished; the server went on in another file`;
      this.visitor.finding?.(finding("log.torn-tail", message, { file: file.path, offset: file.offset }));
    }
    this.sumUp();
    file.close();
    this.file = null;
  }

  /** It never got a whole one, and the server has gone on in another file. */
  private reportNoHeader({ path, size }: TailFile): void {
    const place = { file: path, offset: 0 };
    if (size === 0) this.visitor.finding?.(finding("file.empty", say`the file is empty`, place));
    else if (size >= HEADER_LENGTH)
      this.visitor.finding?.(finding("file.zeros", say`its header was never written; it has only zeros`, place));
    else {
      const message = say`the file ends after ${size} of ${HEADER_LENGTH} header bytes`;
      this.visitor.finding?.(finding("file.short-header", message, place));
    }
  }

  /** Tells what there was of the current file's findings beyond those that were told as they came. */
  private sumUp(): void {
    for (const each of this.findings.summaries()) this.visitor.finding?.(each);
    this.findings = new FindingList();
  }

  /** The first file that has not been read. */
  private nextFile(): LiveLog | undefined {
    return liveLogs(this.folders).find(({ key }) => !this.seen.has(key));
  }

  private reportGap(zxid: bigint, place: TxnPlace): void {
    this.report("coverage.gap", say`the transactions after ${hex(this.last ?? 0n)} are missing`, place, zxid);
  }

  private report(code: Finding["code"], message: Message, { file, offset }: TxnPlace, zxid: bigint): void {
    this.findings.push(finding(code, message, { file, offset, zxid }));
    this.tellFindings();
  }

  private tellFindings(): void {
    for (const each of this.findings.news()) this.visitor.finding?.(each);
  }
}

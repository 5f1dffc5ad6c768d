import { OLD_TYPES } from "./releases.js";
import { adler32 } from "../../checksum/index.js";
import type { LogReader } from "../../storage/log-reader.js";
import { LOG_MAGIC } from "../../storage/header.js";
import { fromHalves } from "../../storage/zxid.js";
import { OpCode, TxnCursor, type TxnShape } from "../../txn/index.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import type { Message } from "../../text/message.js";
import { javaReading } from "./java-txn.js";

/** Zxids that follow each other in the order of the file, and where the first of them lies. */
export interface ViewRun {
  first: bigint;
  last: bigint;
  /** Bytes from the beginning of the file. */
  offset: number;
}

/** A record, as messages name it. */
export interface RecordPlace {
  offset: number;
  zxid: bigint;
}

/** A record that is longer than all before it in its file. */
export interface LongRecord extends RecordPlace {
  /** Bytes of its payload. */
  length: number;
  type: number;
  session: bigint;
  /** Of a closeSession: how many ephemerals it names. */
  paths: number;
}

/** How a server's reading of a log ends. */
export type ViewEnd =
  /** Where the file, its padding, or a record that is not whole begins: the server goes on with the next file. */
  | { kind: "end"; offset: number }
  /** A checksum that is wrong; `length` bytes are read before that is seen. */
  | { kind: "crc"; offset: number; length: number; zxid: bigint }
  /** A length that leads beyond the file, or to no end mark: unreasonable where it is negative or over the limit, else the end. */
  | { kind: "length"; offset: number; length: number }
  /** A length of -1, which is null to Java. */
  | { kind: "null"; offset: number }
  /** A length inside a transaction that is unreasonable, as above; else the file's end. */
  | { kind: "inner length"; offset: number; length: number; zxid: bigint }
  | { kind: "magic"; magic: number }
  /** Less than the 16 bytes of a header, or none. */
  | { kind: "header"; size: number }
  | { kind: "unreadable"; why: Message };

/** A log as a server reads it, whatever the release: plain data, so that a worker can send it. */
export interface LogView {
  runs: ViewRun[];
  end: ViewEnd;
  /** Ascending in offset and length. */
  longest: LongRecord[];
  /** Of each transaction type that not every release knows, the first. */
  firstOfType: [type: number, place: RecordPlace][];
  /** Multis with members that not every release knows, by the members' type: at most MOST_MULTIS. */
  multis: { type: number; zxid: bigint }[];
  /** The first closeSession without paths whose digest 3.6 and later take for paths with an unreasonable length. */
  misread: (RecordPlace & { length: number }) | null;
}

const MOST_MULTIS = 10_000;
/** No release refuses a shorter record. */
const SHORTEST_LONG = 1024;
const RECORD_HEAD = 12;
const HEADER = 16;
const END_MARK = 0x42;

/** Everyone's, since before 3.4. */
const COMMON = new Set<number>(OLD_TYPES);
const COMMON_MEMBERS = new Set<number>([OpCode.create, OpCode.delete, OpCode.setData, OpCode.check, OpCode.error]);

/** Looks at a log while it is scanned, up to where a server would end. */
export class LogViewer {
  private readonly runs: ViewRun[] = [];
  private readonly longest: LongRecord[] = [];
  private readonly firstOfType = new Map<number, RecordPlace>();
  private readonly multis: LogView["multis"] = [];
  private readonly member = new TxnCursor();
  private misread: LogView["misread"] = null;
  private next = 0;
  private length = SHORTEST_LONG;
  private zxidHigh = 0;
  private zxidLow = 0;
  /** Where a server would meet something else than a whole record. */
  private broken: number | null = null;
  private end: ViewEnd | null = null;

  /** The header has been read, if only because records follow: where the first of them begins, if it is sound itself. */
  begin(offset: number, sound: boolean): void {
    this.next = offset;
    if (!sound) this.broken = offset;
  }

  /** The reader stands on a whole record, which `cursor` has parsed. */
  take(reader: LogReader, cursor: TxnCursor, shape: TxnShape): void {
    if (this.end !== null || this.broken !== null) return;
    const { view } = reader.window.block;
    const offset = reader.recordOffset;
    const length = reader.payloadLength;
    if (offset !== this.next || !reader.checksumOk || view.getUint8(reader.payloadEnd) !== END_MARK) {
      this.broken = this.next;
      return;
    }
    this.next = offset + RECORD_HEAD + length + 1;
    if (length > this.length) this.takeLong(offset, length, cursor);
    if (!COMMON.has(cursor.type)) this.takeType(offset, cursor);
    if (shape === "malformed" && this.endsIn(reader, cursor, offset)) return;
    if (cursor.type === OpCode.multi && cursor.items > 0) this.takeMembers(cursor);
    else if (cursor.type === OpCode.closeSession && cursor.items < 0 && cursor.hasDigest)
      this.takeDigest(offset, cursor);
    this.follow(offset, cursor);
  }

  /** What was seen. Reads a little of the file again where it does not end in zeros or with a whole record. */
  finish(bytes: StoredBytes, clean: boolean): LogView {
    const { runs, longest, multis, misread } = this;
    this.endRun();
    const usual = clean && this.broken === null;
    const end =
      this.end ?? (usual ? { kind: "end" as const, offset: this.next } : endAt(bytes, this.broken ?? this.next));
    return { runs, end, longest, firstOfType: [...this.firstOfType], multis, misread };
  }

  private follow(offset: number, { zxidHigh, zxidLow }: TxnCursor): void {
    if (this.runs.length === 0 || zxidHigh !== this.zxidHigh || zxidLow !== this.zxidLow + 1) {
      this.endRun();
      const first = fromHalves(zxidHigh, zxidLow);
      this.runs.push({ first, last: first, offset });
    }
    this.zxidHigh = zxidHigh;
    this.zxidLow = zxidLow;
  }

  private endRun(): void {
    const run = this.runs.at(-1);
    if (run) run.last = fromHalves(this.zxidHigh, this.zxidLow);
  }

  private takeLong(offset: number, length: number, cursor: TxnCursor): void {
    this.length = length;
    const { type } = cursor;
    const session = fromHalves(cursor.sessionHigh, cursor.sessionLow);
    const paths = type === OpCode.closeSession ? Math.max(cursor.items, 0) : 0;
    this.longest.push({ offset, zxid: zxidOf(cursor), length, type, session, paths });
  }

  private takeType(offset: number, cursor: TxnCursor): void {
    if (!this.firstOfType.has(cursor.type)) this.firstOfType.set(cursor.type, { offset, zxid: zxidOf(cursor) });
  }

  private takeMembers(cursor: TxnCursor): void {
    let at = cursor.itemsStart;
    let failed: boolean | null = null;
    for (let index = 0; index < cursor.items && at >= 0; index++) {
      const type = cursor.view.getInt32(at);
      if (!COMMON_MEMBERS.has(type) && this.multis.length < MOST_MULTIS) {
        failed ??= cursor.multiFailed();
        if (!failed && !this.multis.some((each) => each.type === type && each.zxid === zxidOf(cursor)))
          this.multis.push({ type, zxid: zxidOf(cursor) });
      }
      at = cursor.parseMember(this.member, at);
    }
  }

  /**
   * The 12 bytes of a digest as a vector of paths: its version is 2, so that there are two; the first one's length is the
   * digest's upper half, and where that is 0 the second one's is the lower.
   */
  private takeDigest(offset: number, cursor: TxnCursor): void {
    const { digestHigh, digestLow } = cursor;
    const length = digestHigh === 0 || digestHigh === -1 ? digestLow | 0 : digestHigh;
    if (length !== -1) this.misread ??= { offset, zxid: zxidOf(cursor), length };
  }

  /** Whether a record that does not parse ends the reading. */
  private endsIn(reader: LogReader, cursor: TxnCursor, offset: number): boolean {
    const reading = javaReading(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
    if (reading === "whole") return false;
    this.end =
      reading === "short"
        ? { kind: "end", offset }
        : { kind: "inner length", offset, length: reading, zxid: zxidOf(cursor) };
    return true;
  }
}

/** What a server makes of a log's bytes, as they are stored, from an offset on: no whole and sound record begins there. */
function endAt(bytes: StoredBytes, offset: number): ViewEnd {
  try {
    return endOf(bytes, Math.max(offset, HEADER));
  } catch (error) {
    if (error instanceof UnreadableFile) return { kind: "unreadable", why: error.why };
    throw error;
  }
}

function endOf(bytes: StoredBytes, offset: number): ViewEnd {
  const head = bytes.readAt(0, HEADER);
  // The magic is looked at once all of the header is there.
  if (head.length < HEADER) return { kind: "header", size: head.length };
  if (head.readUInt32BE() !== LOG_MAGIC) return { kind: "magic", magic: head.readInt32BE() };
  const record = bytes.readAt(offset, RECORD_HEAD);
  if (record.length < RECORD_HEAD) return { kind: "end", offset };
  const length = record.readInt32BE(8);
  if (length === 0) return { kind: "end", offset };
  if (length === -1) return { kind: "null", offset };
  if (length < 0 || offset + RECORD_HEAD + length > bytes.size) return { kind: "length", offset, length };
  const payload = bytes.readAt(offset + RECORD_HEAD, length + 1);
  if (payload.length < length) return { kind: "length", offset, length };
  if (payload[length] !== END_MARK) return { kind: "length", offset, length };
  const sum = BigInt(adler32(payload.subarray(0, length)));
  // A right checksum of what is too short for a transaction.
  if (sum === record.readBigInt64BE()) return { kind: "end", offset };
  return { kind: "crc", offset, length, zxid: length >= 20 ? payload.readBigInt64BE(12) : 0n };
}

function zxidOf({ zxidHigh, zxidLow }: TxnCursor): bigint {
  return fromHalves(zxidHigh, zxidLow);
}

import { createHash } from "node:crypto";
import { FILE_VERSION, LOG_MAGIC } from "../../storage/header.js";
import { RECORD_HEAD } from "../../storage/log-record.js";
import { JuteWriter } from "../../jute/index.js";
import { OpCode, type TxnCursor } from "../../txn/index.js";
import { HASH_DIGITS } from "../names.js";

/**
 * Transactions that follow one another, of one slot: the server's own records, and what identifies them. No object is
 * made of any.
 *
 * The canonical record is the payload without its trailing digest, and in a multi that failed each member's type as -1:
 * while one thread of a server logs it, another turns the types into errors (DataTree.processTxn), so that two servers
 * can have either.
 */
export class Run {
  /** The zxid of the first; the others' rise by one. */
  first = 0n;
  count = 0;
  /** The zxid before `first` in the server's own logs, where that is known to come right before it. */
  after: bigint | null = null;

  private frames: Buffer = Buffer.allocUnsafe(INITIAL);
  private framesEnd = 0;
  private canonical: Buffer = Buffer.allocUnsafe(INITIAL);
  private canonicalEnd = 0;
  /** Where each record ends, in `frames` and in `canonical`. */
  private readonly frameEnds: number[] = [];
  private readonly canonicalEnds: number[] = [];

  get last(): bigint {
    return this.first + BigInt(this.count) - 1n;
  }

  /** Bytes of the canonical records. */
  get size(): number {
    return this.canonicalEnd;
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0;
    this.framesEnd = 0;
    this.canonicalEnd = 0;
    this.frameEnds.length = 0;
    this.canonicalEnds.length = 0;
    this.after = null;
    // A long one is not kept for a hundred short ones.
    if (this.frames.length > MOST_KEPT) this.frames = Buffer.allocUnsafe(INITIAL);
    if (this.canonical.length > MOST_KEPT) this.canonical = Buffer.allocUnsafe(INITIAL);
  }

  /** Adds the record whose payload bytes[start, end) a cursor has parsed; its frame lies around it. */
  add(cursor: TxnCursor, bytes: Buffer, start: number, end: number, parsed: boolean): void {
    if (this.count === 0) this.first = cursor.zxid;
    this.count++;
    const frame = end + 1 - (start - RECORD_HEAD);
    this.frames = withRoom(this.frames, this.framesEnd, frame);
    bytes.copy(this.frames, this.framesEnd, start - RECORD_HEAD, end + 1);
    this.framesEnd += frame;
    this.frameEnds.push(this.framesEnd);
    this.addCanonical(cursor, bytes, start, parsed ? cursor.bodyEnd : end, parsed);
  }

  /** Adds a part of another run, which goes on where this one ends. */
  append(other: Run, first: bigint, last: bigint): void {
    if (this.count === 0) this.first = first;
    this.count += Number(last - first) + 1;
    const [from, to] = other.bounds(other.frameEnds, first, last);
    this.frames = withRoom(this.frames, this.framesEnd, to - from);
    other.frames.copy(this.frames, this.framesEnd, from, to);
    const [canonicalFrom, canonicalTo] = other.bounds(other.canonicalEnds, first, last);
    this.canonical = withRoom(this.canonical, this.canonicalEnd, canonicalTo - canonicalFrom);
    other.canonical.copy(this.canonical, this.canonicalEnd, canonicalFrom, canonicalTo);
    for (let zxid = Number(first - other.first); zxid <= Number(last - other.first); zxid++) {
      this.frameEnds.push((other.frameEnds[zxid] as number) - from + this.framesEnd);
      this.canonicalEnds.push((other.canonicalEnds[zxid] as number) - canonicalFrom + this.canonicalEnd);
    }
    this.framesEnd += to - from;
    this.canonicalEnd += canonicalTo - canonicalFrom;
  }

  /** Drops what comes after a zxid of the run. */
  cutAfter(zxid: bigint): void {
    const count = Math.max(Number(zxid - this.first) + 1, 0);
    if (count >= this.count) return;
    this.count = count;
    this.frameEnds.length = count;
    this.canonicalEnds.length = count;
    this.framesEnd = this.frameEnds[count - 1] ?? 0;
    this.canonicalEnd = this.canonicalEnds[count - 1] ?? 0;
  }

  has(first: bigint, last: bigint): boolean {
    return this.count > 0 && first >= this.first && last <= this.last;
  }

  /** When one of its transactions was made, by its header: milliseconds since 1970. */
  timeOf(zxid: bigint): bigint {
    const begin = this.frameEnds[Number(zxid - this.first) - 1] ?? 0;
    return this.frames.readBigInt64BE(begin + RECORD_HEAD + TIME_AT);
  }

  /** The content hash of a part that the run has. */
  contentOf(first: bigint, last: bigint): string {
    const [from, to] = this.bounds(this.canonicalEnds, first, last);
    return createHash("sha256").update(this.canonical.subarray(from, to)).digest("hex").slice(0, HASH_DIGITS);
  }

  /** The log file that holds such a part, as pieces: good until the run changes. */
  fileOf(first: bigint, last: bigint): readonly Buffer[] {
    const [from, to] = this.bounds(this.frameEnds, first, last);
    return [HEADER, this.frames.subarray(from, to)];
  }

  private bounds(ends: readonly number[], first: bigint, last: bigint): [from: number, to: number] {
    const from = Number(first - this.first);
    return [ends[from - 1] ?? 0, ends[Number(last - this.first)] as number];
  }

  private addCanonical(cursor: TxnCursor, bytes: Buffer, start: number, end: number, parsed: boolean): void {
    const length = end - start;
    this.canonical = withRoom(this.canonical, this.canonicalEnd, 4 + length);
    const { canonical } = this;
    const at = this.canonicalEnd + 4;
    canonical.writeUInt32BE(length, this.canonicalEnd);
    bytes.copy(canonical, at, start, end);
    this.canonicalEnd = at + length;
    this.canonicalEnds.push(this.canonicalEnd);
    if (parsed && cursor.type === OpCode.multi && cursor.multiFailed()) failMembers(cursor, canonical, at - start);
  }
}

/** Sets the members' types in a copy of a multi that lies `shift` bytes further on. */
function failMembers(cursor: TxnCursor, copy: Buffer, shift: number): void {
  let at = cursor.itemsStart + shift;
  for (let index = 0; index < cursor.items; index++) {
    copy.writeInt32BE(OpCode.error, at);
    at += 8 + Math.max(copy.readInt32BE(at + 4), 0);
  }
}

function withRoom(buffer: Buffer, end: number, wanted: number): Buffer {
  if (end + wanted <= buffer.length) return buffer;
  const grown = Buffer.allocUnsafe(Math.max(end + wanted, 2 * buffer.length));
  buffer.copy(grown, 0, 0, end);
  return grown;
}

const HEADER = new JuteWriter().int(LOG_MAGIC).int(FILE_VERSION).long(0n).bytes;
/** Where in a payload the time lies: after the session, the cxid and the zxid. */
const TIME_AT = 20;
const INITIAL = 1 << 20;
const MOST_KEPT = 8 << 20;

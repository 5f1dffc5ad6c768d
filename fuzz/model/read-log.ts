import { adler32 } from "./bytes.js";
import { END_MARK, HEADER_LENGTH, LOG_MAGIC, RECORD_HEAD } from "./files.js";
import { decodeTxn, type Txn } from "./txn.js";

/** A record that is sound in every way: checksum, length, end mark. */
export interface LogRecord {
  at: number;
  end: number;
  zxid: bigint;
  payload: Buffer;
  /** Null where the content does not parse. */
  txn: Txn | null;
}

/** Bytes that are no record where one should be. */
export interface Damage {
  at: number;
  /**
   * crc: a whole frame whose checksum is wrong; unmarked: sound, but for its end mark; zeros: padding with something
   * behind it; torn: anything else.
   */
  kind: "crc" | "unmarked" | "zeros" | "torn";
  /** The zxid that an unmarked record has, and the record. */
  zxid?: bigint;
  unmarked?: LogRecord;
  /** Whether sound records follow. */
  soundBehind: boolean;
  /** Whether there is more behind it than one record that a server was writing. */
  more: boolean;
}

export interface LogReading {
  header: "ok" | "empty" | "short" | "magic" | "version" | "dbid";
  records: LogRecord[];
  damage: Damage[];
}

/** TxnHeader: no payload is shorter. */
const SHORTEST = 32;

/** Reads a log as a server would, and goes on at the next sound record wherever something is broken. */
export function readLog(bytes: Buffer): LogReading {
  const reading: LogReading = { header: headerOf(bytes), records: [], damage: [] };
  let at = HEADER_LENGTH;
  while (at < bytes.length) {
    const end = soundEnd(bytes, at);
    if (end !== null) {
      reading.records.push(recordAt(bytes, at, end));
      at = end;
      continue;
    }
    if (isZero(bytes, at)) break;
    const next = nextSound(bytes, at + 1);
    const damage = damageAt(bytes, at, next);
    reading.damage.push(damage);
    // Behind one that lacks only its end mark the next may lack its own as well.
    const after = next ?? (damage.kind === "unmarked" && damage.more ? frameEnd(bytes, at) : null);
    if (after === null) break;
    at = after;
  }
  return reading;
}

function headerOf(bytes: Buffer): LogReading["header"] {
  if (bytes.length === 0) return "empty";
  if (bytes.length < HEADER_LENGTH) return "short";
  if (bytes.readUInt32BE(0) !== LOG_MAGIC) return "magic";
  if (bytes.readInt32BE(4) !== 2) return "version";
  return bytes.readBigInt64BE(8) === 0n ? "ok" : "dbid";
}

/** Where a sound record ends that begins here; null if none does. */
export function soundEnd(bytes: Buffer, at: number): number | null {
  const end = frameEnd(bytes, at);
  if (end === null || bytes[end - 1] !== END_MARK || !sumFits(bytes, at, end)) return null;
  return end;
}

/** Where the frame of a record ends by its length; null where there is none. */
function frameEnd(bytes: Buffer, at: number): number | null {
  if (at + RECORD_HEAD + SHORTEST + 1 > bytes.length) return null;
  const length = bytes.readInt32BE(at + 8);
  const end = at + RECORD_HEAD + length + 1;
  return length < SHORTEST || end > bytes.length ? null : end;
}

function sumFits(bytes: Buffer, at: number, end: number): boolean {
  if (bytes.readUInt32BE(at) !== 0) return false;
  return bytes.readUInt32BE(at + 4) === adler32(bytes.subarray(at + RECORD_HEAD, end - 1));
}

function nextSound(bytes: Buffer, from: number): number | null {
  for (let at = from; at + RECORD_HEAD + SHORTEST + 1 <= bytes.length; at++)
    if (bytes.readUInt32BE(at) === 0 && soundEnd(bytes, at) !== null) return at;
  return null;
}

function recordAt(bytes: Buffer, at: number, end: number): LogRecord {
  const payload = bytes.subarray(at + RECORD_HEAD, end - 1);
  return { at, end, zxid: payload.readBigInt64BE(12), payload, txn: decodeTxn(payload) };
}

function damageAt(bytes: Buffer, at: number, next: number | null): Damage {
  const soundBehind = next !== null;
  const end = frameEnd(bytes, at);
  const stop = next ?? bytes.length;
  if (end !== null && end <= stop) {
    const more = !isZero(bytes, end, stop);
    const mark = bytes[end - 1] === END_MARK;
    if (sumFits(bytes, at, end) && !mark)
      return { at, kind: "unmarked", ...unmarkedAt(bytes, at, end), soundBehind, more };
    // A frame that ends in a mark by chance is none: what comes next must be able to be a record, or nothing.
    if (mark && (end === next || !more)) return { at, kind: "crc", soundBehind, more };
    return { at, kind: "torn", soundBehind, more };
  }
  if (isZero(bytes, at, Math.min(at + RECORD_HEAD, bytes.length)) && bytes.length - at > RECORD_HEAD)
    return { at, kind: "zeros", soundBehind, more: true };
  return { at, kind: "torn", soundBehind, more: false };
}

function unmarkedAt(bytes: Buffer, at: number, end: number): Pick<Required<Damage>, "zxid" | "unmarked"> {
  const unmarked = recordAt(bytes, at, end);
  return { zxid: unmarked.zxid, unmarked };
}

export function isZero(bytes: Buffer, from: number, to = bytes.length): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

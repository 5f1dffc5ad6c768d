import { adler32 } from "../../checksum/index.js";
import { END_MARK, RECORD_HEAD, TXN_HEADER_LENGTH } from "../../storage/log-record.js";
import { fromHalves } from "../../storage/zxid.js";
import { TxnCursor } from "../../txn/index.js";
import { say, type Message } from "../../text/message.js";

/** Something that was found in bytes in which no sound record lies. */
export interface Sifted {
  kind: "repaired" | "suspect" | "lost";
  from: number;
  to: number;
  /** Of a record: its payload, what its header says, and what is wrong with it. */
  payload?: Buffer;
  checksum?: bigint;
  zxid?: bigint;
  op?: number;
  why?: Message;
}

/**
 * Looks through the bytes between two sound records. A record is *repaired* where its checksum proves its payload and
 * only its length or end mark was wrong; *suspect* where its content parses to its last byte and nothing proves it.
 * `from` and `to` count from the beginning of `region`.
 */
export function sift(region: Buffer): Sifted[] {
  const found: Sifted[] = [];
  let start = 0;
  for (let at = 0; at + RECORD_HEAD + TXN_HEADER_LENGTH < region.length; at++) {
    const frame = frameAt(region, at);
    if (!frame) continue;
    found.push(...leftover(region, start, at), frame);
    start = frame.to;
    at = frame.to - 1;
  }
  found.push(...leftover(region, start, region.length));
  return found;
}

/** A whole frame (length, end mark) whose content parses: its checksum is wrong, or the reader had found it. */
function frameAt(region: Buffer, at: number): Sifted | null {
  const length = region.readInt32BE(at + 8);
  const end = at + RECORD_HEAD + length;
  if (length < TXN_HEADER_LENGTH || end >= region.length || region[end] !== END_MARK) return null;
  return record(region, at, end, say`its checksum does not match its bytes`);
}

/** Bytes that are no frame: perhaps one record whose length or end mark is damaged. */
function leftover(region: Buffer, from: number, to: number): Sifted[] {
  if (to <= from) return [];
  const lost: Sifted = { kind: "lost", from, to };
  if (to - from < RECORD_HEAD + TXN_HEADER_LENGTH + 1) return [lost];
  const whole = record(region, from, to - 1, say`its length does not fit, and its checksum proves nothing`);
  if (!whole || whole.checksum === undefined) return [lost];
  return [whole];
}

/** The bytes [at, end) and an end mark read as a record, whatever its length says; null where they do not parse. */
function record(region: Buffer, at: number, end: number, why: Message): Sifted | null {
  const payload = region.subarray(at + RECORD_HEAD, end);
  const cursor = new TxnCursor();
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (cursor.parse(view, 0, payload.length) !== "ok") return null;
  const checksum = region.readBigInt64BE(at);
  const proven = checksum === BigInt(adler32(payload));
  const damaged = region.readInt32BE(at + 8) === payload.length ? "its end mark" : "its length";
  return {
    kind: proven ? "repaired" : "suspect",
    from: at,
    to: end + 1,
    payload,
    checksum,
    zxid: fromHalves(cursor.zxidHigh, cursor.zxidLow),
    op: cursor.type,
    why: proven ? say`${damaged} was wrong; its checksum proves the rest` : why,
  };
}

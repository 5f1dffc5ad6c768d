import { adler32Combine, Block, isAdler32, StretchSums } from "../../checksum/index.js";
import { END_MARK, RECORD_HEAD, TXN_HEADER_LENGTH, ZXID_AT } from "../../storage/log-record.js";
import { isKnownOp, TxnCursor } from "../../txn/index.js";
import { say, type Message } from "../../text/message.js";

/** A record in which something is, or was, wrong. */
export interface FoundRecord {
  kind: "repaired" | "suspect";
  from: number;
  to: number;
  payload: Buffer;
  checksum: bigint;
  /** What its header says. */
  zxid: bigint;
  op: number;
  damage: "end mark" | "length" | "checksum";
  why: Message;
}

/** Something that was found in bytes in which no sound record is. */
export type Found = FoundRecord | { kind: "lost"; from: number; to: number };

/**
 * Looks through the bytes between two sound records. A record is *repaired* where its checksum proves its payload and
 * only its length or end mark was wrong; *suspect* where its content parses to its last byte and nothing proves it.
 * `from` and `to` count from the beginning of `region`.
 */
export function findRecords(region: Buffer): Found[] {
  return new Search(region).run();
}

/** Bytes that may be parsed for suspects, for each byte of a region: heads that overlap could make it any number. */
const MOST_PARSED = 64;

class Search {
  private readonly region: Buffer;
  private readonly view: DataView;
  private readonly sums = new StretchSums();
  private readonly start: number;
  private readonly cursor = new TxnCursor();
  private readonly found: Found[] = [];
  private parsed = 0;

  constructor(region: Buffer) {
    this.region = region;
    this.view = new DataView(region.buffer, region.byteOffset, region.byteLength);
    const block = Block.create(region.length);
    this.start = block.start;
    block.bytes.set(region, block.start);
    this.sums.begin(block, block.start, block.start + region.length, 1);
  }

  run(): Found[] {
    const { region } = this;
    let rest = 0;
    // What a checksum proves comes first: nothing that is only likely may hide it.
    for (let at = 0; at + RECORD_HEAD + TXN_HEADER_LENGTH < region.length; at++) {
      const length = region.readInt32BE(at + 8);
      const end = at + RECORD_HEAD + length;
      if (length < TXN_HEADER_LENGTH || end >= region.length || !this.isProven(at, end)) continue;
      this.lookAtUnproven(rest, at);
      this.add("repaired", at, end, "end mark", say`its end mark was wrong; its checksum proves the rest`);
      rest = end + 1;
      at = end;
    }
    this.lookAtUnproven(rest, region.length);
    return this.found;
  }

  /** Bytes that hold no record whose length and checksum are right. */
  private lookAtUnproven(from: number, to: number): void {
    const { region } = this;
    let rest = from;
    for (let at = from; at + RECORD_HEAD + TXN_HEADER_LENGTH < to; at++) {
      const length = region.readInt32BE(at + 8);
      const end = at + RECORD_HEAD + length;
      if (length < TXN_HEADER_LENGTH || end >= to || region[end] !== END_MARK || !this.parses(at, end)) continue;
      this.leftover(rest, at);
      this.add("suspect", at, end, "checksum", say`its checksum does not match its bytes`);
      rest = end + 1;
      at = end;
    }
    this.leftover(rest, to);
  }

  /** Bytes that are no frame: perhaps one record whose length is damaged. */
  private leftover(from: number, to: number): void {
    if (to <= from) return;
    const end = to - 1;
    if (end - from < RECORD_HEAD + TXN_HEADER_LENGTH) this.found.push({ kind: "lost", from, to });
    else if (this.isProven(from, end))
      this.add("repaired", from, end, "length", say`its length was wrong; its checksum proves the rest`);
    else if (this.parses(from, end))
      this.add("suspect", from, end, "length", say`its length does not fit, and its checksum does not prove it`);
    else this.found.push({ kind: "lost", from, to });
  }

  /** Whether the checksum at `at` is that of the bytes after the head, up to `end`. */
  private isProven(at: number, end: number): boolean {
    const { region, sums, start } = this;
    const checksum = region.readUInt32BE(at + 4);
    if (region.readUInt32BE(at) !== 0 || !isAdler32(checksum)) return false;
    const payload = at + RECORD_HEAD;
    return adler32Combine(sums.at(start + payload), checksum, end - payload) === sums.at(start + end);
  }

  private parses(at: number, end: number): boolean {
    const type = this.region.readInt32BE(at + RECORD_HEAD + TXN_HEADER_LENGTH - 4);
    if (!isKnownOp(type)) return false;
    this.parsed += end - at;
    if (this.parsed > MOST_PARSED * this.region.length) return false;
    return this.cursor.parse(this.view, at + RECORD_HEAD, end) === "ok";
  }

  private add(kind: FoundRecord["kind"], from: number, end: number, damage: FoundRecord["damage"], why: Message): void {
    const { region } = this;
    const payload = region.subarray(from + RECORD_HEAD, end);
    const zxid = payload.readBigInt64BE(ZXID_AT);
    const op = payload.readInt32BE(TXN_HEADER_LENGTH - 4);
    const checksum = region.readBigInt64BE(from);
    this.found.push({ kind, from, to: end + 1, payload, checksum, zxid, op, damage, why });
  }
}

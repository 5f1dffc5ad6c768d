import { Block } from "../../checksum/index.js";
import { GrowingFile } from "../../io/growing-file.js";
import { type FileHeader, HEADER_LENGTH, headerAt, LOG_MAGIC } from "../../storage/header.js";
import { END_MARK, RECORD_HEAD, TXN_HEADER_LENGTH } from "../../storage/log-record.js";

const BLOCK = 1 << 20;

/** What is found where the next record of a growing log should be. */
export type TailState =
  | "record"
  /** Zeros, or the end of the file: nothing has been written there. */
  | "nothing"
  /** Something that is not a whole record; it may become one. */
  | "incomplete"
  /** A record whose checksum is wrong although a sound one follows it. */
  | "damaged"
  /** Sixteen bytes that are no log's header, and will not become one. */
  | "wrong header";

/**
 * A log that a server is writing: read on from where the last whole record ended, again and again.
 *
 * A reader can see a record half written, in the file or within what one read gives it. So nothing counts as a record
 * before its end mark is there and its checksum is right; anything else is looked at again later.
 */
export class TailFile {
  readonly path: string;
  /** Where the next record begins. */
  offset = 0;
  block = Block.create(BLOCK);
  /** The current record: offsets in `block`. */
  payloadStart = 0;
  payloadEnd = 0;
  recordOffset = 0;
  /** Null as long as it is not there. */
  header: FileHeader | null = null;

  private readonly file: GrowingFile;
  /** File offset of the block's first byte, and how many of its bytes are read. */
  private base = 0;
  private filled = 0;

  /** Throws UnreadableFile. */
  constructor(path: string) {
    this.path = path;
    this.file = new GrowingFile(path);
  }

  get size(): number {
    return this.file.size;
  }

  close(): void {
    this.file.close();
  }

  /** The bytes that are there now, fewer where the file ends. */
  bytesAt(offset: number, count: number): Buffer {
    const bytes = Buffer.alloc(count);
    return bytes.subarray(0, this.file.read(bytes, 0, count, offset));
  }

  /** Looks at the file anew: what was read of records that were not whole is forgotten. */
  refresh(): void {
    this.base = this.offset;
    this.filled = 0;
  }

  /** Moves to the next record if it is whole; otherwise stays before it. */
  next(): TailState {
    if (this.offset === 0) {
      const header = this.readHeader();
      if (header !== "record") return header;
    }
    const state = this.recordAt(this.offset);
    if (state !== "record" && state !== "damaged") return state;
    this.recordOffset = this.offset;
    this.offset += RECORD_HEAD + (this.payloadEnd - this.payloadStart) + 1;
    return state;
  }

  private readHeader(): TailState {
    if (!this.have(0, HEADER_LENGTH)) return "nothing";
    const header = headerAt(this.block.view, this.position(0));
    // As far as it is written it may be right; a record after it shows that no more of it will come.
    if (isBegun(header) && this.frame(HEADER_LENGTH) === "nothing") return "nothing";
    this.header = header;
    if (header.magic !== LOG_MAGIC) return "wrong header";
    this.passHeader();
    return "record";
  }

  /** Goes on after the header, whatever it is: records prove themselves. */
  passHeader(): void {
    this.offset = HEADER_LENGTH;
  }

  private recordAt(offset: number): TailState {
    const whole = this.frame(offset);
    if (whole === "nothing" || whole === "incomplete") return whole;
    const { payloadStart, payloadEnd } = this;
    if (this.isSound(offset)) return "record";
    // What was written after it is there: it will not change any more.
    const behind = offset + RECORD_HEAD + (payloadEnd - payloadStart) + 1;
    const follows = this.frame(behind) === "record" && this.isSound(behind);
    // Reading on may have moved it.
    this.frame(offset);
    return follows ? "damaged" : "incomplete";
  }

  /** Whether a record's length and all its bytes are there; its place is then in the fields. */
  private frame(offset: number): "record" | "nothing" | "incomplete" {
    if (!this.have(offset, RECORD_HEAD)) return "nothing";
    const at = this.position(offset);
    const { view } = this.block;
    const length = view.getInt32(at + 8);
    if (length === 0 && view.getInt32(at) === 0 && view.getInt32(at + 4) === 0) return "nothing";
    if (length < TXN_HEADER_LENGTH || !this.have(offset, RECORD_HEAD + length + 1)) return "incomplete";
    const start = this.position(offset);
    this.payloadStart = start + RECORD_HEAD;
    this.payloadEnd = this.payloadStart + length;
    return "record";
  }

  private isSound(offset: number): boolean {
    const { view } = this.block;
    const at = this.position(offset);
    if (view.getUint8(this.payloadEnd) !== END_MARK || view.getUint32(at) !== 0) return false;
    return view.getUint32(at + 4) === this.block.adler32(this.payloadStart, this.payloadEnd);
  }

  private position(offset: number): number {
    return this.block.start + offset - this.base;
  }

  /** Whether the file has this many bytes there; then they are in the block, from `offset` or before on. */
  private have(offset: number, count: number): boolean {
    if (offset >= this.base && offset + count <= this.base + this.filled) return true;
    // A length that is only half written can be anything: no memory is taken for what the file does not hold.
    if (offset + count > this.size) return false;
    const capacity = this.block.end - this.block.start;
    if (count > capacity) this.block = Block.create(count + BLOCK);
    this.base = offset;
    this.filled = 0;
    const wanted = Math.min(this.block.end - this.block.start, Math.max(count, BLOCK));
    while (this.filled < wanted) {
      const { bytes, start } = this.block;
      const read = this.file.read(bytes, start + this.filled, wanted - this.filled, this.base + this.filled);
      if (read === 0) break;
      this.filled += read;
    }
    return this.filled >= count;
  }
}

/** Whether a header is the beginning of a right one with zeros after it, where more is to come. */
function isBegun({ magic, version, dbid }: FileHeader): boolean {
  return [0, 0x5a000000, 0x5a4b0000, 0x5a4b4c00, LOG_MAGIC].includes(magic) && version === 0 && dbid === 0n;
}

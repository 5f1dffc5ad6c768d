import type { Sink } from "../../io/sink.js";
import { readAcl, type Acl } from "../../storage/acl.js";
import { JuteReader } from "../../jute/index.js";
import { jsonText, withoutHidden } from "../../text/unsafe.js";
import { type JsonBytes, type JsonLiteral, literal } from "../json/json-bytes.js";
import { LARGE_VALUE } from "../../storage/large-value.js";
import { aclShape } from "../shapes/acl.js";
import type { DataMode } from "../value/data-mode.js";
import { Rejoin, threesEnd, wholeBytes } from "../value/rejoin.js";

/** Writes the cells of rows, as RFC 4180 has them: straight from the bytes that hold them. */
export class CsvCells {
  private readonly out: JsonBytes;
  private readonly sink: Sink;
  private readonly data: DataMode;
  private isFirst = true;

  /** What is too long to be gathered goes to `sink` on the way. */
  constructor(out: JsonBytes, sink: Sink, data: DataMode) {
    this.out = out;
    this.sink = sink;
    this.data = data;
  }

  get withData(): boolean {
    return this.data !== "none";
  }

  /** Begins a cell: the caller writes it, as a number or in quotes. */
  cell(): JsonBytes {
    if (this.isFirst) this.isFirst = false;
    else this.out.raw(COMMA);
    return this.out;
  }

  word(word: JsonLiteral): void {
    this.cell().raw(word);
  }

  empty(count = 1): void {
    for (let index = 0; index < count; index++) this.cell();
  }

  endRow(): void {
    this.out.raw(END_OF_ROW);
    this.isFirst = true;
  }

  /** The cells `path` and `pathBase64`: of one that is not to be looked at as it is, what it looks like, and its bytes. */
  path(from: Buffer, start: number, length: number): void {
    const out = this.cell();
    if (out.csvText(from, start, start + length)) return this.empty();
    out.raw(quoted(withoutHidden(from.toString("utf8", start, start + length))));
    this.cell().base64(from, start, start + length);
  }

  /** The cells `data` and `encoding`; a length of -1 is null. A promise only for a value that is handed on in pieces. */
  value(from: Uint8Array, start: number, length: number): void | Promise<void> {
    if (!this.withData) return;
    if (length < 0) return this.empty(2);
    if (length > LARGE_VALUE) return this.largeValue(from, start, start + length);
    const out = this.cell();
    if (this.data === "hex") {
      out.hexBytes(from, start, start + length);
      this.word(HEX);
    } else if (this.data !== "base64" && out.csvText(from, start, start + length)) this.word(UTF8);
    else {
      out.base64(from, start, start + length);
      this.word(BASE64);
    }
  }

  private async largeValue(from: Uint8Array, start: number, end: number): Promise<void> {
    const large = this.beginLarge();
    await large.piece(from, start, end);
    large.end();
  }

  /** The same of a value that comes in pieces: never as text, which could not be looked at whole before. */
  beginLarge(): LargeCell {
    return new LargeCell(this, this.out, this.sink, this.data);
  }

  /** Hands on what is gathered. */
  drain(): void | Promise<void> {
    return this.out.drain(this.sink);
  }

  /** Bytes in base64; a promise only for many. */
  bytes(from: Uint8Array, start: number, end: number): void | Promise<void> {
    const out = this.cell();
    if (end - start > LARGE_VALUE) return this.manyBytes(from, start, end);
    out.base64(from, start, end);
  }

  private async manyBytes(from: Uint8Array, start: number, end: number): Promise<void> {
    const { out } = this;
    for (let at = start; at < end; at += PIECE) {
      out.base64(from, at, Math.min(at + PIECE, end));
      await out.drain(this.sink);
    }
  }
}

/** The cells of a value that comes in pieces. */
export class LargeCell {
  private readonly cells: CsvCells;
  private readonly out: JsonBytes;
  private readonly sink: Sink;
  private readonly data: DataMode;
  private readonly units: Rejoin;

  constructor(cells: CsvCells, out: JsonBytes, sink: Sink, data: DataMode) {
    this.cells = cells;
    this.out = out;
    this.sink = sink;
    this.data = data;
    this.units =
      data === "hex"
        ? new Rejoin(wholeBytes, (from, start, end) => out.hexBytes(from, start, end))
        : new Rejoin(threesEnd, (from, start, end) => out.base64(from, start, end));
    if (cells.withData) cells.cell();
  }

  async piece(from: Uint8Array, start: number, end: number): Promise<void> {
    if (!this.cells.withData) return;
    for (let at = start; at < end; at += PIECE) {
      this.units.add(from, at, Math.min(at + PIECE, end));
      await this.out.drain(this.sink);
    }
  }

  end(): void {
    if (!this.cells.withData) return;
    this.units.flush();
    this.cells.word(this.data === "hex" ? HEX : BASE64);
  }
}

/** An ACL as a cell: the JSON of its entries. */
export function aclCell(entries: readonly Acl[] | null | undefined): JsonLiteral {
  return entries ? quoted(jsonText(aclShape(entries))) : NOTHING;
}

/** The cells of ACLs by their bytes, as transactions carry them, each made once. */
export class AclCells {
  private readonly known = new Map<string, JsonLiteral>();

  get(bytes: Buffer, start: number, end: number): JsonLiteral {
    const key = bytes.toString("latin1", start, end);
    let cell = this.known.get(key);
    if (cell === undefined) {
      const reader = new JuteReader(new DataView(bytes.buffer, bytes.byteOffset + start, end - start));
      cell = aclCell(readAcl(reader));
      // ACLs are few; should a log have one for each transaction, memory must not grow with it.
      if (this.known.size >= MOST_KNOWN) this.known.clear();
      this.known.set(key, cell);
    }
    return cell;
  }
}

/** Text that holds no hidden characters, as a cell. */
export function quoted(text: string): JsonLiteral {
  return literal(/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
}

const MOST_KNOWN = 10_000;
/** So much of a large value is written before it is handed on: a multiple of three, so that pieces of base64 join. */
const PIECE = 3 << 16;
const COMMA = literal(",");
const END_OF_ROW = literal("\r\n");
const NOTHING = literal("");
const UTF8 = literal("utf8");
const BASE64 = literal("base64");
const HEX = literal("hex");

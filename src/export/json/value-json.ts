import { type JsonBytes, literal } from "./json-bytes.js";
import type { Sink } from "../../io/sink.js";
import { type DataMode, textRule } from "../value/data-mode.js";
import { Rejoin, threesEnd, wholeBytes } from "../value/rejoin.js";
import { isText, sequencesEnd } from "../value/utf8.js";

/** So much of a large value is written before it is handed on. */
const PIECE = 1 << 18;

/** Writes `,"data":…,"encoding":…` for from[start, start + length); a length of -1 is null and has no encoding. */
export function writeData(out: JsonBytes, mode: DataMode, from: Uint8Array, start: number, length: number): void {
  if (mode === "none") return;
  out.raw(DATA);
  if (length < 0) out.raw(NULL);
  else if ((mode === "auto" || mode === "utf8") && out.text(from, start, start + length, mode === "auto"))
    out.raw(UTF8);
  else if (mode === "hex") {
    out.raw(QUOTE);
    out.hexBytes(from, start, start + length);
    out.raw(END_HEX);
  } else {
    out.raw(QUOTE);
    out.base64(from, start, start + length);
    out.raw(END_BASE64);
  }
}

/**
 * Writes what `writeData` writes, of a value that comes in pieces and goes to `sink` on the way: memory does not grow
 * with it. What kind of value it is must be known before.
 */
export class LargeData {
  private readonly out: JsonBytes;
  private readonly mode: DataMode;
  private readonly asText: boolean;
  private readonly sink: Sink;
  private readonly units: Rejoin;
  private wellFormed = true;

  constructor(out: JsonBytes, mode: DataMode, asText: boolean, sink: Sink) {
    this.out = out;
    this.mode = mode;
    this.asText = asText;
    this.sink = sink;
    if (asText)
      this.units = new Rejoin(sequencesEnd, (from, start, end) => {
        this.wellFormed &&= out.escaped(from, start, end, false);
      });
    else if (mode === "hex") this.units = new Rejoin(wholeBytes, (from, start, end) => out.hexBytes(from, start, end));
    else this.units = new Rejoin(threesEnd, (from, start, end) => out.base64(from, start, end));
    if (mode === "none") return;
    out.raw(DATA);
    out.raw(QUOTE);
  }

  async piece(from: Uint8Array, start: number, end: number): Promise<void> {
    if (this.mode === "none") return;
    for (let at = start; at < end; at += PIECE) {
      this.units.add(from, at, Math.min(at + PIECE, end));
      await this.out.drain(this.sink);
    }
  }

  /** False where it should have been text and was not: what is written then is of no use. */
  end(): boolean {
    const { out } = this;
    if (this.mode === "none") return true;
    this.units.flush();
    if (this.asText) {
      out.raw(QUOTE);
      out.raw(UTF8);
    } else out.raw(this.mode === "hex" ? END_HEX : END_BASE64);
    return this.wellFormed;
  }
}

/** The same for a long value that is in memory. */
export async function writeLargeData(
  out: JsonBytes,
  mode: DataMode,
  from: Uint8Array,
  start: number,
  length: number,
  sink: Sink,
): Promise<void> {
  const rule = textRule(mode);
  const asText = rule !== null && isText(from, start, start + length, rule.printable);
  const large = new LargeData(out, mode, asText, sink);
  await large.piece(from, start, start + length);
  large.end();
}

/** Base64 without quotes, handed on piece by piece. */
export async function writeLargeBase64(
  out: JsonBytes,
  from: Uint8Array,
  start: number,
  end: number,
  sink: Sink,
): Promise<void> {
  const piece = threesEnd(from, 0, PIECE);
  for (let at = start; at < end; at += piece) {
    out.base64(from, at, Math.min(at + piece, end));
    await out.drain(sink);
  }
}

const DATA = literal(',"data":');
const NULL = literal("null");
const QUOTE = literal('"');
const UTF8 = literal(',"encoding":"utf8"');
const END_HEX = literal('","encoding":"hex"');
const END_BASE64 = literal('","encoding":"base64"');

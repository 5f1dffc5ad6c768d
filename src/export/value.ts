import { type JsonBytes, literal } from "./json-bytes.js";
import type { Sink } from "./sink.js";
import { isText } from "./utf8.js";

export const DATA_MODES = ["auto", "base64", "utf8", "hex", "none"] as const;

/**
 * How a znode's data is written: `auto` as text where it is valid UTF-8 and printable, else in base64; `utf8` as text
 * wherever it is valid UTF-8; `none` leaves it out. What was chosen is in "encoding", beside each value.
 */
export type DataMode = (typeof DATA_MODES)[number];

/** A value longer than this is written piece by piece, by `writeLargeData`. */
export const LARGE_VALUE = 1 << 20;
/** A multiple of three, so that pieces of base64 join. */
const PIECE = 3 << 18;

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

/** The same for a long value, with what is written handed to `sink` on the way: memory does not grow with the value. */
export async function writeLargeData(
  out: JsonBytes,
  mode: DataMode,
  from: Uint8Array,
  start: number,
  length: number,
  sink: Sink,
): Promise<void> {
  if (mode === "none") return;
  const end = start + length;
  const asText = (mode === "auto" || mode === "utf8") && isText(from, start, end, mode === "auto");
  out.raw(DATA);
  out.raw(QUOTE);
  let at = start;
  while (at < end) {
    let pieceEnd = Math.min(at + PIECE, end);
    if (asText) {
      // Not within a sequence of several bytes.
      while (pieceEnd < end && ((from[pieceEnd] as number) & 0xc0) === 0x80) pieceEnd--;
      out.escaped(from, at, pieceEnd, false);
    } else if (mode === "hex") out.hexBytes(from, at, pieceEnd);
    else out.base64(from, at, pieceEnd);
    at = pieceEnd;
    await out.drain(sink);
  }
  if (asText) {
    out.raw(QUOTE);
    out.raw(UTF8);
  } else out.raw(mode === "hex" ? END_HEX : END_BASE64);
}

const DATA = literal(',"data":');
const NULL = literal("null");
const QUOTE = literal('"');
const UTF8 = literal(',"encoding":"utf8"');
const END_HEX = literal('","encoding":"hex"');
const END_BASE64 = literal('","encoding":"base64"');

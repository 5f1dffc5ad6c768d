import { type Message, type Tagged, type TagKind, tag } from "../../text/message.js";
import { safe, type Safe, words } from "../../text/safe.js";
import { redactor } from "../redaction.js";
import { escaped } from "../../text/unsafe.js";

/** Text from the files or the command line made safe for a terminal, and redacted where that is asked for. */
export function visible(text: string, kind: TagKind): Safe {
  return shownValue(tag[kind](text));
}

/** A message, or a value, in the same way. */
export function shown(said: Message | Tagged): Safe {
  if (!("parts" in said)) return shownValue(said);
  return said.parts.map((each) => (typeof each === "string" ? each : shownValue(each))).join("") as Safe;
}

function shownValue(value: Tagged): Safe {
  return escaped(redactor()?.tagged(value) ?? value.text);
}

/** At most `width` characters; what is cut is shown as …. */
export function cut(text: Safe, width: number): Safe {
  if (text.length <= width) return text;
  // Not between the halves of a surrogate pair.
  return `${text.slice(0, width - 1).replace(/[\ud800-\udbff]$/, "")}…` as Safe;
}

/** A znode's data on one line: as text where it is text, else as hex. `width` cuts it, with its length told. */
export function valueText(value: Uint8Array | null, width = Number.POSITIVE_INFINITY): Safe {
  if (value === null) return words("null");
  return shortText(redactor()?.data(value) ?? value, width);
}

function shortText(data: Uint8Array, width: number): Safe {
  if (data.length === 0) return words('""');
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.length);
  // Four bytes are the longest character: more need not be looked at to fill the width.
  const head = Number.isFinite(width) ? buffer.subarray(0, width * 4) : buffer;
  const text = textOf(head, head.length < buffer.length);
  const whole =
    text === null
      ? (`0x${head.subarray(0, Math.ceil(Math.min(width, head.length))).toString("hex")}` as Safe)
      : safe`"${escaped(text)}"`;
  if (whole.length <= width && head.length === buffer.length) return whole;
  const length = safe` (${buffer.length} bytes)`;
  return safe`${cut(whole, Math.max(width - length.length, 8))}${length}`;
}

/** Data that may be shown, for a terminal: as lines of text where it is text, else in hex. */
export function valueLines(data: Uint8Array): Safe[] {
  if (data.length === 0) return [];
  const text = textOf(data, false);
  if (text === null) return [shortText(data, Number.POSITIVE_INFINITY)];
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => escaped(line));
}

/** One that has been told of more to come waits for it: only the others can be one for all. */
const newDecoder = () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const UTF8 = newDecoder();

/** Null where it is not UTF-8 or has control characters. `streaming`: the end may be in the middle of a character. */
function textOf(bytes: Uint8Array, streaming: boolean): string | null {
  try {
    const text = streaming ? newDecoder().decode(bytes, { stream: true }) : UTF8.decode(bytes);
    return /(?![\t\n\r])\p{Cc}/u.test(text) ? null : text;
  } catch {
    return null;
  }
}

export { counted, grouped } from "../../text/safe.js";

import { isUtf8 } from "node:buffer";

/** Whether from[start, end) is valid UTF-8, and (if asked for) without control characters but tabs and ends of lines. */
export function isText(from: Uint8Array, start: number, end: number, printable: boolean): boolean {
  return isUtf8(from.subarray(start, end)) && !(printable && hasControls(from, start, end));
}

function hasControls(from: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = from[at] as number;
    if (byte < 0x20 ? byte !== TAB && byte !== LINE_FEED && byte !== RETURN : byte === DELETE) return true;
    // U+0080 to U+009F.
    if (byte === 0xc2 && (from[at + 1] as number) < 0xa0) return true;
  }
  return false;
}

/** Where from[start, end) ends if a sequence that goes on after `end` is left out. */
export function sequencesEnd(from: Uint8Array, start: number, end: number): number {
  let last = end - 1;
  while (last > start && last > end - 3 && ((from[last] as number) & 0xc0) === 0x80) last--;
  const first = last < start ? 0 : (from[last] as number);
  const width = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  return last + width > end ? last : end;
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const DELETE = 0x7f;

/** Bytes of ASCII that a JSON string holds as they are. DEL is one of them: JSON.stringify leaves it too. */
export const PLAIN: Uint8Array = asciiTable(0x20, 0x7f, [], [0x22, 0x5c]);

/** What is text for people: no control characters but tab, line feed and carriage return. */
export const PRINTABLE: Uint8Array = asciiTable(0x20, 0x7e, [0x09, 0x0a, 0x0d], []);

/** What is in both. */
export const PLAIN_PRINTABLE: Uint8Array = asciiTable(0x20, 0x7e, [], [0x22, 0x5c]);

function asciiTable(from: number, to: number, also: number[], but: number[]): Uint8Array {
  const table = Buffer.alloc(256).fill(1, from, to + 1);
  for (const byte of also) table[byte] = 1;
  for (const byte of but) table[byte] = 0;
  return table;
}

/** How many bytes the UTF-8 sequence at `at` has, 2 to 4; 0 where it is not one that Unicode allows. */
export function sequenceAt(from: Uint8Array, at: number, end: number): number {
  const first = from[at] as number;
  if (first < 0xc2 || first > 0xf4) return 0;
  const width = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + width > end) return 0;
  const second = from[at + 1] as number;
  // No overlong forms, no halves of surrogate pairs, nothing above U+10FFFF.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let index = 2; index < width; index++) if (((from[at + index] as number) & 0xc0) !== 0x80) return 0;
  return width;
}

/** Where from[start, end) ends if a sequence that goes on behind `end` is left out. */
export function sequencesEnd(from: Uint8Array, start: number, end: number): number {
  let last = end - 1;
  while (last > start && last > end - 3 && ((from[last] as number) & 0xc0) === 0x80) last--;
  const first = last < start ? 0 : (from[last] as number);
  const width = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  return last + width > end ? last : end;
}

/** Whether a valid sequence of several bytes is a control character (U+0080 to U+009F). */
export function isUnprintableAt(from: Uint8Array, at: number): boolean {
  return from[at] === 0xc2 && (from[at + 1] as number) < 0xa0;
}

/** Whether from[start, end) is valid UTF-8, and (if asked for) without control characters but tabs and ends of lines. */
export function isText(from: Uint8Array, start: number, end: number, printable: boolean): boolean {
  let at = start;
  while (at < end) {
    const byte = from[at] as number;
    if (byte < 0x80) {
      if (printable && PRINTABLE[byte] === 0) return false;
      at++;
      continue;
    }
    const width = sequenceAt(from, at, end);
    if (width === 0 || (printable && isUnprintableAt(from, at))) return false;
    at += width;
  }
  return true;
}

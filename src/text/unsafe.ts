import type { Safe } from "./safe.js";

/**
 * Characters that do not show as themselves, by their properties in Unicode: controls (C0, DEL and C1, with which a
 * terminal is commanded), formats (among them those that turn the direction of writing, and the invisible tags), all
 * else that is ignored where it is not known (variation selectors, joiners, fillers), the ends of lines and paragraphs,
 * halves of surrogate pairs.
 */
const HIDDEN = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}`;

/** And those that show as another: blanks that are no spaces, code points that are no characters. */
const UNSAFE = new RegExp(String.raw`(?! )[${HIDDEN}\p{Zs}\p{Noncharacter_Code_Point}\u2800]`, "gu");
const UNSAFE_OR_BACKSLASH = new RegExp(String.raw`(?! )[${HIDDEN}\p{Zs}\p{Noncharacter_Code_Point}\u2800\\]`, "gu");
const UNSAFE_IN_JSON = new RegExp(`[${HIDDEN}]`, "gu");

/**
 * Text from anywhere, fit for a terminal and on one line: `\n`, `\x1b`, `\u{202e}`. A backslash is escaped too, so that
 * no two texts become one.
 */
export function escaped(text: string): Safe {
  // Most text is of plain ASCII, which this tells in a fraction of the time.
  if (PLAIN_ASCII.test(text)) return text as Safe;
  return text.replace(UNSAFE_OR_BACKSLASH, escape) as Safe;
}

/** The program's own text, of several lines, in which something of the user's may stand. */
export function escapedLines(text: string): Safe {
  return text.replace(UNSAFE, (character) => (character === "\n" ? character : escape(character))) as Safe;
}

/** Text from anywhere with U+FFFD for each hidden character: for where something can be looked at and has its bytes beside it. */
export function withoutHidden(text: string): string {
  return text.replace(UNSAFE_IN_JSON, "\ufffd");
}

/** Whether text can stand on a line as it is. */
export function isPlain(text: string): boolean {
  return text.search(UNSAFE) < 0;
}

/** What `escaped` made of a character. */
function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** No backslash among it. */
const PLAIN_ASCII = /^[ -[\]-~]*$/;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/**
 * JSON in which hidden characters are escaped, as \u202e: the same value, and safe to look at wherever it goes. So does
 * all of the program's JSON, what the kernel of src/export writes included.
 */
export function jsonText(value: unknown, replacer?: (key: string, value: unknown) => unknown): Safe {
  return JSON.stringify(value, replacer).replace(UNSAFE_IN_JSON, (character) => {
    let units = "";
    for (let at = 0; at < character.length; at++)
      units += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
    return units;
  }) as Safe;
}

import { escaped } from "../../text/unsafe.js";

/**
 * The words of a line as a shell has them: quotes and backslashes keep spaces, and characters can be written as the
 * program shows them, `\\x1b` or `\\u{202e}`. Null where a quote is not closed.
 */
export function wordsOf(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    if (character === "\\" && quote !== "'" && at + 1 < line.length) {
      const [all, meant] = escapeAt(line, at);
      word = (word ?? "") + meant;
      at += all.length - 1;
    } else if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") return null;
  if (word !== null) words.push(word);
  return words;
}

/** What stands at a backslash, and the character that it means; any other character means itself. */
function escapeAt(line: string, at: number): [all: string, meant: string] {
  const pattern = /\\(?:x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\}|([nrt])|(.))/suy;
  pattern.lastIndex = at;
  const [all = "", byte, code, short, other = ""] = pattern.exec(line) ?? [];
  const number = Number.parseInt(byte ?? code ?? "", 16);
  if (number <= 0x10ffff) return [all, String.fromCodePoint(number)];
  if (!Number.isNaN(number)) return [line.slice(at, at + 2), line[at + 1] ?? ""];
  return [all, short === undefined ? other : (SHORT[short] as string)];
}

const SHORT: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** A word that `wordsOf` reads as `text`, fit for a terminal. */
export function escapeWord(text: string): string {
  return escaped(text).replace(/[ "']/g, "\\$&");
}

/** An absolute path, from one that may be relative to `base`; `.` and `..` are no znodes' names. */
export function resolvePath(base: string, path: string): string {
  const parts = path.startsWith("/") ? [] : base.split("/");
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return `/${parts.filter((part) => part !== "").join("/")}`;
}

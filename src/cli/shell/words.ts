/** The words of a line as a shell has them: quotes and backslashes keep spaces. Null where a quote is not closed. */
export function wordsOf(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    if (character === "\\" && quote !== "'" && at + 1 < line.length) word = (word ?? "") + line[++at];
    else if (quote !== "") {
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

/** A word that `wordsOf` reads as `text`. */
export function escapeWord(text: string): string {
  return text.replace(/[\s"'\\]/g, "\\$&");
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

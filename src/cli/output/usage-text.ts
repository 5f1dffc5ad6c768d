import type { Safe } from "../../text/safe.js";
import { escaped, escapedLines, isPlain } from "../../text/unsafe.js";
import { redactor } from "../redaction.js";

/**
 * What commander says of a wrong command line, in which it repeats words that were typed: on a line each they stay, and
 * are hidden where the run is redacted, for a path may be among them.
 */
export function usageText(text: string, args: readonly string[]): Safe {
  const typed = args.filter((arg) => arg !== "").sort((a, b) => b.length - a.length);
  const named = typed.reduce(
    (said, arg) => {
      if (redactor() && !isOptionName(arg)) return said.replaceAll(`'${arg}'`, "'…'");
      return isPlain(arg) ? said : said.replaceAll(arg, () => escaped(arg));
    },
    text.replace(/^error: /, "zkrewind: "),
  );
  return escapedLines(named);
}

function isOptionName(arg: string): boolean {
  return /^--?[a-z][a-z-]*$/.test(arg);
}

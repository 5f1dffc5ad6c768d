import { parsePoint, type Point } from "../../recovery/index.js";

/**
 * Options that take a path and something else with it. A path may hold the character that parts them: of several the
 * last one that makes sense counts, and one with a backslash before it never does.
 */

/** `PATH` or `PATH@POINT`: the last `@` that begins a point parts them. */
export function splitPoint(text: string, zone: string | undefined): { path: string; point: Point | null } {
  for (let at = text.lastIndexOf("@"); at > 0; at = text.lastIndexOf("@", at - 1)) {
    if (text[at - 1] === "\\") continue;
    const point = pointOf(text.slice(at + 1), zone);
    if (point) return { path: unescaped(text.slice(0, at)), point };
  }
  return { path: unescaped(text), point: null };
}

/** `FROM=TO`: the first `=` parts them; null where there is none. */
export function splitPair(text: string): { from: string; to: string } | null {
  for (let at = text.indexOf("="); at >= 0; at = text.indexOf("=", at + 1)) {
    if (text[at - 1] === "\\") continue;
    return { from: unescaped(text.slice(0, at)), to: unescaped(text.slice(at + 1)) };
  }
  return null;
}

function unescaped(text: string): string {
  return text.replace(/\\([@=])/g, "$1");
}

function pointOf(text: string, zone: string | undefined): Point | null {
  try {
    return parsePoint(text, zone);
  } catch {
    return null;
  }
}

import type { DataTree } from "../../tree/index.js";
import { charsetsOf } from "./charset-digest.js";
import { CHARSETS, type Encoder, encoderOf } from "./charset-table.js";
import { say, joined, tag, type Message } from "../../text/message.js";

/**
 * Finds out in which charset a server's digests take its paths: DigestCalculator has a path's bytes by `path.getBytes()`,
 * and before Java 18 that is the JVM's default charset, which depends on the locale: ASCII under LC_ALL=C, usual in
 * containers, a code page on Windows. What the charset does not have is "?".
 *
 * Counting a digest takes a pass over the tree, so once the charset is known only some are compared, and the last,
 * which stands for those before it: a digest is a sum over all.
 */
export class ServerCharset {
  /** How many times one was found, and another than before. */
  found = 0;
  /** Those that it may be, the likeliest first: they all have the same bytes for the paths so far. */
  private candidates: Encoder[] = [];
  private tries = 0;
  private skipped = 0;
  private last: bigint | null = null;

  /** Java's names for what it may be, the likeliest first; none as long as it is not known. */
  get names(): string[] {
    return this.candidates.map(({ name }) => name);
  }

  get known(): boolean {
    return this.candidates.length > 0;
  }

  /** What a digest (a signed long) that differs from the tree's own is: another charset's, compared or not, or wrong. */
  explains(tree: DataTree, digest: bigint): "no" | "compared" | "taken" {
    const { known } = this;
    if (!known && this.tries >= MOST_TRIES) return "no";
    this.last = digest;
    if (known && ++this.skipped % COMPARED_EVERY !== 0) return "taken";
    if (this.has(tree, digest)) return "compared";
    // Over a fuzzy base the first may differ for another reason; later on one is enough.
    if (known) this.tries = MOST_TRIES;
    this.candidates = [];
    this.last = null;
    return "no";
  }

  /** A digest has matched as it is: what was taken before it is settled. */
  forget(): void {
    this.last = null;
  }

  /** Whether the last digest that was taken holds; null where there is none. */
  settle(tree: DataTree): boolean | null {
    return this.known && this.last !== null ? this.has(tree, this.last) : null;
  }

  /** Whether the tree has this digest (a signed long) in the server's charset; in any that is tried, if it is not known. */
  has(tree: DataTree, digest: bigint): boolean {
    const value = BigInt.asUintN(64, digest);
    const still = this.known ? charsetsOf(tree, value, () => this.candidates) : [];
    if (still.length > 0) {
      this.candidates = still;
      return true;
    }
    if (this.tries >= MOST_TRIES) return false;
    const others = charsetsOf(tree, value, () => CHARSETS.map(encoderOf));
    if (others.length === 0) {
      this.tries++;
      return false;
    }
    this.candidates = others;
    this.found++;
    return true;
  }
}

/** What a finding says of digests that are in one of these charsets. */
export function charsetMessage(names: readonly string[]): Message {
  const [first = "", ...others] = names;
  const questionMarks = first === "US-ASCII" ? ", each such character as “?”" : "";
  const more = others.length > MOST_NAMED ? say` and ${others.length - MOST_NAMED} more` : "";
  const alike =
    others.length === 0
      ? ""
      : say` (or ${joined(others.slice(0, MOST_NAMED).map(tag.system), ", ")}${more}: the same here)`;
  return say`the server's digests take paths that are not ASCII in ${tag.system(first)}${questionMarks}${alike}; they are compared in that form`;
}

const MOST_TRIES = 4;
const COMPARED_EVERY = 1000;
const MOST_NAMED = 3;

import { type DiffLine, lineDiff } from "./line-diff.js";

/** How a value changed, in the form that a person reads most easily. */
export type ValueDiff =
  | { kind: "same" }
  /** Both are JSON objects or arrays: what changed, by key. */
  | { kind: "json"; changes: readonly JsonChange[] }
  | { kind: "text"; lines: readonly DiffLine[] }
  /** At least one is null, empty or not text, or they are too long for a diff. */
  | { kind: "whole"; before: Whole; after: Whole; samePrefix: number; sameSuffix: number };

export interface JsonChange {
  /** A JSON Pointer (RFC 6901): `/brokers/0/port`. */
  pointer: string;
  change: "added" | "removed" | "changed";
  /** As JSON text. */
  before?: string;
  after?: string;
}

/** A value that is not compared line by line. */
export interface Whole {
  /** -1 for null. */
  length: number;
  text: boolean;
}

/** Lines shown around a change. */
const CONTEXT = 2;
/** A diff of longer values is of no use to a reader. */
const MOST_BYTES = 4 << 20;

export function diffValues(before: Uint8Array | null, after: Uint8Array | null): ValueDiff {
  if (before === after) return { kind: "same" };
  if (before !== null && after !== null && Buffer.compare(before, after) === 0) return { kind: "same" };
  const [a, b] = [textOf(before), textOf(after)];
  if (!a || !b) return whole(before, after, a, b);
  const changes = jsonDiff(a, b);
  if (changes) return { kind: "json", changes };
  return { kind: "text", lines: lineDiff(a, b, CONTEXT) };
}

/** A diff as lines to print; empty where nothing changed. What is in `text` is not yet safe for a terminal. */
export function valueDiffLines(diff: ValueDiff): readonly DiffLine[] {
  if (diff.kind === "same") return [];
  if (diff.kind === "text") return diff.lines;
  if (diff.kind === "json") return diff.changes.flatMap(jsonLines);
  const { before, after, samePrefix, sameSuffix } = diff;
  const same = [
    ...(samePrefix > 0 ? [`the first ${bytes(samePrefix)}`] : []),
    ...(sameSuffix > 0 ? [`the last ${bytes(sameSuffix)}`] : []),
  ];
  return [
    { mark: "-", text: wholeText(before) },
    { mark: "+", text: wholeText(after) },
    ...(same.length === 0 ? [] : [{ mark: " " as const, text: `the same: ${same.join(" and ")}` }]),
  ];
}

function jsonLines({ pointer, before, after }: JsonChange): DiffLine[] {
  return [
    ...(before === undefined ? [] : [{ mark: "-" as const, text: `${pointer}: ${before}` }]),
    ...(after === undefined ? [] : [{ mark: "+" as const, text: `${pointer}: ${after}` }]),
  ];
}

function wholeText({ length, text }: Whole): string {
  if (length < 0) return "null";
  return length === 0 ? "empty" : `${bytes(length)} of ${text ? "text" : "binary data"}`;
}

function bytes(count: number): string {
  return count === 1 ? "byte" : `${count} bytes`;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Controls other than a tab and the ends of lines. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f]/;

/** Undefined where a value is not text for people, or too long to be compared as such. */
function textOf(value: Uint8Array | null): string | undefined {
  if (value === null || value.length === 0 || value.length > MOST_BYTES) return undefined;
  try {
    const text = UTF8.decode(value);
    return CONTROL.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function whole(
  before: Uint8Array | null,
  after: Uint8Array | null,
  beforeText: string | undefined,
  afterText: string | undefined,
): ValueDiff {
  const [a, b] = [before ?? NOTHING, after ?? NOTHING];
  const most = Math.min(a.length, b.length);
  let samePrefix = 0;
  while (samePrefix < most && a[samePrefix] === b[samePrefix]) samePrefix++;
  let sameSuffix = 0;
  while (sameSuffix < most - samePrefix && a[a.length - 1 - sameSuffix] === b[b.length - 1 - sameSuffix]) sameSuffix++;
  return {
    kind: "whole",
    before: { length: before?.length ?? -1, text: beforeText !== undefined },
    after: { length: after?.length ?? -1, text: afterText !== undefined },
    samePrefix,
    sameSuffix,
  };
}

const NOTHING = new Uint8Array(0);

/**
 * What changed by key; null where the values are not both JSON objects or arrays, where parsing would lose something
 * (long numbers, a key that occurs twice), or where they differ only in how they are written.
 */
function jsonDiff(before: string, after: string): readonly JsonChange[] | null {
  const [a, b] = [losslessJson(before), losslessJson(after)];
  if (!a || !b || Array.isArray(a) !== Array.isArray(b)) return null;
  const changes: JsonChange[] = [];
  compare(a, b, "", changes, 0);
  return changes.length > 0 ? changes : null;
}

function losslessJson(text: string): object | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    const again = JSON.stringify(value);
    // As programs write it, most probably: without a space.
    if (again === text) return value as object;
    const compact = text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ""));
    return again === compact ? (value as object) : null;
  } catch {
    return null;
  }
}

function compare(a: unknown, b: unknown, pointer: string, changes: JsonChange[], depth: number): void {
  if (isContainer(a) && isContainer(b) && Array.isArray(a) === Array.isArray(b) && depth < MOST_DEPTH) {
    const place = (key: string): string => `${pointer}/${escapeKey(key)}`;
    for (const key of Object.keys(a)) {
      if (!Object.hasOwn(b, key))
        changes.push({ pointer: place(key), change: "removed", before: JSON.stringify(a[key]) });
      else if (a[key] !== b[key]) compare(a[key], b[key], place(key), changes, depth + 1);
    }
    for (const key of Object.keys(b)) {
      if (!Object.hasOwn(a, key)) changes.push({ pointer: place(key), change: "added", after: JSON.stringify(b[key]) });
    }
    return;
  }
  const [before, after] = [JSON.stringify(a), JSON.stringify(b)];
  if (before !== after) changes.push({ pointer, change: "changed", before, after });
}

/** Deeper than this, a value is compared as a whole. */
const MOST_DEPTH = 100;

/** An object or an array, whose indexes are its keys. */
function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function escapeKey(key: string): string {
  return /[~/]/.test(key) ? key.replaceAll("~", "~0").replaceAll("/", "~1") : key;
}

import type { FindingCode } from "../../findings/codes.js";

/** What a server's line can tell beside its words: the names of a pattern's groups. */
export type FactName =
  | "file"
  | "zxid"
  | "zxidDecimal"
  | "after"
  | "path"
  | "length"
  | "epoch"
  | "type"
  | "magic"
  | "acl";

/** Something that a server logs about its files: one pattern, checked against the sources of 3.4.14 to 3.9.5. */
export interface ServerMessage {
  /** Stable, for programs. */
  id: string;
  /** As the server writes it, … for what varies. */
  phrase: string;
  pattern: RegExp;
  /** Which class writes it. */
  where: string;
  /** What it means, and what the server does then. */
  meaning: string;
  /** Findings that can be behind it, likeliest first. */
  codes: readonly FindingCode[];
  /** What to run, where SOURCE is the data directory. */
  next: string;
}

/** A message whose pattern finds the facts that it names. */
export function message(
  id: string,
  phrase: string,
  pattern: RegExp,
  where: string,
  meaning: string,
  codes: readonly FindingCode[],
  next: string,
): ServerMessage {
  return { id, phrase, pattern, where, meaning, codes, next };
}

/** What to run; SOURCE is the data directory. */
export const NEXT = {
  verify: "zkrewind verify SOURCE",
  record: "zkrewind verify SOURCE names the record; zkrewind salvage SOURCE -o DIR makes a directory without it",
  older: "zkrewind info SOURCE shows from which older snapshot the state can be rebuilt",
  compare: "zkrewind compare NODE NODE… with the servers' data directories",
} as const;

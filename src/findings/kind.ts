import type { Severity } from "./severity.js";

/** Everything that is known of one kind of finding. */
export interface FindingKind {
  /** Its usual severity; where it is found may say another. */
  severity: Severity;
  /** What it means, in a line. */
  meaning: string;
  /** What the server says or does about it, in its own words where it has any. */
  server: string;
  /** What to do next. */
  next: string;
  /** Whether the file's bytes are damaged: what a server wrote itself is not, however odd. */
  damage: boolean;
  /**
   * What it keeps a server from: loading a snapshot (it takes an older one), reading a log that it must play (it does
   * not start), either of these, or starting at all. What each release does with given files: recovery/servers.
   */
  stops: "nothing" | "snapshot" | "log" | "either" | "start";
  /** Whether a sound file that a server is still writing looks like this. */
  unfinished: boolean;
  /**
   * What it tells of a replay: none finds it; found aside, it contradicts nothing; the tree has another digest than the
   * files say; a transaction does not find the tree as it should be.
   */
  replay: "none" | "aside" | "digest" | "tree";
  /** Which of a server's troubles it can cause, for `explain`. Likelier kinds come first in a table. */
  causes: readonly Trouble[];
  /** What `explain` recommends where this is the cause; empty where that depends on the message explained. */
  cures: readonly Cure[] | { readonly log: readonly Cure[]; readonly snapshot: readonly Cure[] };
}

/**
 * What a server can meet, beyond a snapshot that it does not load (`stops` tells that):
 * - log: it cannot begin to read a log;
 * - record: a record of a log is not as it was written;
 * - unseen: it goes on without transactions that were made;
 * - tree: its tree is not the one that the transactions were made on;
 * - histories: there are two histories in one directory, or in one ensemble.
 */
export type Trouble = "log" | "record" | "unseen" | "tree" | "histories";

/** What cures a finding; forensics/explain/next-steps.ts has the command or the words of each. */
export type Cure =
  | "disk"
  | "info"
  | "mixed-folders"
  | "move-empty"
  | "move-out"
  | "open-acls"
  | "restore"
  | "resync"
  | "salvage";

/** A table of kinds: the compiler refuses one that lacks a field. */
export function kinds<Code extends string>(table: Record<Code, FindingKind>): Readonly<Record<Code, FindingKind>> {
  return table;
}

export const SILENT = "The server says nothing.";
export const OLDER = "An older snapshot with the logs after it can rebuild the state: see `zkrewind info`.";

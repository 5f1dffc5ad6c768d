import type { FindingCode } from "../../findings/kinds.js";
import type { LookName } from "./looks/names.js";
import type { StepName } from "./next-steps.js";

/** What a message is in the story that a log tells; in the order in which they are told. */
export type Role =
  /** The server does not start, or dies, because of this. */
  | "stops"
  /** The server goes on, with data that is wrong or missing. */
  | "harms"
  /** Something does not work: a client is refused, a disk is slow, a connection is lost. */
  | "troubles"
  /** It follows from something that another message names. */
  | "follows"
  /** All is well. */
  | "normal";

export const ROLES: readonly Role[] = ["stops", "harms", "troubles", "follows", "normal"];

/** Where an exception must have been thrown for a message of Java's own to mean this. */
export type Origin = "files" | "connection";

/** What can be said about some messages that mean the same. */
export interface Answer {
  /** Stable, for programs. */
  id: string;
  role: Role;
  /** Texts as fixtures/server-messages.tsv has them, with names for what varies (template.ts). */
  says: readonly string[];
  /** Texts that are not in that table as they are: Java's own, other releases', or with a gap filled in. */
  also?: readonly string[];
  /** Of Java's messages: only where the line, or the stack below it, shows this. */
  origin?: Origin;
  /** What it means, and what the server does then. */
  means: string;
  /** Findings that can be behind it, likeliest first. */
  findings?: readonly FindingCode[];
  /** What else to look for in the files. */
  looks?: readonly LookName[];
  /** Where it comes from if nothing in the files is behind it. */
  otherwise?: string;
  /** What to do where nothing was looked for, or nothing found. */
  next?: readonly StepName[];
}

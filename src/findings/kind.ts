import type { Severity } from "./finding.js";

export interface FindingKind {
  severity: Severity;
  /** What it means, in a line. */
  meaning: string;
  /** What the server says or does about it, in its own words where it has any. */
  server: string;
  /** What to do next. */
  next: string;
}

export function kind(severity: Severity, meaning: string, server: string, next: string): FindingKind {
  return { severity, meaning, server, next };
}

export const SILENT = "The server says nothing.";

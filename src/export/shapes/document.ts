import { SCHEMA } from "../../text/schema.js";

/** The kinds of documents: the "type" of a JSON document, the "document" in the header of NDJSON. */
export type DocumentType =
  | "tree"
  | "transactions"
  | "history"
  | "diff"
  | "undo"
  | "sessions"
  | "session"
  | "du"
  | "growth"
  | "audit"
  | "node"
  | "info"
  | "verify"
  | "compare"
  | "explain"
  | "salvage"
  | "restored"
  | "converted"
  | "retention"
  | "backups"
  | "backup-run"
  | "backup-verify"
  | "backup-compact"
  | "backup-sync"
  | "backup-prune"
  | "backup-rekey"
  | "backup-drill"
  | "stats";

/** What a JSON document begins with. */
export function documentHead(type: DocumentType, fields: object): object {
  return { type, schema: SCHEMA, ...fields };
}

/** The first line of NDJSON. */
export function headerLine(document: DocumentType, fields: object): object {
  return { type: "header", document, schema: SCHEMA, ...fields };
}

import type { Redactor } from "./redact.js";

/**
 * What the strings under a key of the program's JSON are:
 *
 * - `own`: the program's words, ZooKeeper's names of things, names of files: never hidden;
 * - `number`: a zxid, a session, a time, a digest: kept where it looks like one;
 * - `message`: a message that was made into text with its values hidden; anything else is hidden whole;
 * - `bytes`: data in base64 that no "encoding" stands beside;
 * - the others as in a message (text/message.ts).
 */
export type JsonKind = "own" | "number" | "message" | "bytes" | "path" | "value" | "id" | "scheme" | "line" | "unknown";

export const HIDE_BY_KEY: Record<JsonKind, (redactor: Redactor, text: string) => string> = {
  own: (_, text) => text,
  number: (redactor, text) => (NUMBER.test(text) ? text : redactor.line(text)),
  message: (redactor, text) => (redactor.isSaid(text) ? text : redactor.line(text)),
  bytes: (redactor, text) => redactor.data(Buffer.from(text, "base64")).toString("base64"),
  path: (redactor, text) => redactor.path(text),
  value: (redactor, text) => redactor.text(text),
  id: (redactor, text) => redactor.id(text),
  scheme: (redactor, text) => redactor.scheme(text),
  line: (redactor, text) => redactor.line(text),
  unknown: (redactor, text) => redactor.line(text),
};

const NUMBER = /^(?:-?\d{1,20}|0x[0-9a-f]{1,16}|[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;

/** Strings only: numbers, null and the like are never hidden. `data` is hidden by its "encoding". */
export const JSON_KEYS: Readonly<Record<string, JsonKind>> = {
  ...all("own", [
    "type",
    "op",
    "change",
    "kind",
    "by",
    "cause",
    "ending",
    "probably",
    "encoding",
    "perms",
    "audit",
    "audits",
    "explanation",
    "detail",
    "fields",
    "code",
    "codes",
    "severity",
    "meaning",
    "server",
    "next",
    "stops",
    "file",
    "source",
    "sources",
    "snapshot",
    "base",
    "bridgedBy",
    "filledBy",
    "node",
    "nodes",
    "layout",
    "compression",
    "proof",
    "progname",
    "progver",
    "use",
    "end",
    "damaged",
    "unproven",
    "phrase",
    "class",
    "level",
    "releases",
    "role",
    "where",
    // Made of what is redacted already.
    "zkcli",
  ]),
  ...all("number", [
    "zxid",
    "czxid",
    "mzxid",
    "pzxid",
    "session",
    "ephemeralOwner",
    "owner",
    "aclId",
    "ttl",
    "time",
    "ctime",
    "mtime",
    "minute",
    "first",
    "last",
    "firstTime",
    "lastTime",
    "from",
    "to",
    "at",
    "since",
    "opened",
    "closed",
    "before",
    "after",
    "zxids",
    "suspectZxids",
    "last",
    "begin",
    "fuzzyUntil",
    "current",
    "accepted",
    "currentEpoch",
    "acceptedEpoch",
    "digest",
    "reach",
    "lastLogged",
    "lastSnapshot",
    "common",
    "crc32c",
  ]),
  ...all("message", [
    "message",
    "hint",
    "doubt",
    "reason",
    "reasons",
    "note",
    "notes",
    "why",
    "what",
    "unknown",
    "unread",
    "run",
    "say",
  ]),
  ...all("path", ["path", "paths", "inDoubt", "pattern", "include", "exclude", "znode", "parent", "top", "subtree"]),
  scheme: "scheme",
  line: "line",
  raw: "bytes",
  pathBase64: "bytes",
};

function all(kind: JsonKind, keys: readonly string[]): Record<string, JsonKind> {
  return Object.fromEntries(keys.map((key) => [key, kind]));
}

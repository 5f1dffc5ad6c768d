import type { Redactor } from "./redact.js";
import { jsonText } from "../../text/unsafe.js";

/**
 * Redacts JSON as it streams by, of any layout and size: strings are replaced by what their keys say they are; those
 * under keys that are not known are judged by their looks.
 */
export class JsonRedactor {
  private readonly redactor: Redactor;
  /** The containers that are open; `key` is the current one of an object, null in an array. */
  private readonly open: { array: boolean; key: string | null; coded: boolean }[] = [];
  private out = "";
  /** Of a string that is not at its end yet: what there is of it, its quote included. */
  private partial = "";
  private expectKey = false;
  /** A value whose encoding comes behind it, and what has been written since. */
  private held: { value: string; after: string } | null = null;

  constructor(redactor: Redactor) {
    this.redactor = redactor;
  }

  /** Takes more text; answers what can be written. */
  push(text: string): string {
    const all = this.partial + text;
    let at = 0;
    while (at < all.length) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(all)?.[0];
      // A string that goes on in the next piece.
      if (token === undefined) break;
      at += token.length;
      this.take(token);
    }
    this.partial = all.slice(at);
    return this.takeOut();
  }

  /** What is left when no more comes. */
  end(): string {
    this.settle("utf8");
    return this.takeOut() + this.partial;
  }

  private takeOut(): string {
    const { out } = this;
    this.out = "";
    return out;
  }

  private take(token: string): void {
    if (token.startsWith('"')) return this.string(token);
    if (token === "{" || token === "[") {
      this.open.push({ array: token === "[", key: null, coded: false });
      this.expectKey = token === "{";
    } else if (token === "}" || token === "]") {
      this.settle("utf8");
      this.open.pop();
      this.expectKey = false;
    } else if (token === ",") this.expectKey = this.open.at(-1)?.array === false;
    else if (token === ":") this.expectKey = false;
    this.write(token);
  }

  private string(token: string): void {
    const text = JSON.parse(token) as string;
    const container = this.open.at(-1);
    if (this.expectKey && container) {
      if (text !== "encoding") this.settle("utf8");
      container.key = text;
      if (text === "code") container.coded = true;
      this.write(jsonText(PLAIN_KEY.test(text) ? text : this.redactor.unknown(text)));
      return;
    }
    const key = this.keyOfValue();
    if (key === "encoding") {
      this.settle(text);
      this.write(token);
    } else if (key === "data") {
      this.settle("utf8");
      this.held = { value: text, after: "" };
    } else this.write(jsonText(this.replace(key, text)));
  }

  /** The nearest key: an array's items are what its key says. */
  private keyOfValue(): string | null {
    for (let at = this.open.length - 1; at >= 0; at--) {
      const container = this.open[at];
      if (container && !container.array) return container.key;
    }
    return null;
  }

  private replace(key: string | null, text: string): string {
    const { redactor } = this;
    if (key === null) return redactor.unknown(text);
    if (key === "id" && this.within("acl")) return redactor.id(text);
    if (key === "name")
      return this.open.at(-1)?.coded ? text : text.startsWith("/") ? redactor.path(text) : redactor.name(text);
    if (key === "value" && this.within("digest")) return text;
    if (ENCODED.has(key)) return redactor.data(Buffer.from(text, "base64")).toString("base64");
    if (KEPT.has(key)) return text;
    if (PATHS.has(key))
      return text.startsWith("/") || text.startsWith("*") ? redactor.path(text) : redactor.unknown(text);
    if (VALUES.has(key)) return redactor.text(text);
    return MESSAGES.has(key) ? redactor.message(text) : redactor.unknown(text);
  }

  private within(key: string): boolean {
    return this.open.some((container) => container.key === key);
  }

  /** Now that its encoding is known, writes the value that was held, and what came behind it. */
  private settle(encoding: string): void {
    const { held, redactor } = this;
    if (!held) return;
    this.held = null;
    const redacted =
      encoding === "base64" || encoding === "hex"
        ? redactor.data(Buffer.from(held.value, encoding)).toString(encoding)
        : redactor.text(held.value);
    this.out += jsonText(redacted) + held.after;
  }

  private write(text: string): void {
    if (this.held) this.held.after += text;
    else this.out += text;
  }
}

/** A whole string, a bracket, a comma or colon, or anything between them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^"[\]{},:]+/sy;
/** What an object of ours can have as a key; others (paths, values' own keys) are data. */
const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9]*$|^0x[0-9a-f]+$/;
const PATHS = new Set([
  "path",
  "paths",
  "inDoubt",
  "pattern",
  "include",
  "exclude",
  "znode",
  "parent",
  "top",
  "subtree",
]);
const VALUES = new Set(["before", "after", "value", "text", "lines"]);
/** Base64 that no "encoding" says to be such. */
const ENCODED = new Set(["raw", "pathBase64"]);
const MESSAGES = new Set([
  "message",
  "hint",
  "doubt",
  "detail",
  "reason",
  "reasons",
  "explanation",
  "meaning",
  "note",
  "why",
  "next",
  "server",
  "says",
  "does",
]);
/** Words of the program's own, and the names of files. */
const KEPT = new Set([
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
  "scheme",
  "audit",
  "audits",
  "fields",
  "code",
  "severity",
  "file",
  "source",
  "sources",
  "snapshot",
  "base",
  "bridgedBy",
  "layout",
  "compression",
  "proof",
  "progname",
  "progver",
  "use",
  "end",
  // Made of what is redacted already.
  "zkcli",
]);

import type { Redactor } from "./redact.js";
import { HIDE_BY_KEY, JSON_KEYS, type JsonKind } from "./json-keys.js";
import { jsonText } from "../../text/unsafe.js";

/**
 * Redacts JSON as it streams by, of any layout and size: each string is hidden as its key says (json-keys.ts). What has
 * a key that is not known there is hidden whole, whatever it is: better too much than too little.
 */
export class JsonRedactor {
  private readonly redactor: Redactor;
  /** The containers that are open; `key` is the current one of an object, null in an array. */
  private readonly open: { array: boolean; key: string | null; coded: boolean }[] = [];
  private out = "";
  /** Of a string that is not at its end yet: what there is of it, its quote included. */
  private partial = "";
  private expectKey = false;
  /** A value whose encoding comes after it, and what has been written since. */
  private held: { value: string; after: string } | null = null;

  constructor(redactor: Redactor) {
    this.redactor = redactor;
  }

  /** Takes more text; returns what can be written. */
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
      this.write(
        jsonText(
          PLAIN_KEY.test(text) ? text : HIDE_BY_KEY[text.startsWith("/") ? "path" : "unknown"](this.redactor, text),
        ),
      );
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
    return HIDE_BY_KEY[this.kindOf(key)](this.redactor, text);
  }

  private kindOf(key: string | null): JsonKind {
    if (key === null) return "unknown";
    // The same key is said of different things; what stands around it tells which.
    if (key === "id") return this.within("acl") ? "id" : "number";
    if (key === "name") return this.open.at(-1)?.coded || this.within("nodes") ? "own" : "path";
    if (key === "path" && (this.within("snapshots") || this.within("logs"))) return "own";
    if (key === "value" && this.within("digest")) return "number";
    return Object.hasOwn(JSON_KEYS, key) ? (JSON_KEYS[key] as JsonKind) : "unknown";
  }

  private within(key: string): boolean {
    return this.open.some((container) => container.key === key);
  }

  /** Now that its encoding is known, writes the value that was held, and what came after it. */
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

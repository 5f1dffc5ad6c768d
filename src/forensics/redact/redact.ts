import { createHash, randomBytes } from "node:crypto";
import type { Message, Tagged, TagKind } from "../../text/message.js";
import { OWN_NAMES, Pseudonyms } from "./pseudonym.js";

export type Redaction = "values" | "paths" | "ids";

/**
 * Replaces values, the names in paths, and the ids in ACLs by stable pseudonyms of the same length.
 *
 * What stays to be seen: how many znodes there are, the shape of the tree, lengths, which values and names are equal,
 * ten-digit sequence numbers, ZooKeeper's own names and all below them that is not the user's, ACL schemes and
 * permissions, sessions, zxids and times. Someone who has the key can test a guess, so a key is a secret; without one
 * each run has its own.
 */
export class Redactor {
  readonly what: ReadonlySet<Redaction>;
  private readonly pseudonyms: Pseudonyms;
  /** What messages were made into: text that hides what is to be hidden, and says so itself. */
  private readonly messages = new Set<string>();

  constructor(what: Iterable<Redaction>, key?: string) {
    this.what = new Set(what);
    this.pseudonyms = new Pseudonyms(key === undefined ? randomBytes(32) : createHash("sha256").update(key).digest());
  }

  /** A message with the values in it hidden as their tags say. */
  said({ parts }: Message): string {
    const text = parts.map((each) => (typeof each === "string" ? each : this.tagged(each))).join("");
    if (this.messages.size >= MOST_MESSAGES) this.messages.clear();
    this.messages.add(text);
    return text;
  }

  /** Whether a text is what a message was made into: any other text where a message belongs may hold anything. */
  isSaid(text: string): boolean {
    return this.messages.has(text);
  }

  /** A value as its tag says. */
  tagged({ kind, text }: Tagged): string {
    return HIDE[kind](this, text);
  }

  /** A path, a pattern, or a glob: `*` and `**` stay. */
  path(path: string): string {
    if (!this.what.has("paths")) return path;
    return path
      .split("/")
      .map((name) => this.part(name))
      .join("/");
  }

  /** The last part of a path. */
  name(name: string): string {
    return name.includes("/") ? this.path(name) : this.what.has("paths") ? this.part(name) : name;
  }

  /** A value, or a line of one. */
  text(text: string): string {
    return this.what.has("values") ? this.value(text) : text;
  }

  data(data: Uint8Array): Buffer {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
    if (!this.what.has("values")) return bytes;
    const text = bytes.toString("utf8");
    const isText = Buffer.from(text).equals(bytes) && !/(?![\t\n\r])\p{Cc}/u.test(text);
    return isText ? Buffer.from(this.value(text)) : this.pseudonyms.bytes(bytes);
  }

  /** An ACL's id: `user:digest`, an address, a name. */
  id(id: string): string {
    if (!this.what.has("ids") || id === "anyone" || id === "null") return id;
    return id
      .split(":")
      .map((part) => this.pseudonyms.of("id", part))
      .join(":");
  }

  /** An ACL's scheme: ZooKeeper's own are no one's secret. */
  scheme(scheme: string): string {
    return !this.what.has("ids") || OWN_SCHEMES.has(scheme) ? scheme : this.pseudonyms.of("id", scheme);
  }

  /** What may hold anything. */
  line(text: string): string {
    return this.value(text);
  }

  private part(name: string): string {
    if (OWN_NAMES.has(name)) return name;
    // A pattern's stars are no one's name.
    if (name.includes("*"))
      return name
        .split("*")
        .map((piece) => this.part(piece))
        .join("*");
    const [, prefix = name, sequence = ""] = SEQUENCE.exec(name) ?? [];
    return this.pseudonyms.of("name", prefix) + sequence;
  }

  private value(text: string): string {
    return this.pseudonyms.of("value", text);
  }
}

/** What the server appends to sequential znodes' names. */
const SEQUENCE = /^(.*?)(-?\d{10})$/s;
const HIDE: Record<TagKind, (redactor: Redactor, text: string) => string> = {
  path: (redactor, text) => redactor.path(text),
  name: (redactor, text) => redactor.name(text),
  value: (redactor, text) => redactor.text(text),
  id: (redactor, text) => redactor.id(text),
  scheme: (redactor, text) => redactor.scheme(text),
  line: (redactor, text) => redactor.line(text),
  file: (_, text) => text,
  given: (_, text) => text,
  system: (_, text) => text,
};
const OWN_SCHEMES: ReadonlySet<string> = new Set(["world", "auth", "digest", "ip", "sasl", "x509", "super", "null"]);
const MOST_MESSAGES = 100_000;

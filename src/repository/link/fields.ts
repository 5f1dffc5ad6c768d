import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";

/** A document of a repository that is not what the format says: whoever wrote it, nothing of it is believed. */
export class InvalidDocument extends ZkRewindError {
  override name = "InvalidDocument";

  constructor(object: string, why: Message) {
    super(say`${tag.file(object)}: ${why}`, { exitCode: 1 });
  }
}

/** Reads fields of a document, and says of the first that is wrong which one it is. */
export class Fields {
  private readonly object: string;
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(object: string, value: unknown) {
    this.object = object;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.wrong("document");
    this.fields = value as Record<string, unknown>;
  }

  /** Parses a document of a type; a newer format is refused. */
  static ofDocument(object: string, bytes: Uint8Array, type: string, format: number, key = "format"): Fields {
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes).toString("utf8"));
    } catch {
      throw new InvalidDocument(object, say`it is not JSON`);
    }
    const fields = new Fields(object, value);
    if (fields.text("type") !== type) throw fields.wrong("type");
    const found = fields.count(key);
    if (found > format)
      throw new ZkRewindError(say`${tag.file(object)} is of format ${found}, and this zkrewind reads up to ${format}`, {
        exitCode: 3,
        hint: say`A newer zkrewind wrote it: read it with that one.`,
      });
    if (found < 1) throw fields.wrong(key);
    return fields;
  }

  text(key: string): string {
    const value = this.fields[key];
    if (typeof value !== "string") throw this.wrong(key);
    return value;
  }

  count(key: string): number {
    const value = this.fields[key];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw this.wrong(key);
    return value;
  }

  flag(key: string): boolean {
    const value = this.fields[key];
    if (typeof value !== "boolean") throw this.wrong(key);
    return value;
  }

  zxid(key: string): bigint {
    const text = this.text(key);
    if (!/^0x[0-9a-f]{1,16}$/.test(text)) throw this.wrong(key);
    return BigInt.asIntN(64, BigInt(text));
  }

  /** Milliseconds: ISO, or the number where no date can hold it. */
  time(key: string): bigint {
    const text = this.text(key);
    if (/^-?\d{1,19}$/.test(text)) return BigInt(text);
    const value = Date.parse(text);
    if (Number.isNaN(value)) throw this.wrong(key);
    return BigInt(value);
  }

  crc32c(key: string): number {
    const text = this.text(key);
    if (!/^[0-9a-f]{8}$/.test(text)) throw this.wrong(key);
    return Number.parseInt(text, 16);
  }

  hash(key: string, digits: number): string {
    const text = this.text(key);
    if (text.length !== digits || !/^[0-9a-f]*$/.test(text)) throw this.wrong(key);
    return text;
  }

  has(key: string): boolean {
    return this.fields[key] !== undefined;
  }

  isNull(key: string): boolean {
    return this.fields[key] === null;
  }

  within(key: string): Fields {
    return new Fields(this.object, this.fields[key]);
  }

  list(key: string): Fields[] {
    return this.array(key).map((each) => new Fields(this.object, each));
  }

  texts(key: string): string[] {
    return this.array(key).map((each) => {
      if (typeof each !== "string") throw this.wrong(key);
      return each;
    });
  }

  wrong(key: string): InvalidDocument {
    return new InvalidDocument(this.object, say`its ${tag.given(key)} is not what the format says`);
  }

  private array(key: string): unknown[] {
    const value = this.fields[key];
    if (!Array.isArray(value)) throw this.wrong(key);
    return value;
  }
}

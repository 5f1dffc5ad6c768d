import { ZkRewindError } from "../findings/finding.js";
import { LATEST, parsePoint, type PointRequest } from "../recovery/index.js";
import { say, tag } from "../text/message.js";

/** The parameters of a request. Each getter throws ZkRewindError 2 where the text is not a value of its kind. */
export class Query {
  private readonly values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.values = values;
  }

  text(name: string): string | undefined {
    return this.values.get(name) ?? undefined;
  }

  texts(name: string): string[] {
    return this.values.getAll(name).filter((each) => each !== "");
  }

  flag(name: string): boolean {
    return this.values.get(name) === "1";
  }

  number(name: string, fallback: number, most: number): number {
    const text = this.values.get(name);
    if (text === null) return fallback;
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text)) throw wrong(name, text);
    return Math.min(value, most);
  }

  /** Milliseconds since 1970, also with a fraction or a sign. */
  time(name: string): number | undefined {
    const text = this.values.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) throw wrong(name, text);
    return value;
  }

  path(name = "path"): string {
    const text = this.values.get(name) ?? "/";
    if (!text.startsWith("/")) throw wrong(name, text);
    return text.replace(/\/+$/, "") || "/";
  }

  /** A znode's path as bytes. Paths that are not UTF-8 come as `base64:…`. */
  znode(name = "path"): Buffer {
    const text = this.values.get(name) ?? "/";
    return text.startsWith(AS_BYTES) ? bytesOf(name, text) : Buffer.from(this.path(name));
  }

  /** The same of several. */
  znodes(name: string): Buffer[] {
    return this.texts(name).map((text) => {
      if (text.startsWith(AS_BYTES)) return bytesOf(name, text);
      if (!text.startsWith("/")) throw wrong(name, text);
      return Buffer.from(text);
    });
  }

  id(name: string): bigint | undefined {
    const text = this.values.get(name);
    if (text === null) return undefined;
    if (!/^0x[0-9a-f]{1,16}$/i.test(text)) throw wrong(name, text);
    return BigInt.asIntN(64, BigInt(text));
  }

  point(name = "at"): PointRequest {
    const text = this.values.get(name);
    return text === null || text === "latest" ? LATEST : { point: parsePoint(text, "UTC"), inclusive: true };
  }
}

const AS_BYTES = "base64:";

function bytesOf(name: string, text: string): Buffer {
  const bytes = Buffer.from(text.slice(AS_BYTES.length), "base64");
  if (bytes[0] !== 0x2f) throw wrong(name, text);
  return bytes;
}

function wrong(name: string, text: string): ZkRewindError {
  return new ZkRewindError(say`${tag.given(name)} cannot be ${tag.line(text)}`, { exitCode: 2 });
}

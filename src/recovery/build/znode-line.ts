import { type Message, say, tag } from "../../text/message.js";
import { CONTAINER_HIGH, TTL_MARK } from "../../tree/index.js";

/** One of ZooKeeper's longs, in the halves that it is stored in. */
export interface Long {
  high: number;
  low: number;
}

/** A line that cannot be built: why. */
export class BadLine extends Error {
  constructor(readonly why: Message) {
    super("bad line");
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** `0x…` of up to 64 bits. */
export function hexLong(fields: Fields, name: string): Long | null {
  const text = fields[name];
  if (text === undefined) return null;
  if (typeof text !== "string" || !/^0x[0-9a-f]{1,16}$/i.test(text)) throw notA(name, text, "a number as 0x1f");
  const digits = text.length - 2;
  if (digits <= 8) return { high: 0, low: Number.parseInt(text, 16) };
  return { high: Number.parseInt(text.slice(0, -8), 16) | 0, low: Number.parseInt(text.slice(-8), 16) };
}

/** An ISO time, or milliseconds since 1970 in digits where no date can hold them. */
export function timeLong(fields: Fields, name: string): Long | null {
  const text = fields[name];
  if (text === undefined) return null;
  if (text === lastTime.text) return lastTime.value;
  const value = timeOf(name, text);
  lastTime = { text, value };
  return value;
}

/** Znodes that lie together were often made together. */
let lastTime: { text: unknown; value: Long | null } = { text: undefined, value: null };

function timeOf(name: string, text: unknown): Long {
  if (typeof text === "string") {
    if (/^-?\d{1,19}$/.test(text)) return fromBigInt(BigInt(text));
    const millis = /^[+-]?\d{4,6}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(millis)) return { high: Math.floor(millis / 2 ** 32), low: millis >>> 0 };
  }
  throw notA(name, text, "a time as 2026-11-23T01:34:32.374Z");
}

export function int(fields: Fields, name: string): number | null {
  const value = fields[name];
  if (value === undefined) return null;
  if (typeof value === "number" && Number.isInteger(value) && value === (value | 0)) return value;
  throw notA(name, value, "a number of 32 bits");
}

/** What a znode belongs to, by `kind`, `ttl` and `stat.ephemeralOwner`, which must agree; null where none says so. */
export function ownerOf(fields: Fields, stat: Fields): Long {
  const owner = hexLong(stat, "ephemeralOwner");
  const { kind, ttl } = fields;
  if (kind === undefined) return owner ?? { high: 0, low: 0 };
  const own = ownerByKind(kind, ttl, owner);
  if (owner && (owner.high !== own.high || owner.low !== own.low))
    throw new BadLine(say`its kind is ${tag.value(String(kind))}, and its ephemeralOwner says otherwise`);
  return own;
}

function ownerByKind(kind: unknown, ttl: unknown, owner: Long | null): Long {
  switch (kind) {
    case "persistent":
      return { high: 0, low: 0 };
    case "container":
      return { high: CONTAINER_HIGH, low: 0 };
    case "ttl":
      if (typeof ttl !== "number" || !Number.isInteger(ttl) || ttl < 0 || ttl >= 2 ** 40)
        throw notA("ttl", ttl, "milliseconds");
      return { high: TTL_MARK | Math.floor(ttl / 2 ** 32), low: ttl >>> 0 };
    case "ephemeral":
      if (!owner || (owner.high === 0 && owner.low === 0))
        throw new BadLine(say`an ephemeral without a session in its ephemeralOwner`);
      return owner;
    default:
      throw notA("kind", kind, "persistent, ephemeral, container or ttl");
  }
}

/** The bytes of `data`, by `encoding`; null for null, and where there is none at all. */
export function dataOf({ data, encoding }: Fields): Buffer | null {
  if (data === undefined || data === null) return null;
  if (typeof data !== "string") throw notA("data", data, "text");
  if (encoding === undefined || encoding === "utf8") return Buffer.from(data);
  if (encoding !== "base64" && encoding !== "hex") throw notA("encoding", encoding, "utf8, base64 or hex");
  const bytes = Buffer.from(data, encoding);
  if (bytes.toString(encoding) !== (encoding === "hex" ? data.toLowerCase() : data))
    throw new BadLine(say`its data is not ${encoding}`);
  return bytes;
}

/** Why ZooKeeper refuses a path (PathUtils.validatePath); null where it does not. */
export function refusedPath(path: string): Message | null {
  if (!path.startsWith("/")) return say`it does not begin with "/"`;
  if (path === "/") return null;
  if (path.endsWith("/")) return say`it ends in "/"`;
  if (path.includes("//")) return say`it has an empty name`;
  if (/\/\.\.?(\/|$)/.test(path)) return say`it has a name "." or ".."`;
  const character = REFUSED.exec(path)?.[0];
  return character === undefined ? null : say`it has a character that no path can have, U+${hexOf(character)}`;
}

// oxlint-disable-next-line no-control-regex
const REFUSED = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

function hexOf(character: string): ReturnType<typeof tag.system> {
  return tag.system(character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0"));
}

export function notA(name: string, value: unknown, what: string): BadLine {
  const text = value === undefined ? "nothing" : JSON.stringify(value).slice(0, 80);
  return new BadLine(say`${tag.system(name)} is ${tag.value(text)}, not ${tag.system(what)}`);
}

function fromBigInt(value: bigint): Long {
  return { high: Number(BigInt.asIntN(32, value >> 32n)), low: Number(BigInt.asUintN(32, value)) };
}

import type { Block } from "../checksum/index.js";
import { LARGE_VALUE } from "../storage/large-value.js";
import { dataAt, kindOf, STAT, ttlOf } from "../tree/index.js";
import type { AclJsonById } from "./acl-json.js";
import { type JsonBytes, literal } from "./json-bytes.js";
import type { Sink } from "./sink.js";
import { type DataMode, writeData, writeLargeData } from "./value.js";

/** What a znode's record does not say about it. */
export interface ZnodePlace {
  /** -1 where it is not known: then it is left out. */
  numChildren: number;
  /** Whether no path of znodes leads to it from the root. */
  orphan: boolean;
}

/** Writes znodes as JSON objects, straight from their records (tree/record.ts), without an object for any of them. */
export class ZnodeJson {
  private readonly out: JsonBytes;
  private readonly acls: AclJsonById;
  private readonly mode: DataMode;

  constructor(out: JsonBytes, acls: AclJsonById, mode: DataMode) {
    this.out = out;
    this.acls = acls;
    this.mode = mode;
  }

  /**
   * Appends the znode whose record lies at block[record…]: `begin` (the brace and what comes before the path), and
   * everything but the closing brace. Answers a promise only for a value so long that it goes to `sink` in pieces.
   */
  write(begin: Uint8Array, block: Block, record: number, place: ZnodePlace, sink: Sink): void | Promise<void> {
    const { out, mode } = this;
    const { view, bytes } = block;
    out.raw(begin);
    this.writePath(bytes, record + 4, view.getInt32(record));
    const data = dataAt(view, record);
    const length = view.getInt32(data);
    if (length > LARGE_VALUE) return this.writeLarge(block, data, place, sink);
    writeData(out, mode, bytes, data + 4, length);
    this.writeRest(view, data + 4 + (length > 0 ? length : 0), length, place);
  }

  private async writeLarge(block: Block, data: number, place: ZnodePlace, sink: Sink): Promise<void> {
    const length = block.view.getInt32(data);
    await writeLargeData(this.out, this.mode, block.bytes, data + 4, length, sink);
    this.writeRest(block.view, data + 4 + length, length, place);
  }

  /** Appends what comes before the value of a znode whose value passes by in pieces: `begin` and the path. */
  beginLarge(begin: Uint8Array, bytes: Buffer, pathStart: number, pathLength: number): void {
    this.out.raw(begin);
    this.writePath(bytes, pathStart, pathLength);
  }

  /** What comes behind such a value, everything but the closing brace. `aclAt`: where the aclId and the stat lie. */
  endLarge(block: Block, aclAt: number, dataLength: number, place: ZnodePlace): void {
    this.writeRest(block.view, aclAt, dataLength, place);
  }

  private writePath(bytes: Buffer, start: number, length: number): void {
    const { out } = this;
    out.raw(PATH);
    if (length === 0) out.raw(ROOT_PATH);
    else writePath(out, bytes, start, length);
  }

  private writeRest(view: DataView, aclAt: number, dataLength: number, place: ZnodePlace): void {
    const { out } = this;
    const acl = this.acls.get(view.getInt32(aclAt) * 2 ** 32 + view.getUint32(aclAt + 4));
    if (acl) {
      out.raw(ACL);
      out.raw(acl);
    } else {
      out.raw(DANGLING_ACL);
      out.raw(Buffer.from(`"${view.getBigInt64(aclAt)}"`));
    }
    const stat = aclAt + 8;
    this.hex(CZXID, view, stat + STAT.czxid);
    this.hex(MZXID, view, stat + STAT.mzxid);
    this.hex(PZXID, view, stat + STAT.pzxid);
    this.time(CTIME, view, stat + STAT.ctime);
    this.time(MTIME, view, stat + STAT.mtime);
    this.int(VERSION, view.getInt32(stat + STAT.version));
    this.int(CVERSION, view.getInt32(stat + STAT.cversion));
    this.int(AVERSION, view.getInt32(stat + STAT.aversion));
    this.hex(OWNER, view, stat + STAT.ephemeralOwner);
    this.int(DATA_LENGTH, dataLength > 0 ? dataLength : 0);
    if (place.numChildren >= 0) this.int(NUM_CHILDREN, place.numChildren);
    this.writeKind(view.getInt32(stat + STAT.ephemeralOwner), view.getUint32(stat + STAT.ephemeralOwner + 4));
    if (place.orphan) out.raw(ORPHAN);
  }

  private writeKind(high: number, low: number): void {
    const { out } = this;
    const kind = kindOf(high, low);
    if (kind === "persistent") out.raw(PERSISTENT);
    else if (kind === "ephemeral") out.raw(EPHEMERAL);
    else if (kind === "container") out.raw(CONTAINER);
    else {
      out.raw(TTL);
      out.number(ttlOf(high, low));
    }
  }

  private hex(key: Uint8Array, view: DataView, at: number): void {
    this.out.raw(key);
    this.out.hexLong(view.getInt32(at), view.getInt32(at + 4));
  }

  private time(key: Uint8Array, view: DataView, at: number): void {
    this.out.raw(key);
    this.out.time(view.getInt32(at), view.getInt32(at + 4));
  }

  private int(key: Uint8Array, value: number): void {
    this.out.raw(key);
    this.out.int(value);
  }
}

/** A path as a JSON string; one that is not UTF-8 as it looks, with `,"pathBase64":…` for what it is. */
export function writePath(out: JsonBytes, bytes: Buffer, start: number, length: number): void {
  if (out.text(bytes, start, start + length, false)) return;
  out.value(bytes.toString("utf8", start, start + length));
  out.raw(PATH_BASE64);
  out.base64(bytes, start, start + length);
  out.raw(QUOTE);
}

const PATH = literal('"path":');
const ROOT_PATH = literal('"/"');
const PATH_BASE64 = literal(',"pathBase64":"');
const QUOTE = literal('"');
const ACL = literal(',"acl":');
const DANGLING_ACL = literal(',"acl":null,"aclId":');
const CZXID = literal(',"stat":{"czxid":');
const MZXID = literal(',"mzxid":');
const PZXID = literal(',"pzxid":');
const CTIME = literal(',"ctime":');
const MTIME = literal(',"mtime":');
const VERSION = literal(',"version":');
const CVERSION = literal(',"cversion":');
const AVERSION = literal(',"aversion":');
const OWNER = literal(',"ephemeralOwner":');
const DATA_LENGTH = literal(',"dataLength":');
const NUM_CHILDREN = literal(',"numChildren":');
const PERSISTENT = literal('},"kind":"persistent"');
const EPHEMERAL = literal('},"kind":"ephemeral"');
const CONTAINER = literal('},"kind":"container"');
const TTL = literal('},"kind":"ttl","ttl":');
const ORPHAN = literal(',"orphan":true');

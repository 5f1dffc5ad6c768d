import type { Block } from "../../checksum/index.js";
import { LARGE_VALUE } from "../../storage/large-value.js";
import { dataAt, STAT_LENGTH } from "../../tree/index.js";
import type { AclJsonById, KnownAcl } from "./acl-json.js";
import { type JsonBytes, type JsonLiteral, literal } from "./json-bytes.js";
import { KERNEL_MODE } from "./json-kernel.js";
import type { ZnodePlace } from "../format.js";
import type { Sink } from "../../io/sink.js";
import type { DataMode } from "../value/data-mode.js";
import { aclIdAt } from "../../storage/znode-record.js";
import { writeData, writeLargeData } from "./value-json.js";

/** Writes znodes as JSON objects, straight from their records (tree/znode-fields.ts), without an object for any of them. */
export class ZnodeJson {
  private readonly out: JsonBytes;
  private readonly acls: AclJsonById;
  private readonly mode: DataMode;
  private readonly kernelMode: number;

  constructor(out: JsonBytes, acls: AclJsonById, mode: DataMode) {
    this.out = out;
    this.acls = acls;
    this.mode = mode;
    this.kernelMode = KERNEL_MODE[mode];
  }

  /**
   * Appends the znode whose record is at block[record…]: `begin` (the brace and what comes before the path), and
   * everything but the closing brace. Returns a promise only for a value so long that it goes to `sink` in pieces.
   */
  write(begin: JsonLiteral, block: Block, record: number, place: ZnodePlace, sink: Sink): void | Promise<void> {
    const { out } = this;
    const { view, bytes } = block;
    const data = dataAt(view, record);
    const length = view.getInt32(data);
    const aclAt = data + 4 + (length > 0 ? length : 0);
    const acl = this.aclOf(view, aclAt);
    out.raw(begin);
    if (acl?.kept) {
      const end = aclAt + 8 + STAT_LENGTH;
      if (out.znode(bytes, record, end, this.kernelMode, acl.kept, place.numChildren, place.orphan)) return;
    }
    this.writePath(bytes, record + 4, view.getInt32(record));
    if (length > LARGE_VALUE) return this.writeLarge(block, data, place, sink);
    writeData(out, this.mode, bytes, data + 4, length);
    this.writeEnd(block, aclAt, length, place);
  }

  /** Appends what comes before the value of a znode whose value passes by in pieces: `begin` and the path. */
  beginLarge(begin: JsonLiteral, bytes: Buffer, pathStart: number, pathLength: number): void {
    this.out.raw(begin);
    this.writePath(bytes, pathStart, pathLength);
  }

  /** What comes after such a value, everything but the closing brace. `aclAt`: where the aclId and the stat are. */
  endLarge(block: Block, aclAt: number, dataLength: number, place: ZnodePlace): void {
    this.writeEnd(block, aclAt, dataLength, place);
  }

  private writePath(bytes: Buffer, start: number, length: number): void {
    const { out } = this;
    out.raw(PATH);
    // The root's is empty in a snapshot.
    if (length === 0) out.raw(ROOT_PATH);
    else writePath(out, bytes, start, length);
  }

  private async writeLarge(block: Block, data: number, place: ZnodePlace, sink: Sink): Promise<void> {
    const length = block.view.getInt32(data);
    await writeLargeData(this.out, this.mode, block.bytes, data + 4, length, sink);
    this.writeEnd(block, data + 4 + length, length, place);
  }

  private writeEnd({ view, bytes }: Block, aclAt: number, dataLength: number, place: ZnodePlace): void {
    const { out } = this;
    const acl = this.aclOf(view, aclAt);
    if (acl) {
      out.raw(ACL);
      out.raw(acl.json);
    } else {
      out.raw(DANGLING_ACL);
      out.value(String(view.getBigInt64(aclAt)));
    }
    out.znodeEnd(bytes, aclAt + 8, dataLength > 0 ? dataLength : 0, place.numChildren, place.orphan);
  }

  private aclOf(view: DataView, aclAt: number): KnownAcl | null {
    return this.acls.get(aclIdAt(view, aclAt));
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

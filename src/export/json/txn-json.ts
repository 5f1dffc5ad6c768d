import { Body, errorName, OpCode, opName, TxnCursor, type TxnShape } from "../../txn/index.js";
import { AclJsonByContent } from "./acl-json.js";
import { LARGE_VALUE } from "../../storage/large-value.js";
import { type JsonBytes, type JsonLiteral, literal } from "./json-bytes.js";
import type { TxnPlace } from "../../recovery/scan/txn-visitor.js";
import type { Sink } from "../../io/sink.js";
import type { DataMode } from "../value/data-mode.js";
import { writeData, writeLargeBase64, writeLargeData } from "./value-json.js";
import { writePath } from "./znode-json.js";
import { jsonText } from "../../text/unsafe.js";

/** Writes transactions as JSON objects, straight from the cursor that has parsed them. */
export class TxnJson {
  private readonly out: JsonBytes;
  private readonly mode: DataMode;
  private readonly sink: Sink;
  private readonly acls = new AclJsonByContent();
  private readonly member = new TxnCursor();
  private readonly names = new Map<number, JsonLiteral>();
  private file = "";
  private fileJson: JsonLiteral = literal("");

  /** What is too long to be gathered goes to `sink` on the way. */
  constructor(out: JsonBytes, mode: DataMode, sink: Sink) {
    this.out = out;
    this.mode = mode;
    this.sink = sink;
  }

  /**
   * Appends the transaction as one object; `bytes` are those that the cursor was given. Returns a promise only for one
   * so long that it goes to the sink in pieces: until then, bytes and cursor must stay as they are.
   */
  write(begin: JsonLiteral, txn: TxnCursor, shape: TxnShape, bytes: Buffer, place: TxnPlace): void | Promise<void> {
    const { out } = this;
    out.raw(begin);
    out.txnBegin(txn);
    out.raw(NEXT_OP);
    this.writeOp(txn.type);
    const long = shape === "ok" ? this.writeBody(txn, bytes) : this.writeRaw(txn, bytes);
    if (long) return long.then(() => this.writeEnd(txn, place));
    this.writeEnd(txn, place);
  }

  private writeEnd(txn: TxnCursor, place: TxnPlace): void {
    const { out } = this;
    if (txn.hasDigest) out.txnDigest(txn);
    if (!place.checksumOk) out.raw(DAMAGED);
    out.raw(this.jsonOfFile(place.file));
    out.number(place.offset);
    out.raw(CLOSE);
  }

  private writeBody(txn: TxnCursor, bytes: Buffer): void | Promise<void> {
    const { out } = this;
    const { body } = txn;
    switch (body) {
      case Body.create:
        this.writePath(txn, bytes);
        if (txn.dataLength > LARGE_VALUE)
          return this.writeLargeData(txn, bytes).then(() => this.writeCreated(txn, bytes));
        writeData(out, this.mode, bytes, txn.dataStart, txn.dataLength);
        this.writeCreated(txn, bytes);
        break;
      case Body.delete:
        this.writePath(txn, bytes);
        break;
      case Body.setData:
        this.writePath(txn, bytes);
        if (txn.dataLength > LARGE_VALUE) return this.writeLargeData(txn, bytes).then(() => this.writeVersion(txn));
        writeData(out, this.mode, bytes, txn.dataStart, txn.dataLength);
        this.writeVersion(txn);
        break;
      case Body.setAcl:
        this.writePath(txn, bytes);
        this.writeAcl(txn, bytes);
        this.writeVersion(txn);
        break;
      case Body.check:
        this.writePath(txn, bytes);
        this.writeVersion(txn);
        break;
      case Body.createSession:
        out.raw(TIMEOUT);
        out.int(txn.timeout);
        break;
      case Body.closeSession:
        if (txn.items >= 0) this.writePaths(txn, bytes);
        break;
      case Body.error:
        return this.writeError(txn, bytes);
      case Body.multi:
        out.raw(MEMBERS);
        return this.writeMembers(txn, bytes, 0, txn.itemsStart);
      case Body.none:
        break;
      default:
        body satisfies never;
    }
  }

  private writeLargeData(txn: TxnCursor, bytes: Buffer): Promise<void> {
    return writeLargeData(this.out, this.mode, bytes, txn.dataStart, txn.dataLength, this.sink);
  }

  /** What follows the data of a create. */
  private writeCreated(txn: TxnCursor, bytes: Buffer): void {
    const { out } = this;
    this.writeAcl(txn, bytes);
    out.raw(txn.ephemeral ? EPHEMERAL : NOT_EPHEMERAL);
    out.int(txn.parentCVersion);
    if (txn.type === OpCode.createTTL) this.writeTtl(txn);
  }

  private writePath(txn: TxnCursor, bytes: Buffer): void {
    this.out.raw(PATH);
    writePath(this.out, bytes, txn.pathStart, txn.pathLength);
  }

  private writeAcl(txn: TxnCursor, bytes: Buffer): void {
    this.out.raw(ACL);
    this.out.raw(this.acls.get(bytes, txn.aclStart, txn.aclEnd));
  }

  private writeVersion(txn: TxnCursor): void {
    this.out.raw(VERSION);
    this.out.int(txn.version);
  }

  private writeTtl(txn: TxnCursor): void {
    this.out.raw(TTL);
    const ttl = txn.ttlHigh * 2 ** 32 + txn.ttlLow;
    if (Number.isSafeInteger(ttl)) this.out.number(ttl);
    else this.out.value(String((BigInt(txn.ttlHigh) << 32n) | BigInt(txn.ttlLow)));
  }

  private writePaths(txn: TxnCursor, bytes: Buffer): void {
    const { out } = this;
    out.raw(PATHS);
    for (let index = 0, at = txn.itemsStart; index < txn.items; index++) {
      const length = txn.view.getInt32(at);
      if (index > 0) out.raw(COMMA);
      if (!out.text(bytes, at + 4, at + 4 + length, false)) out.value(bytes.toString("utf8", at + 4, at + 4 + length));
      at += 4 + length;
    }
    out.raw(CLOSE_LIST);
  }

  /** Some servers keep, in a failed multi, the request itself where the error's number should be. */
  private writeError(txn: TxnCursor, bytes: Buffer): void | Promise<void> {
    if (txn.bodyEnd - txn.bodyStart !== 4) return this.writeRaw(txn, bytes);
    const { out } = this;
    out.raw(ERROR);
    out.int(txn.error);
    out.raw(ERROR_NAME);
    out.value(errorName(txn.error));
    out.raw(CLOSE);
  }

  /** The members from `first` on, which is at `start`. */
  private writeMembers(txn: TxnCursor, bytes: Buffer, first: number, start: number): void | Promise<void> {
    const { out, member } = this;
    let at = start;
    for (let index = first; index < txn.items; index++) {
      const whole = txn.parseMember(member, at) >= 0;
      if (index > 0) out.raw(COMMA);
      out.raw(OP);
      this.writeOp(member.type);
      const long = whole ? this.writeBody(member, bytes) : this.writeRaw(member, bytes);
      if (long || out.isFull) return this.writeMembersAfter(long, txn, bytes, index);
      out.raw(CLOSE);
      at = member.bodyEnd;
    }
    out.raw(CLOSE_LIST);
  }

  /** The members after one that is long, or where much is gathered. */
  private async writeMembersAfter(
    long: void | Promise<void>,
    txn: TxnCursor,
    bytes: Buffer,
    index: number,
  ): Promise<void> {
    await long;
    await this.out.drain(this.sink);
    this.out.raw(CLOSE);
    await this.writeMembers(txn, bytes, index + 1, this.member.bodyEnd);
  }

  /** A body that is not understood: its bytes. */
  private writeRaw(txn: TxnCursor, bytes: Buffer): void | Promise<void> {
    const { out } = this;
    out.raw(RAW);
    if (txn.bodyEnd - txn.bodyStart > LARGE_VALUE)
      return writeLargeBase64(out, bytes, txn.bodyStart, txn.bodyEnd, this.sink).then(() => out.raw(QUOTE));
    out.base64(bytes, txn.bodyStart, txn.bodyEnd);
    out.raw(QUOTE);
  }

  private writeOp(type: number): void {
    let name = this.names.get(type);
    if (!name) this.names.set(type, (name = literal(jsonText(opName(type)))));
    this.out.raw(name);
  }

  /** The file's name, and the offset's key. */
  private jsonOfFile(file: string): JsonLiteral {
    if (file !== this.file) {
      this.file = file;
      this.fileJson = literal(`,"file":${jsonText(file)},"offset":`);
    }
    return this.fileJson;
  }
}

const NEXT_OP = literal(',"op":');
const OP = literal('{"op":');
const PATH = literal(',"path":');
const ACL = literal(',"acl":');
const EPHEMERAL = literal(',"ephemeral":true,"parentCVersion":');
const NOT_EPHEMERAL = literal(',"ephemeral":false,"parentCVersion":');
const TTL = literal(',"ttl":');
const VERSION = literal(',"version":');
const TIMEOUT = literal(',"timeout":');
const PATHS = literal(',"paths":[');
const MEMBERS = literal(',"members":[');
const CLOSE_LIST = literal("]");
const COMMA = literal(",");
const ERROR = literal(',"error":{"code":');
const ERROR_NAME = literal(',"name":');
const CLOSE = literal("}");
const RAW = literal(',"raw":"');
const QUOTE = literal('"');
const DAMAGED = literal(',"damaged":"log.crc"');

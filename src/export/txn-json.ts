import { errorName, OpCode, opName, TxnCursor, type TxnShape } from "../txn/index.js";
import { AclJsonByContent } from "./acl-json.js";
import { type JsonBytes, type Literal, literal } from "./json-bytes.js";
import { type DataMode, writeData } from "./value.js";
import { writePath } from "./znode-json.js";

/** Where a transaction's record lies, and whether its bytes are what was written. */
export interface TxnPlace {
  file: string;
  offset: number;
  /** Bytes of the payload. */
  length: number;
  checksumOk: boolean;
}

/** Writes transactions as JSON objects, straight from the cursor that has parsed them. */
export class TxnJson {
  private readonly out: JsonBytes;
  private readonly mode: DataMode;
  private readonly acls = new AclJsonByContent();
  private readonly member = new TxnCursor();
  private readonly names = new Map<number, Literal>();
  private file = "";
  private fileJson: Literal = literal("");

  constructor(out: JsonBytes, mode: DataMode) {
    this.out = out;
    this.mode = mode;
  }

  /** Appends the transaction as one object; `bytes` are those that the cursor was given. */
  write(begin: Literal, txn: TxnCursor, shape: TxnShape, bytes: Buffer, place: TxnPlace): void {
    const { out } = this;
    out.raw(begin);
    out.txnBegin(txn);
    out.raw(NEXT_OP);
    this.writeOp(txn.type);
    if (shape === "ok") this.writeBody(txn, bytes);
    else this.writeRaw(txn, bytes);
    if (txn.hasDigest) out.txnDigest(txn);
    if (!place.checksumOk) out.raw(DAMAGED);
    out.raw(this.jsonOfFile(place.file));
    out.number(place.offset);
    out.raw(CLOSE);
  }

  private writeBody(txn: TxnCursor, bytes: Buffer): void {
    const { out } = this;
    switch (txn.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
        this.writePath(txn, bytes);
        writeData(out, this.mode, bytes, txn.dataStart, txn.dataLength);
        this.writeAcl(txn, bytes);
        out.raw(txn.ephemeral ? EPHEMERAL : NOT_EPHEMERAL);
        out.int(txn.parentCVersion);
        if (txn.type === OpCode.createTTL) this.writeTtl(txn);
        break;
      case OpCode.delete:
      case OpCode.deleteContainer:
        this.writePath(txn, bytes);
        break;
      case OpCode.setData:
      case OpCode.reconfig:
        this.writePath(txn, bytes);
        writeData(out, this.mode, bytes, txn.dataStart, txn.dataLength);
        this.writeVersion(txn);
        break;
      case OpCode.setACL:
        this.writePath(txn, bytes);
        this.writeAcl(txn, bytes);
        this.writeVersion(txn);
        break;
      case OpCode.check:
        this.writePath(txn, bytes);
        this.writeVersion(txn);
        break;
      case OpCode.createSession:
        out.raw(TIMEOUT);
        out.int(txn.timeout);
        break;
      case OpCode.closeSession:
        if (txn.items >= 0) this.writePaths(txn, bytes);
        break;
      case OpCode.error:
        this.writeError(txn, bytes);
        break;
      case OpCode.multi:
        this.writeMembers(txn, bytes);
        break;
    }
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
  private writeError(txn: TxnCursor, bytes: Buffer): void {
    if (txn.bodyEnd - txn.bodyStart !== 4) return this.writeRaw(txn, bytes);
    const { out } = this;
    out.raw(ERROR);
    out.int(txn.error);
    out.raw(ERROR_NAME);
    out.value(errorName(txn.error));
    out.raw(CLOSE);
  }

  private writeMembers(txn: TxnCursor, bytes: Buffer): void {
    const { out, member } = this;
    out.raw(MEMBERS);
    let at = txn.itemsStart;
    for (let index = 0; index < txn.items; index++) {
      const whole = txn.parseMember(member, at) >= 0;
      if (index > 0) out.raw(COMMA);
      out.raw(OP);
      this.writeOp(member.type);
      if (whole) this.writeBody(member, bytes);
      else this.writeRaw(member, bytes);
      out.raw(CLOSE);
      at = member.bodyEnd;
    }
    out.raw(CLOSE_LIST);
  }

  /** A body that is not understood: its bytes. */
  private writeRaw(txn: TxnCursor, bytes: Buffer): void {
    const { out } = this;
    out.raw(RAW);
    out.base64(bytes, txn.bodyStart, txn.bodyEnd);
    out.raw(QUOTE);
  }

  private writeOp(type: number): void {
    let name = this.names.get(type);
    if (!name) this.names.set(type, (name = literal(JSON.stringify(opName(type)))));
    this.out.raw(name);
  }

  /** The file's name, and the offset's key. */
  private jsonOfFile(file: string): Literal {
    if (file !== this.file) {
      this.file = file;
      this.fileJson = literal(`,"file":${JSON.stringify(file)},"offset":`);
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

import { JuteReader } from "../jute/index.js";
import { skipAcl } from "../storage/acl.js";
import { SLASH } from "../storage/path.js";
import { fromHalves } from "../storage/zxid.js";
import { Body, type BodyKind, bodyOf, OpCode } from "./ops.js";

/** How a payload parsed. */
export type TxnShape =
  | "ok"
  /** The type is none that is known: the header is good, the body is not looked at. */
  | "unknown"
  /** The body does not fit the payload. */
  | "malformed";

/**
 * A transaction as it is in a log: the one decoder that verify, replay, log, history and salvage share.
 *
 * `parse` steps over a payload, checks that it fits to its last byte and leaves numbers and spans (offsets into the
 * bytes it was given) in the fields; it makes no objects. Which fields mean something depends on `type`.
 *
 * @example
 * import { discover } from "zkrewind/recovery";
 * import { LogReader } from "zkrewind/storage";
 * import { opName, TxnCursor } from "zkrewind/txn";
 *
 * const reader = new LogReader(discover(["fixtures/3.8.6-standalone"]).logs[0].open());
 * const cursor = new TxnCursor();
 * await reader.readHead();
 * while (await reader.fill())
 *   while (reader.next()) {
 *     const shape = cursor.parse(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
 *     if (shape === "ok" && cursor.zxidLow < 9) console.log(cursor.zxid, opName(cursor.type));
 *   }
 * reader.close();
 */
export class TxnCursor {
  view: DataView = EMPTY;

  // TxnHeader
  sessionHigh = 0;
  sessionLow = 0;
  cxid = 0;
  zxidHigh = 0;
  zxidLow = 0;
  timeHigh = 0;
  timeLow = 0;
  type = 0;
  /** What `type` has for a body. */
  body: BodyKind = Body.none;

  // The body. A span's length is -1 where it is null.
  pathStart = 0;
  pathLength = 0;
  dataStart = 0;
  dataLength = 0;
  /** The vector<ACL> as it is, its count included. */
  aclStart = 0;
  aclEnd = 0;
  ephemeral = false;
  /** -1 also where a creator before 3.4 wrote none. */
  parentCVersion = -1;
  /** A create of before 3.4 (CreateTxnV0). */
  isV0 = false;
  ttlHigh = 0;
  ttlLow = 0;
  /** setData, setACL: the version that the znode has afterwards; check: the one it must have. */
  version = 0;
  /** createSession: milliseconds. */
  timeout = 0;
  /** error: a KeeperException code; 0 where a multi's member carries something else. */
  error = 0;
  /** closeSession: how many paths2Delete, -1 where there is no list; multi: how many members. */
  items = 0;
  /** Where the items begin. */
  itemsStart = 0;
  bodyStart = 0;
  bodyEnd = 0;

  // TxnDigest (3.6+)
  hasDigest = false;
  digestVersion = 0;
  digestHigh = 0;
  digestLow = 0;

  private readonly cursor = new JuteReader();
  /** Made when a multi is looked into. */
  private member: TxnCursor | null = null;

  /** Parses the payload view[start, end). */
  parse(view: DataView, start: number, end: number): TxnShape {
    const cursor = this.cursor.reset(view, start, end);
    this.view = view;
    cursor.long();
    this.sessionHigh = cursor.high;
    this.sessionLow = cursor.low;
    this.cxid = cursor.int();
    cursor.long();
    this.zxidHigh = cursor.high;
    this.zxidLow = cursor.low;
    cursor.long();
    this.timeHigh = cursor.high;
    this.timeLow = cursor.low;
    this.type = cursor.int();
    this.body = bodyOf(this.type);
    this.hasDigest = false;
    this.bodyStart = cursor.position;
    this.bodyEnd = end;
    if (!cursor.ok) return "malformed";
    if (this.body === Body.none) return "unknown";
    if (this.body === Body.closeSession) return this.parseCloseSession(end);
    if (!this.parseBody(end)) return "malformed";
    return this.parseDigest(end);
  }

  /**
   * Parses a multi's member: `member` becomes a transaction of its own with this one's header.
   * `at` is where the member begins (`itemsStart` for the first); returns where the next one does, -1 if malformed.
   */
  parseMember(member: TxnCursor, at: number): number {
    const cursor = member.cursor.reset(this.view, at, this.bodyEnd);
    member.view = this.view;
    member.sessionHigh = this.sessionHigh;
    member.sessionLow = this.sessionLow;
    member.cxid = this.cxid;
    member.zxidHigh = this.zxidHigh;
    member.zxidLow = this.zxidLow;
    member.timeHigh = this.timeHigh;
    member.timeLow = this.timeLow;
    member.hasDigest = false;
    member.type = cursor.int();
    member.body = bodyOf(member.type);
    cursor.buffer();
    if (!cursor.ok) return -1;
    const start = cursor.spanStart;
    const end = start + Math.max(cursor.spanLength, 0);
    member.bodyStart = start;
    member.bodyEnd = end;
    if (member.body === Body.error) {
      // Some servers keep the request that failed as its body.
      member.error = end - start === 4 ? this.view.getInt32(start) : 0;
      return end;
    }
    if (member.body === Body.multi || member.body === Body.none) return -1;
    cursor.reset(this.view, start, end);
    return member.parseBody(end) && cursor.position === end ? end : -1;
  }

  get zxid(): bigint {
    return fromHalves(this.zxidHigh, this.zxidLow);
  }

  get session(): bigint {
    return fromHalves(this.sessionHigh, this.sessionLow);
  }

  /** Milliseconds since 1970. */
  get time(): bigint {
    return fromHalves(this.timeHigh, this.timeLow);
  }

  /** A multi's members in their order, but those whose body does not parse; each is good until the next. */
  eachMember(visit: (member: TxnCursor, index: number) => void): void {
    this.someMember((member, index) => {
      visit(member, index);
      return false;
    });
  }

  /** Whether a multi has a member that parses and passes a test; none after the first that does is looked at. */
  someMember(test: (member: TxnCursor, index: number) => boolean): boolean {
    this.member ??= new TxnCursor();
    for (let index = 0, at = this.itemsStart; index < this.items; index++) {
      if (this.parseMember(this.member, at) >= 0 && test(this.member, index)) return true;
      at = this.member.bodyEnd;
    }
    return false;
  }

  /** The paths that a closeSession deletes (3.6+): where each is in `view`. */
  eachPath(visit: (start: number, length: number) => void): void {
    this.somePath((start, length) => {
      visit(start, length);
      return false;
    });
  }

  somePath(test: (start: number, length: number) => boolean): boolean {
    for (let index = 0, at = this.itemsStart; index < this.items; index++) {
      const length = this.view.getInt32(at);
      if (test(at + 4, length)) return true;
      at += 4 + length;
    }
    return false;
  }

  /** Whether a multi has a member of type error: then none of it was applied. */
  multiFailed(): boolean {
    const cursor = this.cursor.reset(this.view, this.itemsStart, this.bodyEnd);
    for (let index = 0; index < this.items; index++) {
      if (cursor.int() === OpCode.error) return true;
      cursor.buffer();
    }
    return false;
  }

  /** The body that `type` has; leaves the cursor after it. False where it does not fit. */
  private parseBody(end: number): boolean {
    const { cursor, body } = this;
    switch (body) {
      case Body.create:
        this.parsePath();
        this.parseData();
        this.parseAcl();
        this.parseCreated(end);
        break;
      case Body.delete:
        this.parsePath();
        break;
      case Body.setData:
        this.parsePath();
        this.parseData();
        this.version = cursor.int();
        break;
      case Body.setAcl:
        this.parsePath();
        this.parseAcl();
        this.version = cursor.int();
        break;
      case Body.check:
        this.parsePath();
        this.version = cursor.int();
        break;
      case Body.createSession:
        this.timeout = cursor.int();
        break;
      case Body.closeSession:
        this.items = -1;
        break;
      case Body.error:
        this.error = cursor.int();
        break;
      case Body.multi:
        this.parseMembers();
        break;
      case Body.none:
        return false;
      default:
        return body satisfies never;
    }
    return cursor.ok;
  }

  /** What follows a create's ACL. */
  private parseCreated(end: number): void {
    const { cursor, type } = this;
    if (type === OpCode.create || type === OpCode.create2) {
      this.ephemeral = cursor.byte() !== 0;
      this.isV0 = this.isBeforeParentCVersion(end);
      this.parentCVersion = this.isV0 ? -1 : cursor.int();
      return;
    }
    this.ephemeral = false;
    this.parentCVersion = cursor.int();
    if (type !== OpCode.createTTL) return;
    cursor.long();
    this.ttlHigh = cursor.high;
    this.ttlLow = cursor.low;
  }

  private parsePath(): void {
    this.cursor.buffer();
    this.pathStart = this.cursor.spanStart;
    this.pathLength = this.cursor.spanLength;
    if (this.pathLength < 0) this.cursor.ok = false;
  }

  private parseData(): void {
    this.cursor.buffer();
    this.dataStart = this.cursor.spanStart;
    this.dataLength = this.cursor.spanLength;
  }

  private parseAcl(): void {
    this.aclStart = this.cursor.position;
    skipAcl(this.cursor);
    this.aclEnd = this.cursor.position;
  }

  /** CreateTxnV0 (before 3.4) ends after `ephemeral`. No server that writes those writes digests. */
  private isBeforeParentCVersion(end: number): boolean {
    return end === this.cursor.position;
  }

  private parseMembers(): void {
    const { cursor } = this;
    this.items = cursor.int();
    this.itemsStart = cursor.position;
    if (this.items < -1) cursor.ok = false;
    for (let index = 0; index < this.items && cursor.ok; index++) {
      cursor.int();
      cursor.buffer();
    }
  }

  /**
   * Nothing, a vector of paths, or either with a digest. A digest alone is 12 bytes that also parse as a vector of two,
   * so a vector counts only if it is made of paths and ends where the payload or a digest does.
   */
  private parseCloseSession(end: number): TxnShape {
    const { cursor } = this;
    const left = end - cursor.position;
    this.items = -1;
    if (left === 0) return "ok";
    const count = cursor.int();
    this.itemsStart = cursor.position;
    let paths = cursor.ok && count >= -1;
    for (let index = 0; index < count && paths; index++) {
      cursor.buffer();
      paths = cursor.ok && cursor.spanLength > 0 && this.view.getUint8(cursor.spanStart) === SLASH;
    }
    const rest = end - cursor.position;
    if (paths && (rest === 0 || rest === DIGEST_LENGTH)) {
      this.items = Math.max(count, 0);
      return this.parseDigest(end);
    }
    if (left !== DIGEST_LENGTH) return "malformed";
    cursor.reset(this.view, this.bodyStart, end);
    return this.parseDigest(end);
  }

  private parseDigest(end: number): TxnShape {
    const { cursor } = this;
    const left = end - cursor.position;
    if (left === 0) return "ok";
    if (left !== DIGEST_LENGTH) return "malformed";
    this.bodyEnd = cursor.position;
    this.hasDigest = true;
    this.digestVersion = cursor.int();
    cursor.long();
    this.digestHigh = cursor.high;
    this.digestLow = cursor.low;
    return "ok";
  }
}

const EMPTY = new DataView(new ArrayBuffer(0));
/** Int version, long tree digest. */
const DIGEST_LENGTH = 12;

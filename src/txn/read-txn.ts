import { JuteReader } from "../jute/index.js";
import { type Acl, readAcl } from "../storage/acl.js";
import { fromHalves } from "../storage/zxid.js";
import type { TxnCursor, TxnShape } from "./cursor.js";
import { TxnCursor as Cursor } from "./cursor.js";
import { errorName } from "./errors.js";
import { Body, OpCode, opName } from "./ops.js";
import type { Safe } from "../text/safe.js";

/** A transaction as an object, for output and for users of the library. Which fields there are depends on `op`. */
export interface Txn {
  zxid: bigint;
  session: bigint;
  cxid: number;
  /** Milliseconds since 1970. */
  time: bigint;
  type: number;
  op: Safe;
  path?: string;
  data?: Buffer | null;
  acl?: readonly Acl[] | null;
  ephemeral?: boolean;
  parentCVersion?: number;
  /** Milliseconds. */
  ttl?: bigint;
  version?: number;
  /** Milliseconds. */
  timeout?: number;
  error?: { code: number; name: Safe };
  /** closeSession: the ephemerals that it deletes; absent where the server did not write them. */
  paths?: string[];
  /** multi. */
  members?: Txn[];
  /** The tree's digest after it (3.6+). */
  digest?: { version: number; value: bigint };
  /** The body's bytes, of a type that is not known, a body that does not parse, or an error that holds its request. */
  raw?: Buffer;
}

/**
 * The transaction that `cursor` has parsed, with copies of its bytes.
 *
 * @example
 * import { readRange } from "zkrewind/export";
 * import { discover } from "zkrewind/recovery";
 * import { readTxn } from "zkrewind/txn";
 *
 * await readRange(discover(["fixtures/3.8.6-standalone"]).logs, { from: 0xe40n, to: 0xe42n }, {
 *   take: (cursor, shape) => console.log(readTxn(cursor, shape)),
 * });
 */
export function readTxn(cursor: TxnCursor, shape: TxnShape = "ok"): Txn {
  return withCopies(lookAtTxn(cursor, shape));
}

function withCopies(txn: Txn): Txn {
  if (txn.data) txn.data = Buffer.from(txn.data);
  if (txn.raw) txn.raw = Buffer.from(txn.raw);
  txn.members?.forEach(withCopies);
  return txn;
}

/**
 * The same, but data and raw bytes are views: good as long as what the cursor was given.
 *
 * @example
 * import { readRange } from "zkrewind/export";
 * import { discover } from "zkrewind/recovery";
 * import { lookAtTxn } from "zkrewind/txn";
 *
 * await readRange(discover(["fixtures/3.8.6-standalone"]).logs, { from: 0xe40n, to: 0xe42n }, {
 *   take: (cursor, shape) => console.log(lookAtTxn(cursor, shape).data?.length),
 * });
 */
export function lookAtTxn(cursor: TxnCursor, shape: TxnShape = "ok"): Txn {
  const txn: Txn = {
    zxid: cursor.zxid,
    session: cursor.session,
    cxid: cursor.cxid,
    time: cursor.time,
    type: cursor.type,
    op: opName(cursor.type),
  };
  if (shape === "ok") readBody(cursor, txn);
  else txn.raw = bytesAt(cursor, cursor.bodyStart, cursor.bodyEnd - cursor.bodyStart) ?? Buffer.alloc(0);
  if (cursor.hasDigest) {
    txn.digest = {
      version: cursor.digestVersion,
      value: BigInt.asUintN(64, fromHalves(cursor.digestHigh, cursor.digestLow)),
    };
  }
  return txn;
}

function readBody(cursor: TxnCursor, txn: Txn): void {
  const { body } = cursor;
  switch (body) {
    case Body.create:
      txn.path = text(cursor, cursor.pathStart, cursor.pathLength);
      txn.data = bytesAt(cursor, cursor.dataStart, cursor.dataLength);
      txn.acl = acl(cursor);
      txn.ephemeral = cursor.ephemeral;
      txn.parentCVersion = cursor.parentCVersion;
      if (cursor.type === OpCode.createTTL) txn.ttl = fromHalves(cursor.ttlHigh, cursor.ttlLow);
      break;
    case Body.delete:
      txn.path = text(cursor, cursor.pathStart, cursor.pathLength);
      break;
    case Body.setData:
      txn.path = text(cursor, cursor.pathStart, cursor.pathLength);
      txn.data = bytesAt(cursor, cursor.dataStart, cursor.dataLength);
      txn.version = cursor.version;
      break;
    case Body.setAcl:
      txn.path = text(cursor, cursor.pathStart, cursor.pathLength);
      txn.acl = acl(cursor);
      txn.version = cursor.version;
      break;
    case Body.check:
      txn.path = text(cursor, cursor.pathStart, cursor.pathLength);
      txn.version = cursor.version;
      break;
    case Body.createSession:
      txn.timeout = cursor.timeout;
      break;
    case Body.closeSession:
      if (cursor.items >= 0) txn.paths = paths(cursor);
      break;
    case Body.error:
      // Some servers keep, in a failed multi, the request itself where the error's number should be.
      if (cursor.bodyEnd - cursor.bodyStart === 4) txn.error = { code: cursor.error, name: errorName(cursor.error) };
      else txn.raw = bytesAt(cursor, cursor.bodyStart, cursor.bodyEnd - cursor.bodyStart) ?? Buffer.alloc(0);
      break;
    case Body.multi:
      txn.members = members(cursor);
      break;
    case Body.none:
      break;
    default:
      body satisfies never;
  }
}

function members(cursor: TxnCursor): Txn[] {
  const list: Txn[] = [];
  const member = new Cursor();
  let at = cursor.itemsStart;
  for (let index = 0; index < cursor.items; index++) {
    const next = cursor.parseMember(member, at);
    if (next >= 0) list.push(lookAtTxn(member));
    else {
      list.push(lookAtTxn(member, "malformed"));
      // The frame (type, length) was checked when the multi was parsed: only the body is not understood.
    }
    at = member.bodyEnd;
  }
  return list;
}

function paths(cursor: TxnCursor): string[] {
  const list: string[] = [];
  cursor.eachPath((start, length) => list.push(text(cursor, start, length)));
  return list;
}

function acl(cursor: TxnCursor): Acl[] | null {
  return readAcl(new JuteReader(cursor.view, cursor.aclStart, cursor.aclEnd));
}

function text(cursor: TxnCursor, start: number, length: number): string {
  return Buffer.from(cursor.view.buffer, cursor.view.byteOffset + start, length).toString("utf8");
}

function bytesAt(cursor: TxnCursor, start: number, length: number): Buffer | null {
  if (length < 0) return null;
  return Buffer.from(cursor.view.buffer, cursor.view.byteOffset + start, length);
}

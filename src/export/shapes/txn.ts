import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import type { Txn } from "../../txn/index.js";
import type { TxnPlace } from "../../recovery/scan/txn-visitor.js";
import { type DataMode, dataFields } from "../value/data-mode.js";
import { aclShape } from "./acl.js";

/** A transaction as an object: TxnJson writes the same from its record. */
export function txnShape(txn: Txn, mode: DataMode, place?: Pick<TxnPlace, "file" | "offset">): object {
  const { zxid, time, session, cxid, digest } = txn;
  return {
    type: "txn",
    zxid: hex(zxid),
    time: isoTime(time),
    session: hex(session),
    cxid,
    ...bodyShape(txn, mode),
    ...(digest && { digest: { version: digest.version, value: String(digest.value) } }),
    ...(place && { file: place.file, offset: place.offset }),
  };
}

/** What a transaction, or a multi's member, does. */
function bodyShape(txn: Txn, mode: DataMode): object {
  const { op, path, data, acl, ephemeral, parentCVersion, ttl, version, timeout, paths, error, members, raw } = txn;
  return {
    op,
    ...(path === undefined ? {} : { path }),
    ...(data === undefined ? {} : dataFields(mode, data)),
    ...(acl === undefined ? {} : { acl: acl && aclShape(acl) }),
    ...(ephemeral === undefined ? {} : { ephemeral, parentCVersion }),
    ...(ttl === undefined ? {} : { ttl: ttlShape(ttl) }),
    ...(version === undefined ? {} : { version }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(paths && { paths }),
    ...(error && { error }),
    ...(members && { members: members.map((each) => bodyShape(each, mode)) }),
    ...(raw && { raw: raw.toString("base64") }),
  };
}

/** Milliseconds: what a double cannot hold, a transaction that no server applies, is a string. */
function ttlShape(ttl: bigint): number | string {
  const number = Number(ttl);
  return Number.isSafeInteger(number) ? number : String(ttl);
}

/** The transaction that made a change, and where its record is. */
export interface MadeBy {
  zxid: bigint;
  time: bigint;
  session: bigint;
  cxid: number;
  op: string;
  multi?: { member: number; of: number } | undefined;
  file?: string;
  offset?: number;
}

/** The fields that say who made a change: in a change, and in what several have led to. */
export function madeByShape({ zxid, time, session, cxid, op, multi, file, offset }: MadeBy): object {
  return { zxid: hex(zxid), time: isoTime(time), session: hex(session), cxid, op, multi, file, offset };
}

import { aclObject } from "../export/acl-json.js";
import { type DataMode, dataFields } from "../export/value.js";
import type { Change, DeleteCause } from "../forensics/change.js";
import { aclEntries, kindOfState, type ZnodeState } from "../forensics/znode-state.js";
import { isoTime } from "../recovery/index.js";
import { hex } from "../storage/zxid.js";

/** A change as an object of schema 1. What is not known is left out; `null` is a znode that does not exist. */
export function changeJson(change: Change, mode: DataMode): object {
  const { kind, path, pathBytes, zxid, life, before, after, txn, cause, since, snapshot } = change;
  return {
    type: "change",
    change: kind,
    path,
    ...(Buffer.from(path).equals(pathBytes) ? {} : { pathBase64: pathBytes.toString("base64") }),
    zxid: hex(zxid),
    ...(txn && { time: isoTime(txn.time), session: hex(txn.session), cxid: txn.cxid, op: txn.op }),
    ...(txn?.multi && { multi: txn.multi }),
    life,
    ...(cause && { cause: causeJson(cause) }),
    ...(since === undefined ? {} : { since: hex(since) }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(before === undefined ? {} : { before: before && stateJson(before, mode) }),
    after: after && stateJson(after, mode),
    ...(txn && { file: txn.file, offset: txn.offset }),
  };
}

function causeJson(cause: DeleteCause): object {
  if (cause.by !== "session") return cause;
  return { ...cause, session: hex(cause.session), ...(cause.ending === "server" ? { probably: "expired" } : {}) };
}

function stateJson(state: Readonly<ZnodeState>, mode: DataMode): object {
  const { czxid, mzxid, ctime, mtime, version, aversion, ephemeralOwner, data } = state;
  const acl = aclEntries(state);
  const kind = kindOfState(state);
  return {
    ...(data === undefined ? {} : dataFields(mode, data)),
    ...(acl && { acl: aclObject(acl) }),
    ...hexes({ czxid, mzxid }),
    ...(ctime === undefined ? {} : { ctime: isoTime(ctime) }),
    ...(mtime === undefined ? {} : { mtime: isoTime(mtime) }),
    ...(version === undefined ? {} : { version }),
    ...(aversion === undefined ? {} : { aversion }),
    ...hexes({ ephemeralOwner }),
    ...(kind && { kind }),
    ...(kind === "ttl" && { ttl: Number((ephemeralOwner as bigint) & 0xffffffffffn) }),
  };
}

function hexes(fields: Record<string, bigint | undefined>): object {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, hex(value)]])),
  );
}

import { JsonBytes } from "../export/json-bytes.js";
import { aclObject } from "../export/acl-json.js";
import { MemorySink } from "../export/sink.js";
import { type DataMode, writeData } from "../export/value.js";
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
    ...(data === undefined ? {} : dataJson(data, mode)),
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

/** `data` and `encoding`, as an export writes them. */
export function dataJson(data: Buffer | null, mode: DataMode): object {
  const out = new JsonBytes((data?.length ?? 0) + 1024);
  writeData(out, mode, data ?? Buffer.alloc(0), 0, data === null ? -1 : data.length);
  const sink = new MemorySink();
  void out.drain(sink);
  // What is written begins with a comma.
  return JSON.parse(`{${sink.toString().slice(1)}}`) as object;
}

import { aclObject } from "../../export/acl-json.js";
import { type DataMode, dataFields } from "../../export/value.js";
import type { Change, DeleteCause } from "../../forensics/history/change.js";
import { aclEntries, kindOfState, type ZnodeState } from "../../forensics/history/znode-state.js";
import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";

/**
 * A change as an object of schema 1, for JSON.stringify, which leaves out what is undefined. What is not known is left
 * out; `null` is a znode that does not exist. (Objects put together from others take several times as long.)
 */
export function changeJson(change: Change, mode: DataMode): object {
  const { kind, path, pathBytes, zxid, life, before, after, txn, cause, since, snapshot } = change;
  return {
    type: "change",
    change: kind,
    path,
    pathBase64: Buffer.from(path).equals(pathBytes) ? undefined : pathBytes.toString("base64"),
    zxid: hex(zxid),
    time: timeOrNot(txn?.time),
    session: hexOrNot(txn?.session),
    cxid: txn?.cxid,
    op: txn?.op,
    multi: txn?.multi,
    life,
    cause: cause && causeJson(cause),
    since: hexOrNot(since),
    snapshot,
    before: before && stateJson(before, mode),
    after: after && stateJson(after, mode),
    file: txn?.file,
    offset: txn?.offset,
  };
}

function causeJson(cause: DeleteCause): object {
  if (cause.by !== "session") return cause;
  return { ...cause, session: hex(cause.session), ...(cause.ending === "server" ? { probably: "expired" } : {}) };
}

function stateJson(state: Readonly<ZnodeState>, mode: DataMode): object {
  const { czxid, mzxid, ctime, mtime, version, aversion, ephemeralOwner } = state;
  const data = state.data === undefined ? undefined : dataFields(mode, state.data);
  const acl = aclEntries(state);
  const kind = kindOfState(state);
  return {
    data: data?.data,
    encoding: data?.encoding,
    acl: acl && aclObject(acl),
    czxid: hexOrNot(czxid),
    mzxid: hexOrNot(mzxid),
    ctime: timeOrNot(ctime),
    mtime: timeOrNot(mtime),
    version,
    aversion,
    ephemeralOwner: hexOrNot(ephemeralOwner),
    kind,
    ttl: kind === "ttl" ? Number((ephemeralOwner as bigint) & 0xffffffffffn) : undefined,
  };
}

function hexOrNot(value: bigint | undefined): string | undefined {
  return value === undefined ? undefined : hex(value);
}

function timeOrNot(value: bigint | undefined): string | undefined {
  return value === undefined ? undefined : isoTime(value);
}

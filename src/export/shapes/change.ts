import type { Change, DeleteCause } from "../../forensics/history/change.js";
import { aclEntries, kindOfState, type ZnodeState } from "../../forensics/history/znode-state.js";
import { hex } from "../../storage/zxid.js";
import type { DataMode } from "../value/data-mode.js";
import { pathShape } from "./path.js";
import { madeByShape } from "./txn.js";
import { type ZnodeShape, znodeShape } from "./znode.js";

/** What every change of a znode has. What is undefined is not known; null is a znode that does not exist. */
export interface ChangeShape {
  type: "change";
  change: string;
  path: string;
  pathBase64?: string;
  before: ZnodeShape | null | undefined;
  after: ZnodeShape | null | undefined;
}

/** A change, with more that is known of it in between. */
export function changeShape(
  change: string,
  place: { path: string; pathBytes: Buffer },
  { before, after }: Pick<ChangeShape, "before" | "after">,
  more: object,
): ChangeShape {
  return { type: "change", change, ...pathShape(place.path, place.pathBytes), ...more, before, after };
}

/** A change of a znode's history. */
export function historyChange(change: Change, mode: DataMode): ChangeShape {
  const { kind, zxid, life, before, after, txn, cause, since, snapshot } = change;
  const states = { before: before && stateShape(before, mode), after: after && stateShape(after, mode) };
  return changeShape(kind, change, states, {
    zxid: hex(zxid),
    ...(txn && madeByShape(txn)),
    life,
    ...(cause && { cause: causeShape(cause) }),
    ...(since === undefined ? {} : { since: hex(since) }),
    ...(snapshot === undefined ? {} : { snapshot }),
  });
}

function causeShape(cause: DeleteCause): object {
  if (cause.by !== "session") return cause;
  return { ...cause, session: hex(cause.session), ...(cause.ending === "server" ? { probably: "expired" } : {}) };
}

function stateShape(state: Readonly<ZnodeState>, mode: DataMode): ZnodeShape {
  const { data, ephemeralOwner } = state;
  const kind = kindOfState(state);
  const ttl = kind === "ttl" ? Number((ephemeralOwner as bigint) & 0xffffffffffn) : undefined;
  return znodeShape({ data, acl: aclEntries(state), stat: state, kind, ttl }, mode);
}

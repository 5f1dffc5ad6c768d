import { isoTime } from "../../../recovery/index.js";
import { hex } from "../../../storage/zxid.js";
import type { Change, ChangeTxn } from "../../history/change.js";
import { history } from "../../history/history.js";
import { type Message, say, tag } from "../../../text/message.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

/** What the files say of the znode that a line names: whether it is there, and what changed it last. */
export async function changesOf({ directory, explanation }: LookContext): Promise<Sight[]> {
  const { path } = explanation.facts;
  if (path === undefined) return [];
  let last: Change | undefined;
  await history(directory, path, {}, { change: (change) => (last = change) });
  if (!last)
    return [
      {
        severity: "note",
        path,
        message: say`${tag.path(path)} is not in these files, and no transaction here created or deleted it`,
      },
    ];
  const { kind, txn } = last;
  const there = last.after === null ? "does not exist" : "exists";
  const by = txn ? say`${CHANGED[kind]} with ${who(txn)}` : say`no transaction here changed it`;
  const place = txn ? { file: txn.file, offset: txn.offset, zxid: txn.zxid } : {};
  return [{ severity: "note", path, ...place, message: say`${tag.path(path)} ${there} in the latest state; ${by}` }];
}

const CHANGED = {
  existed: "it was there before the first transaction",
  create: "created",
  set: "its data was set",
  acl: "its ACL was set",
  delete: "deleted",
  unseen: "changed in a gap of the logs",
} as const satisfies Record<Change["kind"], string>;

function who({ zxid, time, session, op }: ChangeTxn): Message {
  return say`${hex(zxid)} ${isoTime(time)}, a ${tag.system(op)} of session ${hex(session)}`;
}

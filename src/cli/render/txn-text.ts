import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { OpCode, type Txn, Body, bodyOf } from "../../txn/index.js";
import type { Style } from "../output/output.js";
import { aclListText } from "./acl-text.js";
import { counted, cut, valueText, visible } from "../output/text.js";
import { joinSafe, padEnd, padStart, safe, type Safe, trimEnd, words } from "../../text/safe.js";

export interface TxnTextOptions {
  style: Style;
  /** Characters of a line; undefined where values are to be whole. */
  width: number | undefined;
}

/** A transaction on one line; a multi's members on lines of their own below it. */
export function txnLines(txn: Txn, checksumOk: boolean, { style, width }: TxnTextOptions): Safe[] {
  const first = firstColumns(txn, width);
  const room = width === undefined ? undefined : Math.max(width - first.length, LEAST_ROOM);
  const mark = checksumOk ? "" : style.red(words("DAMAGED "));
  const lines = [safe`${style.dim(first)}${mark}${opLine(txn, room, style)}`];
  for (const member of txn.members ?? [])
    lines.push(safe`${padEnd(words(""), first.length)}  ${opLine(member, room && room - 2, style)}`);
  return lines;
}

/** Where there is no room for the op and some of the path after all of them, without the cxid, or the session too. */
function firstColumns({ zxid, time, session, cxid }: Txn, width = Number.POSITIVE_INFINITY): Safe {
  const always = safe`${padEnd(hex(zxid), ZXID_WIDTH)}  ${padEnd(isoTime(time), 24)}  `;
  if (width < always.length + SESSION_WIDTH + 2 + LEAST_ROOM) return always;
  const withSession = safe`${always}${padEnd(hex(session), SESSION_WIDTH)}  `;
  return width < withSession.length + CXID_WIDTH + 2 + LEAST_ROOM
    ? withSession
    : safe`${withSession}${padStart(cxid, CXID_WIDTH)}  `;
}

const CXID_WIDTH = 6;
const ZXID_WIDTH = 12;
const SESSION_WIDTH = 18;
const OP_WIDTH = 13;
/** However narrow the terminal: the op and some of the path. */
const LEAST_ROOM = 40;

function opLine(txn: Txn, room: number | undefined, style: Style): Safe {
  const rest = room === undefined ? Number.POSITIVE_INFINITY : room - OP_WIDTH - 1;
  const text = cut(details(txn, rest), rest);
  return trimEnd(safe`${paintOp(txn, style)(padEnd(txn.op, OP_WIDTH))} ${text}`);
}

function paintOp({ op }: Txn, style: Style): (text: Safe) => Safe {
  if (op === "error") return style.red;
  if (op.startsWith("delete")) return style.yellow;
  if (op.startsWith("create") && op !== "createSession") return style.green;
  return op.endsWith("Session") ? style.dim : style.cyan;
}

function details(txn: Txn, room: number): Safe {
  const path = txn.path === undefined ? words("") : visible(txn.path, "path");
  if (txn.raw) return withValue(path, { ...txn, data: txn.raw }, room);
  const body = bodyOf(txn.type);
  switch (body) {
    case Body.createSession:
      return safe`timeout ${txn.timeout ?? "?"} ms`;
    case Body.closeSession:
      return closed(txn);
    case Body.error:
      return txn.error ? safe`${txn.error.name} (${txn.error.code})` : words("");
    case Body.multi:
      return safe`${counted(txn.members?.length ?? 0, "member")}${txn.members?.some(({ type }) => type === OpCode.error) ? ", failed" : ""}`;
    case Body.setAcl:
      return safe`${path}  version ${txn.version ?? "?"}  ${txn.acl ? aclListText(txn.acl) : "null"}`;
    case Body.check:
      return safe`${path}  version ${txn.version ?? "?"}`;
    case Body.setData:
      return withValue(safe`${path}  version ${txn.version ?? "?"}`, txn, room);
    case Body.create:
      return withValue(
        safe`${path}${txn.ephemeral ? "  ephemeral" : ""}${txn.ttl === undefined ? "" : safe`  TTL ${txn.ttl} ms`}`,
        txn,
        room,
      );
    case Body.delete:
    case Body.none:
      return path;
    default:
      return body satisfies never;
  }
}

/** The value takes the room that is left, but is always hinted at. */
function withValue(before: Safe, { data }: Txn, room: number): Safe {
  return safe`${before}  ${valueText(data ?? null, Math.max(room - before.length - 2, LEAST_VALUE))}`;
}

const LEAST_VALUE = 16;

function closed({ paths }: Txn): Safe {
  if (!paths) return words("");
  if (paths.length === 0) return words("no ephemerals");
  const names = paths.map((path) => visible(path, "path"));
  return safe`deletes ${counted(paths.length, "ephemeral")}: ${joinSafe(names, " ")}`;
}

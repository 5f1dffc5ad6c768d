import { isoTime } from "../../recovery/index.js";
import { type Acl, permissionLetters } from "../../storage/acl.js";
import { hex } from "../../storage/zxid.js";
import { OpCode, type Txn } from "../../txn/index.js";
import type { Style } from "../output/output.js";
import { counted, cut, valueText, visible } from "../output/text.js";

export interface TxnTextOptions {
  style: Style;
  /** Characters of a line; undefined where values are to be whole. */
  width: number | undefined;
}

/** A transaction on one line; a multi's members on lines of their own below it. */
export function txnLines(txn: Txn, checksumOk: boolean, { style, width }: TxnTextOptions): string[] {
  const columns = [
    hex(txn.zxid).padEnd(ZXID_WIDTH),
    isoTime(txn.time).padEnd(24),
    hex(txn.session).padEnd(SESSION_WIDTH),
    String(txn.cxid).padStart(6),
  ].join("  ");
  const first = `${columns}  `;
  const room = width === undefined ? undefined : Math.max(width - first.length, LEAST_ROOM);
  const mark = checksumOk ? "" : style.red("DAMAGED ");
  const lines = [`${style.dim(first)}${mark}${opLine(txn, room, style)}`];
  for (const member of txn.members ?? [])
    lines.push(`${" ".repeat(first.length)}  ${opLine(member, room && room - 2, style)}`);
  return lines;
}

const ZXID_WIDTH = 12;
const SESSION_WIDTH = 18;
const OP_WIDTH = 13;
/** However narrow the terminal: the op and some of the path. */
const LEAST_ROOM = 40;

function opLine(txn: Txn, room: number | undefined, style: Style): string {
  const rest = room === undefined ? Number.POSITIVE_INFINITY : room - OP_WIDTH - 1;
  const text = cut(details(txn, rest), rest);
  return `${paintOp(txn, style)(txn.op.padEnd(OP_WIDTH))} ${text}`.trimEnd();
}

function paintOp({ op }: Txn, style: Style): (text: string) => string {
  if (op === "error") return style.red;
  if (op.startsWith("delete")) return style.yellow;
  if (op.startsWith("create") && op !== "createSession") return style.green;
  return op.endsWith("Session") ? style.dim : style.cyan;
}

function details(txn: Txn, room: number): string {
  const path = txn.path === undefined ? "" : visible(txn.path, "path");
  switch (txn.type) {
    case OpCode.createSession:
      return `timeout ${txn.timeout} ms`;
    case OpCode.closeSession:
      return closed(txn);
    case OpCode.error:
      return txn.error ? `${txn.error.name} (${txn.error.code})` : "";
    case OpCode.multi:
      return `${counted(txn.members?.length ?? 0, "member")}${txn.members?.some(({ type }) => type === OpCode.error) ? ", failed" : ""}`;
    case OpCode.setACL:
      return `${path}  version ${txn.version}  ${aclText(txn.acl)}`;
    case OpCode.check:
      return `${path}  version ${txn.version}`;
    case OpCode.setData:
    case OpCode.reconfig:
      return withValue(`${path}  version ${txn.version}`, txn, room);
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return withValue(
        `${path}${txn.ephemeral ? "  ephemeral" : ""}${txn.ttl === undefined ? "" : `  TTL ${txn.ttl} ms`}`,
        txn,
        room,
      );
    default:
      return txn.raw ? withValue(path, { ...txn, data: txn.raw }, room) : path;
  }
}

/** The value takes the room that is left, but is always hinted at. */
function withValue(before: string, { data }: Txn, room: number): string {
  return `${before}  ${valueText(data ?? null, Math.max(room - before.length - 2, LEAST_VALUE))}`;
}

const LEAST_VALUE = 16;

function closed({ paths }: Txn): string {
  if (!paths) return "";
  if (paths.length === 0) return "no ephemerals";
  return `deletes ${counted(paths.length, "ephemeral")}: ${paths.map((path) => visible(path, "path")).join(" ")}`;
}

function aclText(acl: readonly Acl[] | null | undefined): string {
  if (!acl) return "null";
  return acl
    .map(
      ({ perms, scheme, id }) =>
        `${visible(scheme ?? "null", "scheme")}:${visible(id ?? "null", "id")}:${permissionLetters(perms)}`,
    )
    .join(" ");
}

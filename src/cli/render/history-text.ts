import type { Change, DeleteCause } from "../../forensics/history/change.js";
import { diffValues, valueDiffLines } from "../../forensics/diff/value-diff.js";
import { aclEntries, kindOfState, type ZnodeState } from "../../forensics/history/znode-state.js";
import { isoTime } from "../../recovery/index.js";
import { permissionLetters } from "../../storage/acl.js";
import { hex } from "../../storage/zxid.js";
import type { Style } from "../output/output.js";
import { counted, valueText, visible } from "../output/text.js";

export interface HistoryTextOptions {
  style: Style;
  /** Whether to name the path on each line. */
  paths: boolean;
  /** Characters of a line; undefined where values are to be whole. */
  width: number | undefined;
}

/** A diff of one value is not longer than this, in lines, unless values are to be whole. */
const MOST_LINES = 20;

/** A change as a line that says who and when, and indented ones that say what. */
export function changeLines(change: Change, options: HistoryTextOptions): string[] {
  const { style, paths } = options;
  const { txn, path, life } = change;
  const who = txn
    ? `${hex(change.zxid).padEnd(12)}  ${isoTime(txn.time)}  ${hex(txn.session)} cxid ${txn.cxid}`
    : `${hex(change.zxid).padEnd(12)}  ${change.kind === "existed" ? "(the state there)" : `(after ${hex(change.since ?? 0n)})`}`;
  const lives = life > 1 && (change.kind === "create" || change.kind === "existed") ? `, life ${life}` : "";
  const member = txn?.multi ? `, ${txn.multi.member + 1} of ${txn.multi.of} in a multi` : "";
  const where = paths ? `  ${visible(path, "path")}` : "";
  return [
    `${style.dim(who)}  ${painted(change, style)}${where}  ${headline(change)}${lives}${member}`.trimEnd(),
    ...details(change, options).map((line) => `    ${line}`),
  ];
}

function painted({ kind }: Change, { green, yellow, cyan, red, dim }: Style): string {
  const paint = { existed: dim, create: green, set: cyan, acl: cyan, delete: yellow, unseen: red }[kind];
  return paint(kind);
}

function headline({ kind, before, after, cause, snapshot, txn }: Change): string {
  switch (kind) {
    case "existed":
      return `${after ? whatIs(after) : ""}${snapshot === null ? ", made by the server itself" : `, by ${snapshot ?? ""}`}`;
    case "unseen":
      return unseenWords(before, after, snapshot);
    case "create":
      return after ? whatIs(after) : "";
    case "set":
      return `version ${after?.version ?? "?"}${txn?.op === "reconfig" ? ", by a reconfig" : ""}${before && before.data === undefined ? ", what it was before is not known" : ""}`;
    case "acl":
      return `aversion ${after?.aversion ?? "?"}`;
    default:
      return causeWords(cause);
  }
}

function unseenWords(before: Change["before"], after: Change["after"], snapshot: Change["snapshot"]): string {
  const source = snapshot === undefined ? "" : `, by ${snapshot ?? "what is there"}`;
  if (!after) return `deleted by no transaction in the logs${source || ", before it was created again"}`;
  if (!before) return `created by no transaction in the logs: ${whatIs(after)}${source}`;
  const again = before.czxid !== after.czxid ? "deleted and created again" : "changed";
  return `${again} by no transaction in the logs: ${whatIs(after)}${source}`;
}

function causeWords(cause: DeleteCause | undefined): string {
  switch (cause?.by) {
    case "session":
      return cause.ending === "client"
        ? `with its session ${hex(cause.session)}, which its client closed`
        : `with its session ${hex(cause.session)}, which the server ended (cxid 0): expired, most probably`;
    case "container":
      return "by the server: an empty container";
    case "ttl":
      return "by the server: its TTL had run out";
    case "reaper":
      return "by the server: an empty container, or a TTL that had run out";
    default:
      return "by the client";
  }
}

function whatIs(state: Readonly<ZnodeState>): string {
  const kind = kindOfState(state);
  const ttl = kind === "ttl" ? ` ${(state.ephemeralOwner as bigint) & 0xffffffffffn} ms` : "";
  const owner = kind === "ephemeral" ? ` of ${hex(state.ephemeralOwner as bigint)}` : "";
  const version = state.version === undefined || state.version === 0 ? "" : `, version ${state.version}`;
  const born =
    state.czxid === undefined || state.ctime === undefined || state.mzxid === state.czxid
      ? ""
      : `, created ${hex(state.czxid)} ${isoTime(state.ctime)}`;
  return `${kind ?? "kind not known"}${ttl}${owner}${version}${born}`;
}

function details({ kind, before, after }: Change, { style, width }: HistoryTextOptions): string[] {
  const { red, green, dim } = style;
  const room = width === undefined ? undefined : Math.max(width - 6, 20);
  if (kind === "acl")
    return [...(before?.acl ? [red(`- ${aclText(before)}`)] : []), green(`+ ${after ? aclText(after) : ""}`)];
  if (kind === "create" || kind === "existed")
    return [green(`+ ${valueWords(after, room)}`), ...(after ? notOpen(after) : [])];
  if (kind === "delete") return before?.data === undefined ? [] : [red(`- ${valueWords(before, room)}`)];
  if (kind === "set" && before && before.data === undefined) return [green(`+ ${valueWords(after, room)}`)];
  if (!before || !after || before.data === undefined || after.data === undefined) return [];
  const diff = diffValues(before.data, after.data);
  // Not text, or nothing: what it is says more than how many bytes are the same.
  if (diff.kind === "whole") return [red(`- ${valueWords(before, room)}`), green(`+ ${valueWords(after, room)}`)];
  const lines = valueDiffLines(diff);
  if (lines.length === 0) return kind === "set" ? [dim("  the same value again")] : [];
  const shown = room === undefined ? lines : lines.slice(0, MOST_LINES);
  const paints = { "+": green, "-": red, " ": dim, "…": dim };
  const cutTo = (text: string): string =>
    room === undefined || text.length <= room ? text : `${text.slice(0, room)}…`;
  return [
    ...shown.map(({ mark, text }) => paints[mark](`${mark} ${cutTo(visible(text, "value"))}`)),
    ...(shown.length < lines.length ? [dim(`… ${counted(lines.length - shown.length, "more line")}`)] : []),
  ];
}

function valueWords(state: Readonly<ZnodeState> | null, room: number | undefined): string {
  return !state || state.data === undefined ? "a value that is not known" : valueText(state.data, room);
}

/** The ACL, where it is not the one that nearly every znode has. */
function notOpen(state: Readonly<ZnodeState>): string[] {
  const text = aclText(state);
  return text === "world:anyone:cdrwa" ? [] : [`  acl ${text}`];
}

function aclText(state: Readonly<ZnodeState>): string {
  const acl = aclEntries(state);
  if (!acl) return "not known";
  return acl
    .map(
      ({ scheme, id, perms }) =>
        `${visible(scheme ?? "null", "scheme")}:${visible(id ?? "null", "id")}:${permissionLetters(perms)}`,
    )
    .join(" ");
}

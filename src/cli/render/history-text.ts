import type { Change, DeleteCause } from "../../forensics/history/change.js";
import { diffValues, valueDiffLines } from "../../forensics/diff/value-diff.js";
import { aclEntries, kindOfState, type ZnodeState } from "../../forensics/history/znode-state.js";
import { isoTime } from "../../recovery/index.js";
import { aclListText } from "./acl-text.js";
import { hex } from "../../storage/zxid.js";
import type { Style } from "../output/output.js";
import { counted, cut, valueText, visible } from "../output/text.js";
import { padEnd, safe, type Safe, trimEnd, words } from "../../text/safe.js";

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
export function changeLines(change: Change, options: HistoryTextOptions): Safe[] {
  const { style, paths } = options;
  const { txn, path, life } = change;
  const who = txn
    ? safe`${padEnd(hex(change.zxid), 12)}  ${isoTime(txn.time)}  ${hex(txn.session)} cxid ${txn.cxid}`
    : safe`${padEnd(hex(change.zxid), 12)}  ${change.kind === "existed" ? "(the state there)" : safe`(after ${hex(change.since ?? 0n)})`}`;
  const lives = life > 1 && (change.kind === "create" || change.kind === "existed") ? safe`, life ${life}` : "";
  const member = txn?.multi ? safe`, ${txn.multi.member + 1} of ${txn.multi.of} in a multi` : "";
  const where = paths ? safe`  ${visible(path, "path")}` : "";
  return [
    trimEnd(safe`${style.dim(who)}  ${painted(change, style)}${where}  ${headline(change)}${lives}${member}`),
    ...details(change, options).map((line) => safe`    ${line}`),
  ];
}

function painted({ kind }: Change, { green, yellow, cyan, red, dim }: Style): Safe {
  const paint = { existed: dim, create: green, set: cyan, acl: cyan, delete: yellow, unseen: red }[kind];
  return paint(words(kind));
}

function headline({ kind, before, after, cause, snapshot, txn }: Change): Safe {
  switch (kind) {
    case "existed":
      return safe`${after ? whatIs(after) : ""}${snapshot === null ? ", made by the server itself" : safe`, by ${visible(snapshot ?? "", "file")}`}`;
    case "unseen":
      return unseenWords(before, after, snapshot);
    case "create":
      return after ? whatIs(after) : words("");
    case "set":
      return safe`version ${after?.version ?? "?"}${txn?.op === "reconfig" ? ", by a reconfig" : ""}${before && before.data === undefined ? ", what it was before is not known" : ""}`;
    case "acl":
      return safe`aversion ${after?.aversion ?? "?"}`;
    default:
      return causeWords(cause);
  }
}

function unseenWords(before: Change["before"], after: Change["after"], snapshot: Change["snapshot"]): Safe {
  const source =
    snapshot === undefined ? "" : safe`, by ${snapshot === null ? "what is there" : visible(snapshot, "file")}`;
  if (!after) return safe`deleted by no transaction in the logs${source || ", before it was created again"}`;
  if (!before) return safe`created by no transaction in the logs: ${whatIs(after)}${source}`;
  const again = before.czxid !== after.czxid ? "deleted and created again" : "changed";
  return safe`${again} by no transaction in the logs: ${whatIs(after)}${source}`;
}

function causeWords(cause: DeleteCause | undefined): Safe {
  switch (cause?.by) {
    case "session":
      return cause.ending === "client"
        ? safe`with its session ${hex(cause.session)}, which its client closed`
        : safe`with its session ${hex(cause.session)}, which the server ended (cxid 0): expired, most probably`;
    case "container":
      return words("by the server: an empty container");
    case "ttl":
      return words("by the server: its TTL had run out");
    case "reaper":
      return words("by the server: an empty container, or a TTL that had run out");
    default:
      return words("by the client");
  }
}

function whatIs(state: Readonly<ZnodeState>): Safe {
  const kind = kindOfState(state);
  const ttl = kind === "ttl" ? safe` ${(state.ephemeralOwner as bigint) & 0xffffffffffn} ms` : "";
  const owner = kind === "ephemeral" ? safe` of ${hex(state.ephemeralOwner as bigint)}` : "";
  const version = state.version === undefined || state.version === 0 ? "" : safe`, version ${state.version}`;
  const born =
    state.czxid === undefined || state.ctime === undefined || state.mzxid === state.czxid
      ? ""
      : safe`, created ${hex(state.czxid)} ${isoTime(state.ctime)}`;
  return safe`${kind ?? "kind not known"}${ttl}${owner}${version}${born}`;
}

function details({ kind, before, after }: Change, { style, width }: HistoryTextOptions): Safe[] {
  const { red, green, dim } = style;
  const room = width === undefined ? undefined : Math.max(width - 6, 20);
  if (kind === "acl")
    return [...(before?.acl ? [red(safe`- ${aclText(before)}`)] : []), green(safe`+ ${after ? aclText(after) : ""}`)];
  if (kind === "create" || kind === "existed")
    return [green(safe`+ ${valueWords(after, room)}`), ...(after ? notOpen(after) : [])];
  if (kind === "delete") return before?.data === undefined ? [] : [red(safe`- ${valueWords(before, room)}`)];
  if (kind === "set" && before && before.data === undefined) return [green(safe`+ ${valueWords(after, room)}`)];
  if (!before || !after || before.data === undefined || after.data === undefined) return [];
  const diff = diffValues(before.data, after.data);
  // Not text, or nothing: what it is says more than how many bytes are the same.
  if (diff.kind === "whole")
    return [red(safe`- ${valueWords(before, room)}`), green(safe`+ ${valueWords(after, room)}`)];
  const lines = valueDiffLines(diff);
  if (lines.length === 0) return kind === "set" ? [dim(words("  the same value again"))] : [];
  const shown = room === undefined ? lines : lines.slice(0, MOST_LINES);
  const paints = { "+": green, "-": red, " ": dim, "…": dim };
  const cutTo = (text: Safe): Safe => (room === undefined ? text : cut(text, room + 1));
  return [
    ...shown.map(({ mark, text }) => paints[mark](safe`${mark} ${cutTo(visible(text, "value"))}`)),
    ...(shown.length < lines.length ? [dim(safe`… ${counted(lines.length - shown.length, "more line")}`)] : []),
  ];
}

function valueWords(state: Readonly<ZnodeState> | null, room: number | undefined): Safe {
  return !state || state.data === undefined ? words("a value that is not known") : valueText(state.data, room);
}

/** The ACL, where it is not the one that nearly every znode has. */
function notOpen(state: Readonly<ZnodeState>): Safe[] {
  const text = aclText(state);
  return text === "world:anyone:cdrwa" ? [] : [safe`  acl ${text}`];
}

function aclText(state: Readonly<ZnodeState>): Safe {
  const acl = aclEntries(state);
  return acl ? aclListText(acl) : words("not known");
}

import type { SessionRow } from "../../forensics/history/sessions-at.js";
import type { Moment } from "../../recovery/scan/headers.js";
import type { EphemeralLife, SessionEnd, SessionLife } from "../../forensics/history/session-life.js";
import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import type { Style } from "../output/output.js";
import type { Column } from "../output/table.js";
import { counted, grouped, visible } from "../output/text.js";
import { joinSafe, type Literal, padEnd, type Safe, safe, words } from "../../text/safe.js";

/** One session's life, on lines for people. */
export function lifeLines(life: SessionLife, ephemerals: readonly EphemeralLife[], { bold, dim, red }: Style): Safe[] {
  const { id, server, timeout, born, last, end } = life;
  const row = <N extends string>(name: Literal<N>, text: Safe): Safe => safe`  ${dim(padEnd(words(name), 11))}${text}`;
  const errors = joinSafe(
    [...life.errors].map(([name, count]) => safe`${count} ${name}`),
    ", ",
  );
  const ops = joinSafe(
    [...life.ops].map(([name, count]) => safe`${grouped(count)} ${name}`),
    ", ",
  );
  const failed = [...life.errors.values()].reduce((sum, count) => sum + count, 0);
  return [
    bold(safe`session ${hex(id)}`),
    row("server", safe`${server}  ${dim(words("(the id's high byte: which server the client first reached)"))}`),
    row("timeout", timeout === undefined ? words("not known") : safe`${timeout} ms`),
    row("born", born ? momentText(born) : words("before the first transaction here")),
    row("last", last ? momentText(last) : words("no transaction of its own in these files")),
    row("ended", end ? safe`${momentText(end)}  ${endText(end, life)}` : words("not in these files")),
    row(
      "writes",
      life.writes === 0 ? words("none") : safe`${grouped(life.writes)}, ${counted(life.bytes, "byte")}: ${ops}`,
    ),
    row("errors", failed === 0 ? words("none") : red(safe`${grouped(failed)}: ${errors}`)),
    row(
      "ephemerals",
      ephemerals.length === 0 ? words("none") : safe`${ephemerals.length}, ${ephemeralCounts(ephemerals)}`,
    ),
    ...ephemerals.map((each) => safe`    ${ephemeralText(each, life, dim)}`),
  ];
}

function momentText({ zxid, time }: Moment): Safe {
  return safe`${padEnd(hex(zxid), 12)} ${isoTime(time)}`;
}

/** What ended a session, in words. */
export function endText(end: SessionEnd, { last, timeout }: Pick<SessionLife, "last" | "timeout">): Safe {
  const deleted = end.deletes === null || end.deletes === 0 ? "" : safe`, ${counted(end.deletes, "ephemeral")} with it`;
  if (end.ending === "client") return safe`closed by its client${deleted}`;
  const idle = last ? safe` ${Number(end.time - last.time)} ms after its last transaction` : "";
  if (end.mayHaveExpired === false)
    return safe`ended by the server (cxid 0)${idle}: too early to have expired (timeout ${timeout ?? "?"} ms)${deleted}`;
  return safe`ended by the server (cxid 0)${idle}: expired, most probably${deleted}`;
}

function ephemeralCounts(ephemerals: readonly EphemeralLife[]): Safe {
  const open = ephemerals.filter(({ lost }) => lost === null).length;
  return safe`${open} of them ${open === 1 ? "exists" : "exist"}`;
}

function ephemeralText({ path, czxid, made, lost }: EphemeralLife, life: SessionLife, dim: Style["dim"]): Safe {
  const begin = safe`made ${hex(czxid)}${made ? safe` ${isoTime(made.time)}` : ""}`;
  const by =
    lost?.by === "another session"
      ? safe`deleted by ${lost.session === 0n ? "the server" : safe`session ${hex(lost.session)}`}`
      : lost?.by === "client"
        ? "deleted by itself"
        : "gone with the session";
  const end = lost
    ? safe`${by} ${hex(lost.zxid)}${lost.zxid === life.end?.zxid ? "" : safe` ${isoTime(lost.time)}`}`
    : "exists";
  return safe`${visible(path, "path")}  ${dim(safe`${begin}, ${end}`)}`;
}

/** The columns of a list of sessions. */
export const SESSION_COLUMNS: readonly Omit<Column, "width">[] = [
  { name: words("session") },
  { name: words("server"), right: true, leaveOut: 2 },
  { name: words("timeout"), right: true, leaveOut: 1 },
  { name: words("ephemerals"), right: true },
  { name: words("writes"), right: true },
  { name: words("errors"), right: true, leaveOut: 4 },
  { name: words("born"), leaveOut: 3 },
  { name: words("last"), leaveOut: 5 },
  { name: words("ended") },
];

/** A session as cells of these. */
export function sessionCells({ life, ephemerals }: SessionRow): Safe[] {
  const failed = [...life.errors.values()].reduce((sum, count) => sum + count, 0);
  return [
    hex(life.id),
    safe`${life.server}`,
    safe`${life.timeout ?? "?"}`,
    safe`${ephemerals ?? "-"}`,
    safe`${life.writes}`,
    safe`${failed}`,
    life.born ? isoTime(life.born.time) : words("before the logs"),
    life.last ? isoTime(life.last.time) : words("-"),
    life.end ? safe`${isoTime(life.end.time)} ${shortEnd(life.end)}` : words("open"),
  ];
}

function shortEnd({ ending, mayHaveExpired }: SessionEnd): "closed" | "by server" | "expired?" {
  if (ending === "client") return "closed";
  return mayHaveExpired === false ? "by server" : "expired?";
}

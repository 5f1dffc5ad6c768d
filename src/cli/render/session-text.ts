import type { EphemeralLife, Moment, SessionEnd, SessionLife } from "../../forensics/history/session-life.js";
import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import type { Style } from "../output/output.js";
import { counted, grouped, visible } from "../output/text.js";

/** One session's life, on lines for people. */
export function lifeLines(
  life: SessionLife,
  ephemerals: readonly EphemeralLife[],
  { bold, dim, red }: Style,
): string[] {
  const { id, server, timeout, born, last, end } = life;
  const row = (name: string, text: string): string => `  ${dim(name.padEnd(11))}${text}`;
  const errors = [...life.errors].map(([name, count]) => `${count} ${name}`).join(", ");
  const ops = [...life.ops].map(([name, count]) => `${grouped(count)} ${name}`).join(", ");
  const failed = [...life.errors.values()].reduce((sum, count) => sum + count, 0);
  return [
    bold(`session ${hex(id)}`),
    row("server", `${server}  ${dim("(the id's high byte: which server the client first reached)")}`),
    row("timeout", timeout === undefined ? "not known" : `${timeout} ms`),
    row("born", born ? momentText(born) : "before the first transaction here"),
    row("last", last ? momentText(last) : "no transaction of its own here"),
    row("ended", end ? `${momentText(end)}  ${endText(end, life)}` : "it has not"),
    row("writes", life.writes === 0 ? "none" : `${grouped(life.writes)}, ${counted(life.bytes, "byte")}: ${ops}`),
    row("errors", failed === 0 ? "none" : red(`${grouped(failed)}: ${errors}`)),
    row("ephemerals", ephemerals.length === 0 ? "none" : `${ephemerals.length}, ${ephemeralCounts(ephemerals)}`),
    ...ephemerals.map((each) => `    ${ephemeralText(each, life, dim)}`),
  ];
}

function momentText({ zxid, time }: Moment): string {
  return `${hex(zxid).padEnd(12)} ${isoTime(time)}`;
}

/** What ended a session, in words. */
export function endText(end: SessionEnd, { last, timeout }: Pick<SessionLife, "last" | "timeout">): string {
  const deleted = end.deletes === null || end.deletes === 0 ? "" : `, ${counted(end.deletes, "ephemeral")} with it`;
  if (end.ending === "client") return `closed by its client${deleted}`;
  const idle = last ? ` ${Number(end.time - last.time)} ms after its last transaction` : "";
  if (end.mayHaveExpired === false)
    return `ended by the server (cxid 0)${idle}: too early to have expired (timeout ${timeout} ms)${deleted}`;
  return `ended by the server (cxid 0)${idle}: expired, most probably${deleted}`;
}

function ephemeralCounts(ephemerals: readonly EphemeralLife[]): string {
  const open = ephemerals.filter(({ lost }) => lost === null).length;
  return `${open} of them ${open === 1 ? "exists" : "exist"}`;
}

function ephemeralText({ path, czxid, made, lost }: EphemeralLife, life: SessionLife, dim: Style["dim"]): string {
  const begin = `made ${hex(czxid)}${made ? ` ${isoTime(made.time)}` : ""}`;
  const by =
    lost?.by === "another session"
      ? `deleted by ${lost.session === 0n ? "the server" : `session ${hex(lost.session)}`}`
      : lost?.by === "client"
        ? "deleted by itself"
        : "gone with the session";
  const end = lost
    ? `${by} ${hex(lost.zxid)}${lost.zxid === life.end?.zxid ? "" : ` ${isoTime(lost.time)}`}`
    : "exists";
  return `${visible(path, "path")}  ${dim(`${begin}, ${end}`)}`;
}

/** What a list of sessions needs of each. */
export interface SessionRow {
  life: SessionLife;
  /** At the point; undefined of one that is not open there. */
  ephemerals: number | undefined;
}

const COLUMNS = ["session", "server", "timeout", "ephemerals", "writes", "errors", "born", "last", "ended"] as const;

/** A list of sessions, in columns. */
export function* listLines(rows: readonly SessionRow[], { dim }: Style): Generator<string> {
  const cells = (row: SessionRow): string[] => {
    const { life, ephemerals } = row;
    const failed = [...life.errors.values()].reduce((sum, count) => sum + count, 0);
    return [
      hex(life.id),
      String(life.server),
      life.timeout === undefined ? "?" : String(life.timeout),
      ephemerals === undefined ? "-" : String(ephemerals),
      String(life.writes),
      String(failed),
      life.born ? isoTime(life.born.time) : "before the logs",
      life.last ? isoTime(life.last.time) : "-",
      life.end ? `${isoTime(life.end.time)} ${shortEnd(life.end)}` : "open",
    ];
  };
  const right = new Set([1, 2, 3, 4, 5]);
  const widths = [18, 6, 7, 10, 7, 6, 24, 24, 0];
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => (right.has(index) ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)))
      .join("  ")
      .trimEnd();
  yield dim(line(COLUMNS));
  for (const row of rows) yield line(cells(row));
}

function shortEnd({ ending, mayHaveExpired }: SessionEnd): string {
  if (ending === "client") return "closed";
  return mayHaveExpired === false ? "ended by the server" : "expired?";
}

/** A session as an object of schema 1. */
export function lifeJson({ life, ephemerals }: SessionRow): object {
  const { id, server, timeout, born, last, end } = life;
  return {
    type: "session",
    id: hex(id),
    server,
    timeout: timeout ?? null,
    open: end === null,
    born: born && momentJson(born),
    last: last && momentJson(last),
    end: end && {
      ...momentJson(end),
      by: end.ending,
      ...(end.ending === "server" ? { mayHaveExpired: end.mayHaveExpired } : {}),
      deletes: end.deletes,
    },
    writes: life.writes,
    bytes: life.bytes,
    ops: Object.fromEntries(life.ops),
    errors: Object.fromEntries(life.errors),
    ephemeralsMade: life.ephemeralsMade,
    ...(ephemerals === undefined ? {} : { ephemerals }),
  };
}

export function ephemeralJson({ path, czxid, made, lost }: EphemeralLife): object {
  return {
    path,
    czxid: hex(czxid),
    made: made && momentJson(made),
    lost: lost && { ...momentJson(lost), by: lost.by, session: hex(lost.session) },
  };
}

function momentJson({ zxid, time }: Moment): object {
  return { zxid: hex(zxid), time: isoTime(time) };
}

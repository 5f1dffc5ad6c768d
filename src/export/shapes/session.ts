import type { Moment } from "../../recovery/scan/headers.js";
import type { EphemeralLife, SessionLife } from "../../forensics/history/session-life.js";
import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";

/** A session as a tree has it. */
export interface SessionLine {
  type: "session";
  id: string;
  /** Milliseconds; null where it is not known. */
  timeout: number | null;
}

export function sessionLine(id: bigint, timeout: number | undefined): SessionLine {
  return { type: "session", id: hex(id), timeout: timeout ?? null };
}

/** The same session with what logs tell of its life. `ephemerals`: how many it has at the point, if it is open there. */
export function sessionShape(life: SessionLife, ephemerals: number | undefined): object {
  const { id, server, timeout, born, last, end } = life;
  return {
    ...sessionLine(id, timeout),
    server,
    open: end === null,
    born: born && momentShape(born),
    last: last && momentShape(last),
    end: end && {
      ...momentShape(end),
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

/** An ephemeral of a session: when it was made, and how it went. */
export function ephemeralShape({ path, czxid, made, lost }: EphemeralLife): object {
  return {
    type: "ephemeral",
    path,
    czxid: hex(czxid),
    made: made && momentShape(made),
    lost: lost && { ...momentShape(lost), by: lost.by, session: hex(lost.session) },
  };
}

function momentShape({ zxid, time }: Moment): { zxid: string; time: string } {
  return { zxid: hex(zxid), time: isoTime(time) };
}

import type { SessionLife } from "../../forensics/history/session-life.js";
import type { Moment } from "../../recovery/scan/headers.js";
import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";

/** A session is a row: JSON's fields, with the moments laid flat. */
export const SESSION_COLUMNS = [
  "id",
  "timeout",
  "server",
  "open",
  "bornZxid",
  "bornTime",
  "lastZxid",
  "lastTime",
  "endZxid",
  "endTime",
  "endBy",
  "mayHaveExpired",
  "writes",
  "bytes",
  "errors",
  "ephemeralsMade",
  "ephemerals",
] as const;

/** The cells of a session; `ephemerals` as in its JSON. */
export function sessionRow(
  life: SessionLife,
  ephemerals: number | undefined,
): (string | number | boolean | null | undefined)[] {
  const { id, timeout, server, born, last, end } = life;
  const errors = [...life.errors.values()].reduce((sum, count) => sum + count, 0);
  return [
    hex(id),
    timeout,
    server,
    end === null,
    ...momentCells(born),
    ...momentCells(last),
    ...momentCells(end),
    end?.ending,
    end?.ending === "server" ? end.mayHaveExpired : null,
    life.writes,
    life.bytes,
    errors,
    life.ephemeralsMade,
    ephemerals,
  ];
}

function momentCells(moment: Moment | null): (string | null)[] {
  return moment ? [hex(moment.zxid), isoTime(moment.time)] : [null, null];
}

import { isoTime } from "../../../recovery/index.js";
import { hex } from "../../../storage/zxid.js";
import { type SessionLife, serverOf } from "../../history/session-life.js";
import { sessionLife } from "../../history/sessions.js";
import { hexOf } from "../explain.js";
import { type Message, say } from "../../../text/message.js";
import { counted } from "../../../text/safe.js";
import type { Sight } from "../seen.js";
import type { Facts } from "../template.js";
import type { LookContext } from "./look.js";

/** The session that a line names, as far as the files know it. */
export async function lifeOf({ directory, explanation }: LookContext): Promise<Sight[]> {
  const id = idOf(explanation.facts);
  if (id === null) return [];
  const known = await sessionLife(directory, id);
  if (!known) return [];
  const open = known.ephemerals.filter(({ lost }) => lost === null).length;
  const message = say`session ${hex(id)}, begun at server ${serverOf(id)}: ${told(known.life)}; it still has ${counted(open, "ephemeral")}`;
  return [{ severity: "note", ...(known.life.end ? { zxid: known.life.end.zxid } : {}), message }];
}

function idOf({ session, sessionDecimal }: Facts): bigint | null {
  if (session !== undefined) return BigInt.asIntN(64, hexOf(session));
  return sessionDecimal === undefined ? null : BigInt(sessionDecimal);
}

function told({ born, end }: SessionLife): Message {
  const begin = born
    ? say`opened with ${hex(born.zxid)} ${isoTime(born.time)}`
    : say`open before the first transaction here`;
  if (!end) return say`${begin}, not closed`;
  const by = end.ending === "client" ? "by its client" : "by the server: it expired, most probably";
  return say`${begin}, closed with ${hex(end.zxid)} ${isoTime(end.time)} ${by}`;
}

import { documentHead } from "../../export/shapes/document.js";
import { pointShape } from "../../export/shapes/point.js";
import { ephemeralShape, sessionShape } from "../../export/shapes/session.js";
import { ZkRewindError } from "../../findings/finding.js";
import { sessionLife } from "../../forensics/history/sessions.js";
import { sessionsAt, strayEphemerals } from "../../forensics/history/sessions-at.js";
import { hex } from "../../storage/zxid.js";
import { say } from "../../text/message.js";
import { type Asked, directoryOf, sourceOf } from "./answer.js";

/** Every session, as `sessions --all` has them at the end of the logs, with how many ephemerals each has at the point. */
export async function sessions(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const limit = query.number("limit", 2000, 20_000);
  const lives = await source.sessions();
  return source.trees.at(query.point(), ({ state }) => {
    const ephemerals = new Map(sessionsAt(state, [], false).map(({ life, ephemerals: count }) => [life.id, count]));
    const rows = lives
      .map((life) => ({ life, ephemerals: ephemerals.get(life.id) }))
      .sort((a, b) => (b.ephemerals ?? -1) - (a.ephemerals ?? -1) || b.life.ephemeralsMade - a.life.ephemeralsMade);
    return documentHead("sessions", {
      ...sourceOf(asked),
      at: pointShape(state),
      ephemeralsWithoutSession: strayEphemerals(state).map(({ path, owner }) => ({ path, owner: hex(owner) })),
      sessions: rows.slice(0, limit).map(({ life, ephemerals: count }) => sessionShape(life, count)),
      counts: { sessions: rows.length },
    });
  });
}

/** One session, as `session` has it. */
export async function session(asked: Asked): Promise<object> {
  const id = asked.query.id("id");
  if (id === undefined) throw new ZkRewindError(say`no session is named`, { exitCode: 2 });
  const found = await sessionLife(directoryOf(asked), id);
  if (!found) throw new ZkRewindError(say`no trace of session ${hex(id)} in these files`, { exitCode: 1 });
  const { life, ephemerals } = found;
  const open = life.end === null ? ephemerals.filter(({ lost }) => lost === null).length : undefined;
  return documentHead("session", {
    ...sourceOf(asked),
    from: null,
    to: null,
    ...sessionShape(life, open),
    ephemeralZnodes: ephemerals.slice(0, MOST_EPHEMERALS).map(ephemeralShape),
    counts: { ephemeralZnodes: ephemerals.length },
  });
}

const MOST_EPHEMERALS = 2000;

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Data, Session, SessionDocument } from "../data/model.js";
import { Command, Failure, Panel, PathLink, Time, useAnswer, Zxid } from "../parts.js";
import { at, go, place, point, sourceWords, summary } from "../state.js";
import { bytes, counted, durationText, grouped } from "../text.js";

const SORTS = {
  ephemeralsMade: "ephemerals made",
  ephemerals: "ephemerals now",
  writes: "writes",
  errors: "errors",
  born: "beginning",
} as const;
type Sort = keyof typeof SORTS;

function sortValue(session: Session, sort: Sort): number {
  if (sort === "born") return -Date.parse(session.born?.time ?? "1970-01-01T00:00:00Z");
  if (sort === "errors") return Object.values(session.errors).reduce((sum, count) => sum + count, 0);
  return session[sort] ?? -1;
}

/** Every session as a bar from its beginning to its end. */
export function SessionsView({ data }: { data: Data }): JSX.Element {
  const [sort, setSort] = useState<Sort>("ephemeralsMade");
  const made = useAnswer(data, "sessions", { at: point.value?.zxid ?? at.value });
  const list = (made.value?.sessions ?? []).toSorted((a, b) => sortValue(b, sort) - sortValue(a, sort));
  const { first, last } = summary.value?.transactions ?? { first: null, last: null };
  const [from, to] = [Date.parse(first?.time ?? ""), Date.parse(last?.time ?? "")];
  const stray = made.value?.ephemeralsWithoutSession ?? [];
  return (
    <div class="columns">
      <Panel title="Sessions" id="sessions">
        <div class="bar">
          <label>
            the most{" "}
            <select value={sort} onChange={(event) => setSort(event.currentTarget.value as Sort)}>
              {Object.entries(SORTS).map(([key, name]) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <span class="quiet" role="status">
            {made.value
              ? `${counted(made.value.counts.sessions, "session")}, ${list.filter(({ ephemerals }) => ephemerals !== undefined).length} open at the point`
              : "Reading the logs…"}
          </span>
        </div>
        <Failure text={made.error} />
        {stray.length > 0 ? (
          <div class="warn">
            {counted(stray.length, "ephemeral")} whose session is not open: no server will ever delete them.
            <ul>
              {stray.slice(0, 50).map(({ path }) => (
                <li key={path}>
                  <PathLink path={path} />
                </li>
              ))}
            </ul>
          </div>
        ) : null}
        <ul class="sessions">
          {list.slice(0, 400).map((each) => (
            <Bar key={each.id} session={each} from={from} to={Math.max(to, from + 1)} />
          ))}
        </ul>
        {list.length > 400 ? <p>{list.length - 400} more have less of it.</p> : null}
      </Panel>
      {place.value.session === "" ? (
        <Panel title="Session">
          <p>Choose a session to see its ephemerals and how it ended.</p>
        </Panel>
      ) : (
        <One data={data} id={place.value.session} />
      )}
    </div>
  );
}

function Bar({ session, from, to }: { session: Session; from: number; to: number }): JSX.Element {
  const { id, born, end, last } = session;
  const share = (time: string | undefined, fallback: number): number =>
    time === undefined ? fallback : Math.min(Math.max((Date.parse(time) - from) / (to - from), 0), 1);
  const [begin, over] = [share(born?.time, 0), share(end?.time, 1)];
  const isChosen = place.value.session === id;
  return (
    <li class={isChosen ? "current" : ""}>
      <button type="button" class="session" aria-pressed={isChosen} onClick={() => go({ session: id })}>
        <span class="mono">{id}</span>
        <span class="track" aria-hidden="true">
          <span
            class={`life ${endKind(session)}`}
            style={{ left: `${100 * Math.min(begin, 0.99)}%`, width: `${Math.max(100 * (over - begin), 0.5)}%` }}
          />
        </span>
        <span class="quiet">
          {counted(session.ephemeralsMade, "ephemeral")} made
          {session.ephemerals === undefined ? "" : `, ${session.ephemerals} now`}; {counted(session.writes, "write")};{" "}
          {endText(session)}
          {last ? "" : "; wrote nothing"}
        </span>
      </button>
    </li>
  );
}

function endKind({ end }: Session): string {
  return end === null ? "open" : end.by === "client" ? "closed" : "expired";
}

/** How it ended, in words. */
function endText({ end, timeout }: Session): string {
  if (end === null) return "still open";
  if (end.by === "client") return "closed by its client";
  const why =
    end.mayHaveExpired === false ? "ended by the server, before its timeout" : "expired, or was ended by the server";
  return timeout === null ? why : `${why} (timeout ${durationText(timeout)})`;
}

function One({ data, id }: { data: Data; id: string }): JSX.Element {
  const made = useAnswer(data, "session", data.has("session") ? { id } : null);
  const known = made.value?.id === id ? made.value : null;
  return (
    <Panel title="Session" id="session">
      <h3 class="mono">{id}</h3>
      <Failure text={made.error} />
      {known ? <Known session={known} /> : null}
      <Command what="its life" line={`zkrewind session ${sourceWords()} ${id}`} />
      <Command what="all that it did" line={`zkrewind log ${sourceWords()} --session ${id}`} />
      <button type="button" onClick={() => go({ view: "transactions", filter: `session=${id}&from=0x1` })}>
        show its transactions
      </button>
    </Panel>
  );
}

function Known({ session }: { session: SessionDocument }): JSX.Element {
  const { born, last, end, ops, errors, ephemeralZnodes } = session;
  const failed = Object.entries(errors);
  return (
    <>
      <dl class="stat">
        <dt>Began</dt>
        <dd>
          {born ? (
            <>
              <Zxid zxid={born.zxid} /> <Time time={born.time} />
            </>
          ) : (
            "before the first transaction here"
          )}
          , on server {session.server}
        </dd>
        <dt>Last wrote</dt>
        <dd>
          {last ? (
            <>
              <Zxid zxid={last.zxid} /> <Time time={last.time} />
            </>
          ) : (
            "never"
          )}
        </dd>
        <dt>Ended</dt>
        <dd>
          {end ? (
            <>
              <Zxid zxid={end.zxid} /> <Time time={end.time} />: {endText(session)}
              {end.deletes === null ? "" : `; ${counted(end.deletes, "ephemeral")} went with it`}
            </>
          ) : (
            "still open"
          )}
        </dd>
        <dt>Timeout</dt>
        <dd>{session.timeout === null ? "not known" : durationText(session.timeout)}</dd>
        <dt>Wrote</dt>
        <dd>
          {counted(session.writes, "transaction")}, {bytes(session.bytes)}:{" "}
          {Object.entries(ops)
            .map(([op, count]) => `${op} ${grouped(count)}`)
            .join(", ")}
        </dd>
        {failed.length > 0 ? (
          <>
            <dt>Failed</dt>
            <dd>{failed.map(([name, count]) => `${name} ${grouped(count)}`).join(", ")}</dd>
          </>
        ) : null}
      </dl>
      <h3>{counted(session.counts.ephemeralZnodes, "ephemeral")} made</h3>
      <ul class="hits">
        {ephemeralZnodes.slice(0, 500).map((each) => (
          <li key={each.czxid + each.path}>
            <PathLink path={each.path} /> made{" "}
            {each.made ? <Zxid zxid={each.made.zxid} /> : "before the first transaction"}
            {each.lost ? (
              <>
                , gone <Zxid zxid={each.lost.zxid} /> by {each.lost.by}
              </>
            ) : (
              ", still there"
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

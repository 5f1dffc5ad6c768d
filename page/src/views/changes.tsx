import type { JSX } from "preact";
import type { Diff } from "../data/model.js";
import { type Asked, Failure, Panel, PathLink, SessionLink, Time, Zxid } from "../parts.js";
import { counted, grouped } from "../text.js";
import { differing } from "../tree/marks.js";

const MOST = 500;
const SIGNS: Record<string, string> = { added: "+", removed: "−", changed: "~" };

/** What differs between two points, and who made it so. */
export function Changes({ diff }: { diff: Asked<Diff> }): JSX.Element {
  const made = diff.value;
  return (
    <Panel title="What differs" id="changes">
      <Failure text={diff.error} />
      {made ? (
        <>
          <p>
            From <Zxid zxid={made.from.zxid} /> to <Zxid zxid={made.to.zxid} />: {counted(made.counts.added, "znode")}{" "}
            added, {made.counts.removed} removed, {made.counts.changed} changed;{" "}
            {counted(made.sessions.opened.length, "session")} opened, {made.sessions.closed.length} closed.
          </p>
          <ul class="changes">
            {made.changes.slice(0, MOST).map((each) => (
              <li key={each.path} class={each.change}>
                <span aria-label={each.change}>{SIGNS[each.change] ?? each.change}</span> <PathLink {...each} />{" "}
                {each.fields && each.fields.length > 0 ? <span class="quiet">{each.fields.join(", ")}</span> : null}{" "}
                {(each.by ?? []).map(({ zxid, time, session, op }) => (
                  <span key={zxid} class="quiet">
                    {op} by <SessionLink id={session} />, <Zxid zxid={zxid} />, <Time time={time} />{" "}
                  </span>
                ))}
              </li>
            ))}
          </ul>
          <Rest listed={Math.min(made.changes.length, MOST)} all={differing(made)} />
        </>
      ) : diff.error === "" ? (
        <p role="status">Comparing…</p>
      ) : null}
    </Panel>
  );
}

function Rest({ listed, all }: { listed: number; all: number }): JSX.Element | null {
  return all > listed ? <p>{grouped(all - listed)} more are not listed here.</p> : null;
}

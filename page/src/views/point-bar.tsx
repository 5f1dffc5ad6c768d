import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Data } from "../data/model.js";
import { Failure } from "../parts.js";
import { against, failure, go, point } from "../state.js";
import { counted, timeText, visible } from "../text.js";

/** Which point the page is about, how sure it is, and what it is compared with. */
export function PointBar({ data }: { data: Data }): JSX.Element {
  const now = point.value;
  const [text, setText] = useState("");
  const [other, setOther] = useState("");
  return (
    <section class="panel point" aria-label="point in time">
      <p>
        {now ? (
          <>
            <strong class="mono" id="zxid">
              {now.zxid}
            </strong>{" "}
            epoch {now.epoch}, counter {now.counter}, {timeText(now.time)};{" "}
            <span class={now.exact ? "good" : "bad"} id="sure">
              {now.exact ? "exact" : "NOT exact"}
            </span>
            {now.doubt ? <span class="warn">: {visible(now.doubt, 300)}</span> : null}
            {now.unproven ? <span class="quiet"> (not proven: {now.unproven.join(", ")})</span> : null}
            {now.later ? <span class="warn"> Not the latest: {visible(now.later.why, 300)}.</span> : null}{" "}
            {counted(now.znodes, "znode")}, {counted(now.sessions, "session")}
          </>
        ) : (
          "Rebuilding the tree…"
        )}
      </p>
      {data.isLive ? (
        <div class="bar">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (text.trim() !== "") go({ at: text.trim() });
            }}
          >
            <label>
              go to{" "}
              <input
                name="at"
                value={text}
                placeholder="0x1d8e, e1:34, 2026-11-23T14:05:00Z, -2h"
                onInput={(event) => setText(event.currentTarget.value)}
                size={26}
              />
            </label>
            <button type="submit">go</button>
          </form>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              go({ against: other.trim() });
            }}
          >
            <label>
              compare with{" "}
              <input
                name="against"
                value={other}
                placeholder="an earlier point, such as -5m"
                onInput={(event) => setOther(event.currentTarget.value)}
                size={26}
              />
            </label>
            <button type="submit">compare</button>
            {against.value === "" ? null : (
              <button type="button" onClick={() => go({ against: "" })}>
                stop comparing with {visible(against.value, 40)}
              </button>
            )}
          </form>
        </div>
      ) : null}
      <Failure text={failure.value} />
    </section>
  );
}

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Data, Gone, Hit } from "../data/model.js";
import { Failure, Panel, PathLink, SessionLink, Time } from "../parts.js";
import { counted, grouped } from "../text.js";

/** Looks through all paths, values and owners of the point, and what was deleted before, and says how much of it. */
export function Search({ data, now }: { data: Data; now: string }): JSX.Element | null {
  const [text, setText] = useState("");
  const [hits, setHits] = useState<Hit[]>([]);
  const [gone, setGone] = useState<Gone[]>([]);
  const [said, setSaid] = useState("");
  const [error, setError] = useState("");
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  if (!data.has("search")) return null;
  const begin = (): void => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setHits([]);
    setError("");
    setSaid("searching…");
    setGone([]);
    const found: Hit[] = [];
    const deleted: Gone[] = [];
    data
      .search(
        { at: now, text },
        (line) => {
          if (line.type === "hit") {
            found.push(line);
            if (found.length % 20 === 1) setHits([...found]);
          } else if (line.type === "gone") deleted.push(line);
          else if (line.type !== "header") {
            const { done = 0, total = 0 } = line;
            setHits([...found]);
            setGone([...deleted]);
            const share =
              done === total ? `all ${counted(total, "znode")}` : `${grouped(done)} of ${counted(total, "znode")}`;
            setSaid(
              `${counted(found.length, "hit")}; ${share} searched${line.type === "end" && done < total ? ": there may be more" : ""}${deleted.length > 0 ? `; ${line.isAllGone === false ? "the last " : ""}${counted(deleted.length, "znode")} deleted before` : ""}`,
            );
          }
        },
        controller.signal,
      )
      .catch((failed: Error) => {
        if (!controller.signal.aborted) setError(failed.message);
      });
  };
  return (
    <Panel title="Search" id="search">
      <form
        class="bar"
        onSubmit={(event) => {
          event.preventDefault();
          if (text !== "") begin();
        }}
      >
        <label>
          text in a path (also of what was deleted), a value, or an owner’s id{" "}
          <input name="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit">search</button>
      </form>
      <p role="status" class="quiet" id="searched">
        {said}
      </p>
      <Failure text={error} />
      <ul class="hits">
        {hits.map((hit) => (
          <li key={hit.pathBase64 ?? hit.path}>
            <PathLink {...hit} /> <span class="tag">{hit.where.join(", ")}</span>
          </li>
        ))}
      </ul>
      {gone.length > 0 ? (
        <>
          <h3>Deleted before this point</h3>
          <ul class="hits" id="gone">
            {gone.map((each) => (
              <li key={each.pathBase64 ?? each.path}>
                <PathLink {...each} />{" "}
                <span class="quiet">
                  by <SessionLink id={each.session} />, <Time time={each.time} />
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Panel>
  );
}

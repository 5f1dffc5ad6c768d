import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Data, Txn } from "../data/model.js";
import { Command, Failure, Panel, PathLink, SessionLink, Time, useAnswer, Zxid } from "../parts.js";
import { go, place, point, sourceWords } from "../state.js";
import { counted, durationText, shellWord, visible } from "../text.js";
import { shortValue } from "./value.js";

const LIMIT = 200;
const FIELDS = ["from", "to", "op", "path", "session"] as const;

/** The transactions of a range, with the filters of `log`. */
export function TransactionsView({ data }: { data: Data }): JSX.Element {
  const filter = new URLSearchParams(place.value.filter);
  const [draft, setDraft] = useState<Record<string, string>>(Object.fromEntries(filter));
  const { zoom } = place.value;
  const [begin, end] = zoom === "" ? [] : zoom.split("~").map((each) => new Date(Number(each)).toISOString());
  const isFar = filter.get("from") !== null || filter.get("to") !== null;
  const params = {
    ...Object.fromEntries(filter),
    ...(isFar || zoom === "" ? {} : { from: begin, to: end }),
    // Without a range: those up to the point.
    ...(isFar || zoom !== "" ? {} : { to: point.value?.zxid, reverse: 1 }),
    limit: LIMIT,
  };
  const made = useAnswer(data, "transactions", params);
  const list = made.value?.transactions ?? [];
  const set = (name: string, value: string): void => setDraft({ ...draft, [name]: value });
  return (
    <Panel title="Transactions" id="transactions">
      {data.isLive ? (
        <form
          class="bar"
          onSubmit={(event) => {
            event.preventDefault();
            go({ filter: new URLSearchParams(Object.entries(draft).filter(([, value]) => value !== "")).toString() });
          }}
        >
          {FIELDS.map((name) => (
            <label key={name}>
              {name}{" "}
              <input
                name={name}
                size={name === "path" ? 18 : 12}
                value={draft[name] ?? ""}
                placeholder={HINTS[name]}
                onInput={(event) => set(name, event.currentTarget.value)}
              />
            </label>
          ))}
          <label>
            <input
              type="checkbox"
              checked={draft["errors"] === "1"}
              onChange={(event) => set("errors", event.currentTarget.checked ? "1" : "")}
            />{" "}
            only what failed
          </label>
          <button type="submit">list</button>
          <button
            type="button"
            onClick={() => {
              setDraft({});
              go({ filter: "" });
            }}
          >
            clear
          </button>
        </form>
      ) : null}
      <p class="quiet" role="status">
        {isFar
          ? "The range that is named"
          : zoom === ""
            ? "Up to the point, the newest first"
            : "The stretch that the timeline shows"}
        {made.isAsking
          ? "; reading…"
          : `: ${counted(list.length, "transaction")}${list.length === LIMIT ? ", and there may be more" : ""}`}
      </p>
      <Failure text={made.error} />
      <ol class="transactions">
        {list.map((txn) => (
          <li key={txn.zxid} class={txn.zxid === point.value?.zxid ? "current" : ""}>
            <One txn={txn} />
          </li>
        ))}
      </ol>
      <Command what="the same" line={commandOf(filter)} />
    </Panel>
  );
}

const HINTS: Record<(typeof FIELDS)[number], string> = {
  from: "0x… or a time",
  to: "0x… or a time",
  op: "create,setData",
  path: "/app/**",
  session: "0x…",
};

function commandOf(filter: URLSearchParams): string {
  const options = [...filter].map(([name, value]) =>
    name === "errors" ? "--errors" : `--${name} ${shellWord(value)}`,
  );
  return ["zkrewind log", sourceWords(), ...options].join(" ");
}

export function One({ txn }: { txn: Txn }): JSX.Element {
  const { zxid, time, session, op } = txn;
  return (
    <>
      <Zxid zxid={zxid} /> <Time time={time} /> <SessionLink id={session} /> <strong>{op}</strong> <What txn={txn} />
      {txn.damaged ? <span class="bad"> its checksum is wrong</span> : null}
      {txn.members ? (
        <details>
          <summary>{counted(txn.members.length, "operation")}</summary>
          <ol>
            {txn.members.map((each, index) => (
              <li key={index}>
                <strong>{each.op}</strong> <What txn={each} />
              </li>
            ))}
          </ol>
        </details>
      ) : null}
      {txn.paths && txn.paths.length > 0 ? (
        <details>
          <summary>{counted(txn.paths.length, "ephemeral")} deleted</summary>
          <ul>
            {txn.paths.slice(0, 500).map((each) => (
              <li key={each}>
                <PathLink path={each} />
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

function What({ txn }: { txn: Txn }): JSX.Element {
  const { path, data, encoding, error, timeout, ephemeral } = txn;
  return (
    <>
      {path === undefined ? null : <PathLink path={path} />} {ephemeral ? <span class="tag">ephemeral</span> : null}{" "}
      {data === undefined ? null : (
        <span class="quiet">{shortValue({ data, ...(encoding && { encoding: encoding as "utf8" }) }, 80)}</span>
      )}
      {error === undefined ? null : (
        <span class="bad">{visible(typeof error === "string" ? error : JSON.stringify(error), 100)}</span>
      )}
      {timeout === undefined ? null : <span class="quiet">timeout {durationText(timeout)}</span>}
    </>
  );
}

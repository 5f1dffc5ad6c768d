import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Data, Mark, Timeline } from "../data/model.js";
import { at, go, place, timeline } from "../state.js";
import { durationText, grouped, timeText, visible } from "../text.js";
import { Axis } from "./axis.js";
import { Chart, type Measure, MEASURES, SIGNS } from "./chart.js";
import { step } from "./step.js";
import { isRead, stretchOf, zoomAtPoint } from "./stretch.js";

/** What happened when; a click says which point the page is about. */
export function TimelineView({ data }: { data: Data }): JSX.Element {
  const made = timeline.value;
  const [measure, setMeasure] = useState<Measure>("transactions");
  if (!made || made.buckets.length === 0)
    return (
      <section class="panel timeline" aria-label="timeline">
        <p>
          {made?.isWhole
            ? "There are no transactions in these files, or none in this stretch of time."
            : "Reading the logs…"}
        </p>
        {place.value.zoom === "" ? null : (
          <button type="button" onClick={() => go({ zoom: "" })}>
            show all
          </button>
        )}
      </section>
    );
  return (
    <section class="panel timeline" aria-label="timeline">
      <div class="bar">
        <label>
          show{" "}
          <select value={measure} onChange={(event) => setMeasure(event.currentTarget.value as Measure)}>
            {Object.entries(MEASURES).map(([key, name]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Zooms made={made} data={data} />
        <Steps data={data} />
      </div>
      <Chart made={made} measure={measure} data={data} />
      <Axis stretch={stretchOf(made)} />
      {measure === "transactions" ? <Legend made={made} /> : null}
      <Marks list={made.marks} />
    </section>
  );
}

function Zooms({ made, data }: { made: Timeline; data: Data }): JSX.Element {
  const { from, to } = stretchOf(made);
  const [first, last] = [made.buckets[0], made.buckets.at(-1)];
  const isPart = place.value.zoom !== "";
  return (
    <span class="group" role="group" aria-label="zoom">
      <button type="button" onClick={() => zoomAtPoint(made, 0.25)} aria-label="zoom in">
        +
      </button>
      <button type="button" onClick={() => zoomAtPoint(made, 4)} disabled={!isPart} aria-label="zoom out">
        −
      </button>
      <button type="button" onClick={() => go({ zoom: "" })} disabled={!isPart}>
        all
      </button>
      <span class="quiet">{durationText(to - from)} shown</span>
      {isPart && data.isLive && first && last ? (
        <button
          type="button"
          id="what-changed"
          disabled={!isRead(made)}
          onClick={() => go({ view: "tree", at: last.last, against: `0x${(BigInt(first.first) - 1n).toString(16)}` })}
        >
          what changed here?
        </button>
      ) : null}
    </span>
  );
}

function Steps({ data }: { data: Data }): JSX.Element {
  return (
    <span class="group" role="group" aria-label="step by transaction">
      <button type="button" onClick={() => void step(data, "back")} disabled={!data.has("near")}>
        ← previous
      </button>
      <button type="button" onClick={() => void step(data, "on")} disabled={!data.has("near")}>
        next →
      </button>
      <button type="button" onClick={() => go({ at: "latest" })} disabled={at.value === "latest"}>
        latest
      </button>
    </span>
  );
}

function Legend({ made }: { made: Timeline }): JSX.Element {
  const sums = made.kinds.map((_, kind) => made.buckets.reduce((sum, { kinds }) => sum + (kinds[kind] ?? 0), 0));
  return (
    <ul class="legend" aria-label="kinds of transactions">
      {made.kinds.map((name, kind) =>
        sums[kind] === 0 ? null : (
          <li key={name}>
            <span class={`swatch kind-${name}`} aria-hidden="true" /> {name} {grouped(sums[kind] ?? 0)}
          </li>
        ),
      )}
    </ul>
  );
}

function Marks({ list }: { list: readonly Mark[] }): JSX.Element | null {
  if (list.length === 0) return null;
  return (
    <details id="marks">
      <summary>
        {(Object.keys(SIGNS) as Mark["kind"][])
          .map((kind) => ({ kind, count: list.filter((each) => each.kind === kind).length }))
          .filter(({ count }) => count > 0)
          .map(({ kind, count }) => `${grouped(count)} × ${SIGNS[kind]}`)
          .join(", ")}
      </summary>
      <ul class="marks">
        {list.slice(0, 300).map((each, index) => (
          <li key={index}>
            <span class={`swatch mark-${each.kind}`} aria-hidden="true" />
            <button type="button" class="link" onClick={() => go({ at: each.zxid })}>
              {SIGNS[each.kind]}
            </button>{" "}
            {visible(each.what, 200)} <span class="quiet">{timeText(each.time)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Bucket, Data, Mark, Timeline } from "../data/model.js";
import { at, go, notice, place, point, timeline } from "../state.js";
import { bytes, compareZxids, counted, durationText, grouped, timeText, visible } from "../text.js";

const HEIGHT = 120;
const WIDTH = 1000;

const MEASURES = { transactions: "transactions", bytes: "bytes", failed: "errors", open: "sessions open" } as const;
type Measure = keyof typeof MEASURES;

/** What happened when; a click or a drag says which point the page is about. */
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
        <Zooms made={made} />
        <Steps data={data} />
      </div>
      <Chart made={made} measure={measure} data={data} />
      {measure === "transactions" ? <Legend made={made} /> : null}
      <Marks list={made.marks} />
    </section>
  );
}

function span(made: Timeline): { from: number; to: number } {
  const [from, to] = [Date.parse(made.from), Date.parse(made.to)];
  return { from, to: Math.max(to, from + 1) };
}

function Zooms({ made }: { made: Timeline }): JSX.Element {
  const { from, to } = span(made);
  const zoom = (factor: number): void => {
    const width = Math.max((to - from) * factor, 2);
    const now = Date.parse(point.value?.time ?? "") || (from + to) / 2;
    const middle = now < from || now > to ? (from + to) / 2 : now;
    const whole = made.whole ? { from: Date.parse(made.whole.from), to: Date.parse(made.whole.to) } : { from, to };
    if (width >= whole.to - whole.from) return go({ zoom: "" });
    const begin = Math.min(Math.max(middle - width / 2, whole.from), whole.to - width);
    go({ zoom: `${Math.floor(begin)}~${Math.ceil(begin + width)}` });
  };
  return (
    <span class="group" role="group" aria-label="zoom">
      <button type="button" onClick={() => zoom(0.25)} aria-label="zoom in">
        +
      </button>
      <button type="button" onClick={() => zoom(4)} aria-label="zoom out">
        −
      </button>
      <button type="button" onClick={() => go({ zoom: "" })} disabled={place.value.zoom === ""}>
        all
      </button>
      <span class="quiet">{durationText(to - from)} shown</span>
    </span>
  );
}

/** Goes to the transaction before or after the point. */
export async function step(data: Data, by: "back" | "on"): Promise<void> {
  const from = point.value?.zxid;
  if (from === undefined) return;
  const { transaction } = await data.ask("near", { zxid: from, by });
  if (transaction) go({ at: transaction.zxid }, true);
  else notice.value = by === "back" ? "this is the first transaction" : "this is the last transaction";
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

function heightOf(bucket: Bucket, measure: Measure): number {
  return measure === "transactions" ? bucket.count : bucket[measure];
}

function Chart({ made, measure, data }: { made: Timeline; measure: Measure; data: Data }): JSX.Element {
  const { from, to } = span(made);
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const x = (time: number): number => ((time - from) / (to - from)) * WIDTH;
  const most = Math.max(...made.buckets.map((each) => heightOf(each, measure)), 1);
  const width = Math.max(WIDTH / 240 - 0.4, 1);
  const now = Date.parse(point.value?.time ?? "");
  const timeAt = (event: PointerEvent): number => {
    const box = svg.current?.getBoundingClientRect();
    const share = box ? Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) : 0;
    return from + share * (to - from);
  };
  const goTo = (time: number, replace: boolean): void => {
    const bucket = made.buckets.findLast((each) => Date.parse(each.time) <= time) ?? made.buckets[0];
    if (bucket && bucket.last !== at.value) go({ at: bucket.last }, replace);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key } = event;
    const index = made.buckets.findLastIndex((each) => compareZxids(each.first, point.value?.zxid ?? "0x0") <= 0);
    const bucket = {
      PageUp: made.buckets[index - 1],
      PageDown: made.buckets[index + 1],
      Home: made.buckets[0],
      End: made.buckets.at(-1),
    }[key];
    if (bucket) go({ at: key === "Home" ? bucket.first : bucket.last });
    else if (key === "ArrowLeft" || key === "ArrowRight") {
      event.stopPropagation();
      void step(data, key === "ArrowLeft" ? "back" : "on");
    } else return;
    event.preventDefault();
  };
  const text = point.value ? `${point.value.zxid}, ${timeText(point.value.time)}` : "latest";
  return (
    <svg
      ref={svg}
      class="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT + 26}`}
      preserveAspectRatio="none"
      role="slider"
      tabindex={0}
      aria-label="point in time: arrows step by transaction, Page Up and Page Down by stretch"
      aria-valuemin={from}
      aria-valuemax={to}
      aria-valuenow={Number.isNaN(now) ? to : now}
      aria-valuetext={text}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag(event.clientX);
        goTo(timeAt(event), false);
      }}
      onPointerMove={(event) => (drag === null ? undefined : goTo(timeAt(event), true))}
      onPointerUp={() => setDrag(null)}
      onWheel={(event) => {
        if (!event.ctrlKey && !event.shiftKey) return;
        event.preventDefault();
      }}
    >
      {(made.exact ?? []).map((each) => {
        const [begin, end] = [x(Date.parse(each.fromTime ?? made.from)), x(Date.parse(each.toTime ?? made.to))];
        return (
          <rect
            key={each.from}
            class="exact"
            x={Math.max(begin, 0)}
            y={HEIGHT + 2}
            width={Math.max(Math.min(end, WIDTH) - Math.max(begin, 0), 2)}
            height={5}
          />
        );
      })}
      {made.buckets.map((each) => (
        <Bar
          key={each.time}
          bucket={each}
          x={x(Date.parse(each.time))}
          width={width}
          most={most}
          measure={measure}
          made={made}
        />
      ))}
      {made.marks.map((each, index) => {
        const place = x(Date.parse(each.time));
        return place < 0 || place > WIDTH ? null : <MarkSign key={index} mark={each} x={place} />;
      })}
      {Number.isNaN(now) || now < from || now > to ? null : (
        <line class="now" x1={x(now)} x2={x(now)} y1={0} y2={HEIGHT + 26} vector-effect="non-scaling-stroke" />
      )}
    </svg>
  );
}

function Bar({
  bucket,
  x,
  width,
  most,
  measure,
  made,
}: {
  bucket: Bucket;
  x: number;
  width: number;
  most: number;
  measure: Measure;
  made: Timeline;
}): JSX.Element {
  const scale = (HEIGHT - 4) / most;
  const title = `${timeText(bucket.time)}: ${counted(bucket.count, "transaction")}, ${bytes(bucket.bytes)}, ${counted(bucket.failed, "error")}, ${counted(bucket.deletes, "znode")} deleted, ${counted(bucket.open, "session")} open`;
  if (measure !== "transactions") {
    const height = Math.max(heightOf(bucket, measure) * scale, heightOf(bucket, measure) > 0 ? 1 : 0);
    return (
      <rect
        class={measure === "failed" ? "kind-error" : "kind-set"}
        x={x}
        y={HEIGHT - height}
        width={width}
        height={height}
      >
        <title>{title}</title>
      </rect>
    );
  }
  let below = 0;
  return (
    <g>
      <title>{title}</title>
      {bucket.kinds.map((count, kind) => {
        if (count === 0) return null;
        const height = Math.max(count * scale, 0.7);
        below += height;
        return (
          <rect key={kind} class={`kind-${made.kinds[kind]}`} x={x} y={HEIGHT - below} width={width} height={height} />
        );
      })}
    </g>
  );
}

const SIGNS: Record<Mark["kind"], string> = {
  snapshot: "snapshot",
  epoch: "new epoch",
  hole: "missing transactions",
  damage: "damage",
  deletes: "many deletes",
  burst: "burst",
};

function MarkSign({ mark, x }: { mark: Mark; x: number }): JSX.Element {
  const y = HEIGHT + 9;
  return (
    <g class={`mark mark-${mark.kind}`}>
      <title>{`${SIGNS[mark.kind]}: ${visible(mark.what, 200)}, ${mark.zxid}`}</title>
      <rect x={x - 1.5} y={y} width={3} height={16} />
    </g>
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

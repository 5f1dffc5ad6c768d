import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Bucket, Data, Mark, Timeline } from "../data/model.js";
import { at, go, point } from "../state.js";
import { bytes, compareZxids, counted, momentText, timeText, visible } from "../text.js";
import { pan, type Stretch, stretchOf, zoomAround, zoomTo } from "./stretch.js";
import { step } from "./step.js";

const HEIGHT = 120;
const WIDTH = 1000;
/** Below the bars: what is exact, and the marks. */
const STRIP = 26;
/** Pixels that a hand may shake while it clicks, and that the point's line is wide for a hand. */
const SHAKE = 4;
const NEAR = 6;

export const MEASURES = {
  transactions: "transactions",
  bytes: "bytes",
  failed: "errors",
  open: "sessions open",
} as const;
export type Measure = keyof typeof MEASURES;

interface Drag {
  /** Of the pointer, in pixels from the left of the chart; of the stretch that is chosen, if it moves nothing. */
  from: number;
  to: number;
  kind: "click" | "point" | "stretch";
  /** Whether it began on the point's line, or on the strip below the bars. */
  isPoint: boolean;
}

/**
 * The bars. A click sets the point, and so does a drag of its line or along the strip below; a drag over the bars zooms
 * into what it passes, the wheel around the pointer.
 */
export function Chart({ made, measure, data }: { made: Timeline; measure: Measure; data: Data }): JSX.Element {
  const stretch = stretchOf(made);
  const { from, to } = stretch;
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [under, setUnder] = useState<number | null>(null);
  const x = (time: number): number => ((time - from) / (to - from)) * WIDTH;
  const now = Date.parse(point.value?.time ?? "");
  const box = (): { left: number; top: number; width: number; height: number } =>
    svg.current?.getBoundingClientRect() ?? { left: 0, top: 0, width: 1, height: 1 };
  const timeAt = (pixels: number): number => from + Math.min(Math.max(pixels / box().width, 0), 1) * (to - from);
  const goTo = (time: number, replace: boolean): void => {
    const bucket = made.buckets.findLast((each) => Date.parse(each.time) <= time) ?? made.buckets[0];
    if (bucket && bucket.last !== at.value) go({ at: bucket.last }, replace);
  };
  useWheel(svg, (event) => {
    const { left, width } = box();
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (isSideways) return pan(made, (event.deltaX || event.deltaY) / width);
    return zoomAround(made, Math.exp(event.deltaY * WHEEL), timeAt(event.clientX - left));
  });
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    svg.current?.setPointerCapture(event.pointerId);
    const { left, top, width, height } = box();
    const place = event.clientX - left;
    const isPoint =
      event.clientY - top > (height * HEIGHT) / (HEIGHT + STRIP) || Math.abs((x(now) * width) / WIDTH - place) < NEAR;
    setDrag({ from: place, to: place, kind: "click", isPoint });
  };
  const onPointerMove = (event: PointerEvent): void => {
    const place = event.clientX - box().left;
    setUnder(timeAt(place));
    if (!drag || (drag.kind === "click" && Math.abs(place - drag.from) < SHAKE)) return;
    setDrag({ ...drag, to: place, kind: drag.isPoint ? "point" : "stretch" });
    if (drag.isPoint) goTo(timeAt(place), drag.kind === "point");
  };
  const onPointerUp = (): void => {
    if (drag?.kind === "click") goTo(timeAt(drag.from), false);
    if (drag?.kind === "stretch")
      zoomTo({ from: timeAt(Math.min(drag.from, drag.to)), to: timeAt(Math.max(drag.from, drag.to)) });
    setDrag(null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (drag && event.key === "Escape") setDrag(null);
    else if (!press(event, made, data)) return;
    event.stopPropagation();
    event.preventDefault();
  };
  const text = point.value ? `${point.value.zxid}, ${timeText(point.value.time)}` : "latest";
  const hovered = under === null ? undefined : made.buckets.findLast(({ time }) => Date.parse(time) <= under);
  const pixels = WIDTH / box().width;
  return (
    <>
      <svg
        ref={svg}
        class="chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT + STRIP}`}
        preserveAspectRatio="none"
        role="slider"
        tabindex={0}
        aria-label="point in time: arrows step by transaction, Page Up and Page Down by stretch, plus and minus zoom"
        aria-valuemin={from}
        aria-valuemax={to}
        aria-valuenow={Number.isNaN(now) ? to : now}
        aria-valuetext={text}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setUnder(null)}
      >
        <Exact made={made} x={x} />
        <Bars made={made} measure={measure} stretch={stretch} x={x} />
        {made.marks.map((each, index) => {
          const place = x(Date.parse(each.time));
          return place < 0 || place > WIDTH ? null : <MarkSign key={index} mark={each} x={place} />;
        })}
        {Number.isNaN(now) || now < from || now > to ? null : (
          <line class="now" x1={x(now)} x2={x(now)} y1={0} y2={HEIGHT + STRIP} vector-effect="non-scaling-stroke" />
        )}
        {drag?.kind === "stretch" ? (
          <rect
            class="chosen"
            x={pixels * Math.min(drag.from, drag.to)}
            y={0}
            width={pixels * Math.abs(drag.to - drag.from)}
            height={HEIGHT}
          />
        ) : null}
      </svg>
      <p class="quiet under">
        {drag?.kind === "stretch"
          ? `${momentText(timeAt(Math.min(drag.from, drag.to)))} to ${momentText(timeAt(Math.max(drag.from, drag.to)))}`
          : hovered
            ? titleOf(hovered)
            : "Click: the point. Drag: zoom. Wheel, + and −: zoom. Drag the point’s line: move it."}
      </p>
    </>
  );
}

/** By a wheel's pixel. */
const WHEEL = 0.002;

/** `turn` says whether it took the wheel: else the page scrolls. A listener of its own, that may prevent that. */
function useWheel(element: { current: SVGSVGElement | null }, turn: (event: WheelEvent) => boolean): void {
  const latest = useRef(turn);
  latest.current = turn;
  useEffect(() => {
    const { current } = element;
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && latest.current(event)) event.preventDefault();
    };
    current?.addEventListener("wheel", onWheel, { passive: false });
    return () => current?.removeEventListener("wheel", onWheel);
  }, []);
}

/** Does what a key says; false where it says nothing here. */
function press(event: KeyboardEvent, made: Timeline, data: Data): boolean {
  const { key, shiftKey } = event;
  const index = made.buckets.findLastIndex((each) => compareZxids(each.first, point.value?.zxid ?? "0x0") <= 0);
  const bucket = {
    PageUp: made.buckets[index - 1],
    PageDown: made.buckets[index + 1],
    Home: made.buckets[0],
    End: made.buckets.at(-1),
  }[key];
  if (bucket) go({ at: key === "Home" ? bucket.first : bucket.last });
  else if (key !== "ArrowLeft" && key !== "ArrowRight") return false;
  else if (shiftKey) pan(made, key === "ArrowLeft" ? -0.25 : 0.25);
  else void step(data, key === "ArrowLeft" ? "back" : "on");
  return true;
}

function Exact({ made, x }: { made: Timeline; x: (time: number) => number }): JSX.Element {
  return (
    <>
      {(made.exact ?? []).map((each) => {
        const begin = Math.max(x(Date.parse(each.fromTime ?? made.from)), 0);
        const end = Math.min(x(Date.parse(each.toTime ?? made.to)), WIDTH);
        return end < 0 || begin > WIDTH ? null : (
          <rect key={each.from} class="exact" x={begin} y={HEIGHT + 2} width={Math.max(end - begin, 2)} height={5} />
        );
      })}
    </>
  );
}

function heightOf(bucket: Bucket, measure: Measure): number {
  return measure === "transactions" ? bucket.count : bucket[measure];
}

function titleOf(bucket: Bucket): string {
  return `${timeText(bucket.time)}: ${counted(bucket.count, "transaction")}, ${bytes(bucket.bytes)}, ${counted(bucket.failed, "error")}, ${counted(bucket.deletes, "znode")} deleted, ${counted(bucket.open, "session")} open`;
}

/** Those of the stretch that was read last, where they are in the one that is shown: finer ones follow. */
function Bars({
  made,
  measure,
  stretch,
  x,
}: {
  made: Timeline;
  measure: Measure;
  stretch: Stretch;
  x: (time: number) => number;
}): JSX.Element {
  const read = Date.parse(made.to) - Date.parse(made.from);
  const width = Math.max(((read / (stretch.to - stretch.from)) * WIDTH) / 240 - 0.4, 1);
  const shown = made.buckets.filter((each) => {
    const place = x(Date.parse(each.time));
    return place + width >= 0 && place <= WIDTH;
  });
  const most = Math.max(...shown.map((each) => heightOf(each, measure)), 1);
  return (
    <>
      {shown.map((each) => (
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
    </>
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
  const title = titleOf(bucket);
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

export const SIGNS: Record<Mark["kind"], string> = {
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

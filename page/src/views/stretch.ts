import type { Timeline } from "../data/model.js";
import { go, place, point } from "../state.js";

/** A stretch of time, in milliseconds since 1970. */
export interface Stretch {
  from: number;
  to: number;
}

/** The stretch that the timeline shows: that of the address, which may not have been read yet. */
export function stretchOf(made: Timeline): Stretch {
  const { zoom } = place.value;
  const [from = Number.NaN, to = Number.NaN] = zoom === "" ? [] : zoom.split("~").map(Number);
  if (to > from) return { from, to };
  return ordered(zoom === "" ? wholeOf(made) : { from: Date.parse(made.from), to: Date.parse(made.to) });
}

/** Whether what is known of the timeline is of the stretch that is shown, and not yet of the one before. */
export function isRead(made: Timeline): boolean {
  const { from, to } = stretchOf(made);
  return place.value.zoom === "" || (Date.parse(made.from) === from && Date.parse(made.to) === to);
}

function wholeOf({ whole, from, to }: Timeline): Stretch {
  return whole
    ? { from: Date.parse(whole.from), to: Date.parse(whole.to) }
    : { from: Date.parse(from), to: Date.parse(to) };
}

function ordered({ from, to }: Stretch): Stretch {
  return { from, to: Math.max(to, from + 1) };
}

/** Milliseconds: as fine as the servers' clocks are. */
const LEAST = 2;

/** Shows a stretch; `replace`: as one of many moves that the browser's history has as one. */
export function zoomTo({ from, to }: Stretch, replace = false): void {
  const begin = Math.round(from);
  go({ zoom: `${begin}~${begin + Math.max(Math.round(to - from), LEAST)}` }, replace);
}

/** Shows so many times as much, with what is at a time left where it is. Answers whether anything changes. */
export function zoomAround(made: Timeline, factor: number, time: number): boolean {
  const now = stretchOf(made);
  const whole = ordered(wholeOf(made));
  const share = (time - now.from) / (now.to - now.from);
  const width = Math.max((now.to - now.from) * factor, LEAST);
  if (width >= whole.to - whole.from) {
    if (place.value.zoom === "") return false;
    go({ zoom: "" }, true);
    return true;
  }
  const from = Math.min(Math.max(time - share * width, whole.from), whole.to - width);
  zoomTo({ from, to: from + width }, true);
  return true;
}

/** The same around the point, where that is in sight. */
export function zoomAtPoint(made: Timeline, factor: number): void {
  const { from, to } = stretchOf(made);
  const now = Date.parse(point.value?.time ?? "");
  zoomAround(made, factor, now >= from && now <= to ? now : (from + to) / 2);
}

/** Moves the stretch by a share of its width. Answers whether it moves. */
export function pan(made: Timeline, by: number): boolean {
  if (place.value.zoom === "") return false;
  const now = stretchOf(made);
  const whole = ordered(wholeOf(made));
  const width = now.to - now.from;
  const from = Math.min(Math.max(now.from + by * width, whole.from), Math.max(whole.to - width, whole.from));
  if (from !== now.from) zoomTo({ from, to: from + width }, true);
  return from !== now.from;
}

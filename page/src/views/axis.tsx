import type { JSX } from "preact";
import { momentText } from "../text.js";
import type { Stretch } from "./stretch.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances of ticks, in milliseconds. */
const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((each) => each * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((each) => each * MINUTE),
  ...[1, 2, 3, 6, 12].map((each) => each * HOUR),
  ...[1, 2, 5, 10].map((each) => each * DAY),
];
/** The same in months. */
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];
const MONTH = 30 * DAY;
const MOST = 6;

/** When what lies above it was, in UTC. */
export function Axis({ stretch }: { stretch: Stretch }): JSX.Element {
  const { from, to } = stretch;
  const { times, label } = ticksOf(stretch);
  return (
    <>
      <div class="axis" aria-hidden="true">
        {times.map((time) => {
          const share = (100 * (time - from)) / (to - from);
          // At the edges it stays inside.
          const shift = share < 6 ? 0 : share > 94 ? -100 : -50;
          return (
            <span key={time} style={{ left: `${share}%`, transform: `translateX(${shift}%)` }}>
              {label(time)}
            </span>
          );
        })}
      </div>
      <p class="quiet under" id="stretch">
        {momentText(from)} to {momentText(to)}
      </p>
    </>
  );
}

function ticksOf({ from, to }: Stretch): { times: number[]; label: (time: number) => string } {
  const least = (to - from) / MOST;
  const step = STEPS.find((each) => each >= least);
  if (step !== undefined) {
    const times: number[] = [];
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) times.push(time);
    return { times, label: (time) => labelOf(time, step) };
  }
  const months = MONTHS.find((each) => each * MONTH >= least) ?? 1200;
  const times: number[] = [];
  const begin = new Date(from);
  const first = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / months) * months;
  for (let month = first; ; month += months) {
    const time = Date.UTC(Math.floor(month / 12), month % 12);
    if (time > to || Number.isNaN(time)) break;
    if (time >= from) times.push(time);
  }
  return { times, label: (time) => new Date(time).toISOString().slice(0, months < 12 ? 7 : 4) };
}

function labelOf(time: number, step: number): string {
  const text = new Date(time).toISOString();
  if (time % DAY === 0) return text.slice(5, 10);
  return step >= MINUTE ? text.slice(11, 16) : step >= SECOND ? text.slice(11, 19) : text.slice(11, 23);
}

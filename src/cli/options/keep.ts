import { type Command, InvalidArgumentError } from "commander";
import type { Policy } from "../../repository/prune/points.js";

/** Which points are to stay restorable. */
export interface KeepOptions {
  keepWindow: number;
  keepDaily: number;
  keepWeekly: number;
}

export function addKeep(command: Command): Command {
  return command
    .option("--keep-window <time>", "keep every point of this long before the newest: 36h, 7d, 4w", span, span("7d"))
    .option("--keep-daily <n>", "keep the last point of each day, this many days back", whole, 30)
    .option("--keep-weekly <n>", "keep the last point of each week, this many weeks back", whole, 12);
}

export function policyOf({ keepWindow, keepDaily, keepWeekly }: KeepOptions): Policy {
  return { window: keepWindow, daily: keepDaily, weekly: keepWeekly };
}

/** Milliseconds of 90m, 24h, 7d, 4w. */
export function span(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It is a time such as 90m, 24h, 7d or 4w.");
  return Number(count) * (UNITS[unit as keyof typeof UNITS] as number);
}

function whole(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

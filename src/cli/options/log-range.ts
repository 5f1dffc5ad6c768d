import { type Command, Option } from "commander";
import type { LogRange } from "../../export/index.js";
import { type DataDirectory, isoTime, parsePoint, rangeEnds, type RangePoints } from "../../recovery/index.js";
import { neighbours } from "../../recovery/scan/headers.js";
import { reportRange } from "../output/report.js";
import { hex } from "../../storage/zxid.js";
import { joined, type Message, say } from "../../text/message.js";
import { addZone, type ZoneOptions } from "./options.js";

export interface RangeFlags extends ZoneOptions {
  from?: string;
  to?: string;
  before?: string;
}

/** A range of transactions. */
export function addRange(command: Command): Command {
  command
    .option("--from <point>", "begin at this point; at a time: with the first transaction not earlier")
    .addOption(
      new Option(
        "--to <point>",
        "end at this point, inclusive; at a time: with the last transaction not later",
      ).conflicts("before"),
    )
    .option("--before <point>", "end before this point");
  return addZone(command);
}

/** The points of a range, parsed before anything is read. */
export function parseRange({ from, to, before, tz }: RangeFlags): RangePoints {
  const last = before ?? to;
  return {
    from: from === undefined ? null : parsePoint(from, tz),
    to: last === undefined ? null : parsePoint(last, tz),
    toIncluded: before === undefined,
  };
}

/** The zxids of a range (see `rangeEnds`), which are told on standard error. */
export async function resolveRange(directory: DataDirectory, points: RangePoints): Promise<LogRange> {
  const { from, to } = await rangeEnds(directory, points);
  reportRange(from, to);
  return { from: from?.zxid ?? null, to: to?.zxid ?? null };
}

/** The bounds of a range that zxids alone name. Where a time is, only the transactions tell: nothing bounds it then. */
export function zxidsOf({ from, to }: RangePoints): { from: bigint | null; to: bigint | null } {
  const isByTime = [from, to].some((each) => each?.kind === "time" || each?.kind === "ago");
  const bound = (each: RangePoints["from"]): bigint | null => (each?.kind === "zxid" && !isByTime ? each.zxid : null);
  return { from: bound(from), to: bound(to) };
}

/** `0x5 and 0x9`: the transactions around a zxid that the logs lack. */
export async function nearestText({ logs }: DataDirectory, zxid: bigint): Promise<Message> {
  const { below, above } = await neighbours(logs, zxid);
  const near = [below, above].flatMap((each) => (each ? [say`${hex(each.zxid)} (${isoTime(each.time)})`] : []));
  if (near.length === 0) return say`The logs hold no transaction.`;
  return say`The nearest ${near.length === 1 ? "is" : "are"} ${joined(near, " and ")}.`;
}

import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";

/** What a clock's reading means in a time zone: one moment as a rule, none where summer time skips it, or two. */
export interface Readings {
  /** Seconds since 1970, in order. */
  moments: number[];
  /** Where there is none: the moments that the offsets before and after the change would give. */
  skipped: number[];
}

/** Tells the offset of a zone from UTC, in seconds, at a moment in seconds since 1970. */
export type OffsetOf = (moment: number) => number;

const HOUR = 3600;
/** No zone has ever been further from UTC; before 1845 Manila was 15:56 behind. */
const FURTHEST = 16 * HOUR;

/** The moments at which the clocks of a zone show a reading: seconds since 1970 as if it were UTC. */
export function readingsOf(reading: number, offsetOf: OffsetOf): Readings {
  const offsets = new Set<number>();
  // No offset has ever held for less than an hour.
  for (let near = reading - FURTHEST; near <= reading + FURTHEST; near += HOUR) offsets.add(offsetOf(near));
  const moments = [...offsets].map((offset) => reading - offset).filter((each) => each + offsetOf(each) === reading);
  if (moments.length > 0) return { moments: moments.sort((a, b) => a - b), skipped: [] };
  const before = offsetOf(reading - Math.max(...offsets));
  const after = offsetOf(reading - Math.min(...offsets));
  return { moments: [], skipped: [reading - after, reading - before] };
}

/**
 * The offsets of an IANA zone, of `UTC` in any case, or of this machine (`local`).
 * Throws a usage error for a name that is none.
 */
export function offsetsOf(zone: string): OffsetOf {
  if (/^utc$/i.test(zone)) return () => 0;
  const format = formatOf(zone);
  return (moment) => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
    for (const { type, value } of format.formatToParts(new Date(moment * 1000))) part[type] = value;
    const year = part.era === "B" ? 1 - Number(part.year) : Number(part.year);
    const shown = new Date(0);
    shown.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
    shown.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second));
    return shown.getTime() / 1000 - moment;
  };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const number = "numeric";
  try {
    // From Node 22 on offsets are taken for zones.
    if (!/^[A-Za-z]/.test(zone)) throw new RangeError();
    return new Intl.DateTimeFormat("en-US", {
      ...(zone === "local" ? {} : { timeZone: zone }),
      era: "narrow",
      year: number,
      month: number,
      day: number,
      hour: number,
      minute: number,
      second: number,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
    });
  } catch {
    throw new ZkRewindError(say`there is no time zone ${tag.line(zone)}`, { exitCode: 2, hint: zoneHint(zone) });
  }
}

function zoneHint(zone: string): Message {
  if (/^[+-]\d/.test(zone)) return say`An offset belongs to the time itself: 2026-11-23T14:05:00+02:00.`;
  const place = zone.replaceAll(" ", "_").toLowerCase();
  const near = Intl.supportedValuesOf("timeZone").find((each) => each.toLowerCase().split("/").at(-1) === place);
  return say`${near === undefined ? "" : say`Did you mean ${tag.given(near)}? `}Use an IANA name such as Europe/Berlin, UTC, or local.`;
}

import { ZkRewindError } from "../../findings/finding.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { offsetsOf, readingsOf } from "./zone.js";

/** A date and a clock's reading, and the offset from UTC where one stands beside them. */
interface WrittenTime {
  text: string;
  /** Seconds since 1970, as if the reading were UTC. */
  reading: number;
  nanos: number;
  /** Seconds; null where none is written. */
  offset: number | null;
}

/** RFC 3339; also without seconds, with an offset without its colon, and with the years of ISO 8601 beyond 9999. */
const TIME =
  /^(\d{4}|[+-]\d{6})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/;
/** What a date can hold, in seconds to either side of 1970. */
const FURTHEST = 8.64e12;

/**
 * A time in nanoseconds since 1970; null for what is not written like one. One without a zone needs `zone`.
 * Throws a usage error for a time that does not exist, or that is not a single moment.
 */
export function parseTime(text: string, zone: string | undefined): bigint | null {
  const written = readTime(text);
  if (!written) return null;
  const moment = written.offset === null ? momentIn(zone, written) : written.reading - written.offset;
  if (Math.abs(moment) > FURTHEST || (moment === FURTHEST && written.nanos > 0))
    throw usage(
      say`${tag.given(text)} is outside the range of times`,
      say`Times go from -271821-04-20 to +275760-09-13.`,
    );
  return BigInt(moment) * 1_000_000_000n + BigInt(written.nanos);
}

function readTime(text: string): WrittenTime | null {
  const parts = TIME.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second = "0", fraction = "", utc, sign, offsetHour, offsetMinute] = parts;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day))
    throw usage(say`there is no such day: ${tag.given(text)}`);
  if (Number(second) === 60)
    throw usage(
      say`a leap second cannot be told from the second before it: ${tag.given(text)}`,
      say`Servers' clocks repeat or stretch the second before.`,
    );
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60)
    throw usage(say`not a time of day: ${tag.given(text)}`);
  if (fraction.length > 9) throw usage(say`a time has at most 9 digits after the second: ${tag.given(text)}`);
  if (Number(offsetHour ?? 0) > 23 || Number(offsetMinute ?? 0) > 59)
    throw usage(say`there is no such offset: ${tag.given(text)}`);
  const offset = (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0)) * (sign === "-" ? -60 : 60);
  return {
    text,
    reading: date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second),
    nanos: Number(fraction.padEnd(9, "0")),
    offset: utc === undefined && sign === undefined ? null : offset,
  };
}

/** Seconds since 1970. */
function momentIn(zone: string | undefined, { text, reading }: WrittenTime): number {
  if (zone === undefined) {
    const time = text.replace(" ", "T");
    throw usage(
      say`a time needs its zone: ${tag.given(text)}`,
      say`Did you mean ${tag.given(time)}Z, or an offset as in ${tag.given(time)}+02:00? --tz ZONE names one for all times.`,
    );
  }
  const { moments, skipped } = readingsOf(reading, offsetsOf(zone));
  const [moment, second] = moments;
  if (moment !== undefined && second === undefined) return moment;
  const readings = (moment === undefined ? skipped : moments).map((each) =>
    tag.given(`${withOffset(text, reading - each)} (${utcText(each, text)})`),
  );
  const what = moment === undefined ? "skipped" : "shown twice";
  throw usage(
    say`${tag.given(text)} is ${what} by clocks in ${tag.given(zone)}`,
    say`Did you mean ${joined(readings, ", or ")}?`,
  );
}

/** The reading as it was written, with an offset in seconds beside it. */
function withOffset(text: string, offset: number): string {
  const size = Math.abs(offset);
  const two = (number: number): string => String(Math.trunc(number)).padStart(2, "0");
  return `${text.replace(" ", "T")}${offset < 0 ? "-" : "+"}${two(size / 3600)}:${two((size / 60) % 60)}`;
}

/** A moment in UTC, with as many digits after the second as the text has. */
function utcText(moment: number, text: string): string {
  return `${new Date(moment * 1000).toISOString().slice(0, -5)}${/\.\d+/.exec(text)?.[0] ?? ""}Z`;
}

function usage(message: Message, hint?: Message): ZkRewindError {
  return new ZkRewindError(message, hint === undefined ? { exitCode: 2 } : { exitCode: 2, hint });
}

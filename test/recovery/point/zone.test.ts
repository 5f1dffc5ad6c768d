import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePoint, ZkRewindError } from "../../../src/index.js";
import { offsetsOf, readingsOf } from "../../../src/recovery/point/zone.js";

const HOUR = 3600;

/** Seconds since 1970 of the nth Sunday of a month (-1: the last), at a UTC time of that day. */
function sunday(year: number, month: number, nth: number, seconds: number): number {
  const first = Date.UTC(year, nth < 0 ? month : month - 1, 1) / 1000;
  const weekday = new Date(first * 1000).getUTCDay();
  const days = nth < 0 ? -(weekday === 0 ? 7 : weekday) : ((7 - weekday) % 7) + (nth - 1) * 7;
  return first + days * 86_400 + seconds;
}

interface Rule {
  winter: number;
  summer: number;
  /** When summer time begins and ends in a year: seconds since 1970. */
  begins: (year: number) => number;
  ends: (year: number) => number;
}

/** The rules since 2008, written down apart from what the machine knows. */
const RULES: Record<string, Rule> = {
  "Europe/Berlin": {
    winter: HOUR,
    summer: 2 * HOUR,
    begins: (year) => sunday(year, 3, -1, HOUR),
    ends: (year) => sunday(year, 10, -1, HOUR),
  },
  "America/New_York": {
    winter: -5 * HOUR,
    summer: -4 * HOUR,
    begins: (year) => sunday(year, 3, 2, 7 * HOUR),
    ends: (year) => sunday(year, 11, 1, 6 * HOUR),
  },
  // Half an hour, and 2:00 of a Sunday there is still Saturday in UTC.
  "Australia/Lord_Howe": {
    winter: 10.5 * HOUR,
    summer: 11 * HOUR,
    begins: (year) => sunday(year, 10, 1, 2 * HOUR - 10.5 * HOUR),
    ends: (year) => sunday(year, 4, 1, 2 * HOUR - 11 * HOUR),
  },
  "Asia/Kathmandu": {
    winter: 5.75 * HOUR,
    summer: 5.75 * HOUR,
    begins: (year) => Date.UTC(year, 3) / 1000,
    ends: (year) => Date.UTC(year, 9) / 1000,
  },
};

function isSummer({ begins, ends }: Rule, moment: number): boolean {
  const year = new Date(moment * 1000).getUTCFullYear();
  const [from, to] = [begins(year), ends(year)];
  return from < to ? moment >= from && moment < to : moment >= from || moment < to;
}

const MINUTE_2009 = Date.UTC(2009, 0) / 60_000;
const MINUTE_2036 = Date.UTC(2036, 0) / 60_000;

describe.each(Object.keys(RULES))("%s", (zone) => {
  const rule = RULES[zone] as Rule;
  const offset = (moment: number): number => (isSummer(rule, moment) ? rule.summer : rule.winter);
  const model = (reading: number): number[] =>
    [...new Set([rule.summer, rule.winter])]
      .map((each) => reading - each)
      .filter((moment) => moment + offset(moment) === reading)
      .sort((a, b) => a - b);

  /** Readings anywhere, and around the changes. */
  const minutes = fc.integer({ min: MINUTE_2009, max: MINUTE_2036 }).map((minute) => minute * 60);
  const nearChanges = fc
    .tuple(fc.integer({ min: 2009, max: 2035 }), fc.boolean(), fc.integer({ min: -180, max: 180 }))
    .map(([year, begins, minute]) => {
      const change = begins ? rule.begins(year) : rule.ends(year);
      return change + rule.winter + minute * 60;
    });

  test("the moments of a reading are those that the rule gives", () => {
    const offsets = offsetsOf(zone);
    fc.assert(
      fc.property(fc.oneof(minutes, nearChanges), (reading) => {
        const { moments, skipped } = readingsOf(reading, offsets);
        expect(moments).toEqual(model(reading));
        if (moments.length > 0) expect(skipped).toEqual([]);
        else expect(skipped).toEqual([reading - rule.summer, reading - rule.winter]);
      }),
    );
  });

  test("a moment's own reading leads back to it", () => {
    const offsets = offsetsOf(zone);
    fc.assert(
      fc.property(minutes, (moment) => {
        expect(readingsOf(moment + offset(moment), offsets).moments).toContain(moment);
      }),
    );
  });
});

function refused(text: string, zone: string): string {
  try {
    parsePoint(text, zone);
  } catch (error) {
    if (error instanceof ZkRewindError) return `${error.exitCode}: ${error.message}. ${error.hint}`;
    throw error;
  }
  throw new Error("not refused");
}

describe("a time without a zone", () => {
  test.each([
    ["2026-11-23T14:05:00", "UTC", "2026-11-23T14:05:00.000Z"],
    ["2026-11-23T14:05:00", "utc", "2026-11-23T14:05:00.000Z"],
    ["2026-11-23T14:05:00", "Europe/Berlin", "2026-11-23T13:05:00.000Z"],
    ["2026-07-23T14:05", "europe/berlin", "2026-07-23T12:05:00.000Z"],
    ["2026-11-23T14:05:00", "Asia/Kathmandu", "2026-11-23T08:20:00.000Z"],
    // Its own zone counts.
    ["2026-11-23T14:05:00Z", "Asia/Kathmandu", "2026-11-23T14:05:00.000Z"],
  ])("%s in %s", (text, zone, expected) => {
    expect(parsePoint(text, zone)).toMatchObject({ nanos: BigInt(Date.parse(expected)) * 1_000_000n });
  });

  test("local is this machine's zone", () => {
    expect(parsePoint("2026-11-23T14:05:00", "local")).toMatchObject({
      nanos: BigInt(new Date(2026, 10, 23, 14, 5).getTime()) * 1_000_000n,
    });
  });

  test.each([
    [
      "2026-03-29T02:30:00",
      "Europe/Berlin",
      "2: 2026-03-29T02:30:00 is skipped by clocks in Europe/Berlin. Did you mean 2026-03-29T02:30:00+02:00 (2026-03-29T00:30:00Z), or 2026-03-29T02:30:00+01:00 (2026-03-29T01:30:00Z)?",
    ],
    [
      "2026-10-25T02:30:00.5",
      "Europe/Berlin",
      "2: 2026-10-25T02:30:00.5 is shown twice by clocks in Europe/Berlin. Did you mean 2026-10-25T02:30:00.5+02:00 (2026-10-25T00:30:00.5Z), or 2026-10-25T02:30:00.5+01:00 (2026-10-25T01:30:00.5Z)?",
    ],
    [
      "2026-11-01 01:00",
      "America/New_York",
      "2: 2026-11-01 01:00 is shown twice by clocks in America/New_York. Did you mean 2026-11-01T01:00-04:00 (2026-11-01T05:00:00Z), or 2026-11-01T01:00-05:00 (2026-11-01T06:00:00Z)?",
    ],
    [
      "2026-10-04T02:15:00",
      "Australia/Lord_Howe",
      "2: 2026-10-04T02:15:00 is skipped by clocks in Australia/Lord_Howe. Did you mean 2026-10-04T02:15:00+11:00 (2026-10-03T15:15:00Z), or 2026-10-04T02:15:00+10:30 (2026-10-03T15:45:00Z)?",
    ],
    // A whole day was left out.
    [
      "2011-12-30T12:00:00",
      "Pacific/Apia",
      "2: 2011-12-30T12:00:00 is skipped by clocks in Pacific/Apia. Did you mean 2011-12-30T12:00:00+14:00 (2011-12-29T22:00:00Z), or 2011-12-30T12:00:00-10:00 (2011-12-30T22:00:00Z)?",
    ],
  ])("%s in %s is refused with both readings", (text, zone, message) => expect(refused(text, zone)).toBe(message));

  test.each([
    ["Berlin", "Did you mean Europe/Berlin? "],
    ["new york", "Did you mean America/New_York? "],
    ["Mars/Olympus", "Use an IANA name"],
    ["+02:00", "An offset belongs to the time itself"],
    ["", "Use an IANA name"],
  ])("a zone %s is refused", (zone, hint) => {
    expect(refused("2026-11-23T14:05:00", zone)).toContain(`2: there is no time zone ${zone}. ${hint}`);
  });
});

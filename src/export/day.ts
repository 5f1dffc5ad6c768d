/**
 * A day, counted from 1970, as `"2026-11-23T`; written over `before`, the text of another day, where it fits.
 *
 * A znode's ctime and mtime are often of different days, so this is on the hot path: no Date, no string. The arithmetic
 * is the usual one for the Gregorian calendar, with years that begin in March.
 */
export function dayText(day: number, before: Uint8Array): Uint8Array {
  if (day < YEAR_0 || day > YEAR_9999) {
    return Buffer.from(`"${new Date(day * 86_400_000).toISOString().slice(0, -"00:00:00.000Z".length)}`);
  }
  const fromEra = day + ERA_BEGIN;
  const era = (fromEra / ERA) | 0;
  const dayOfEra = (fromEra - era * ERA) | 0;
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36524) | 0) + ((dayOfEra / 146096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = (dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0))) | 0;
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const century = (year / 100) | 0;
  const text = before.length === FORM.length ? before : Buffer.from(FORM);
  twoDigits(text, 1, century);
  twoDigits(text, 3, year - century * 100);
  twoDigits(text, 6, month);
  twoDigits(text, 9, dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1);
  return text;
}

export function twoDigits(target: Uint8Array, to: number, value: number): void {
  const tens = (value / 10) | 0;
  target[to] = ZERO + tens;
  target[to + 1] = ZERO + value - tens * 10;
}

const ZERO = 0x30;
/** Years before 0 and after 9999 make it longer. */
const FORM = '"0000-00-00T';
/** Days of 400 years, and from 0000-03-01 to 1970. */
const ERA = 146_097;
const ERA_BEGIN = 719_468;
/** 0000-03-01 and 9999-12-31. */
const YEAR_0 = -ERA_BEGIN;
const YEAR_9999 = 2_932_896;

import { InvalidArgumentError } from "commander";
import type { Bound } from "../../forensics/inspect/find.js";

export type RangeBounds = readonly Bound[];

const BYTES = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;
const AGES = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `+10k`: for options that can be repeated, so that +10 and -20 together are a range. */
export function bytes(text: string, before?: RangeBounds): RangeBounds {
  return bound(text, BYTES, "bytes, as 10k, 1M or 2G", before);
}

export function number(text: string, before?: RangeBounds): RangeBounds {
  return bound(text, { "": 1 }, "a number", before);
}

/** In milliseconds. */
export function duration(text: string, before?: RangeBounds): RangeBounds {
  return bound(text, AGES, "an age in s, m, h or d", before);
}

/** `cdrwa`, as a mask. */
export function permissions(text: string): number {
  const bits: Readonly<Record<string, number>> = { r: 1, w: 2, c: 4, d: 8, a: 16 };
  let mask = 0;
  for (const letter of text) {
    const bit = bits[letter];
    if (bit === undefined) throw new InvalidArgumentError("Permissions are letters of cdrwa.");
    mask |= bit;
  }
  return mask;
}

function bound(
  text: string,
  units: Readonly<Record<string, number>>,
  what: string,
  before: RangeBounds = [],
): RangeBounds {
  const [, sign, digits, unit] = /^([+-]?)(\d+)([a-z]?)$/i.exec(text) ?? [];
  const factor = units[(unit ?? "").toLowerCase()];
  if (digits === undefined || factor === undefined)
    throw new InvalidArgumentError(`It takes +, - or nothing, then ${what}.`);
  const than = sign === "+" ? "more" : sign === "-" ? "less" : "equal";
  return [...before, { than, value: Number(digits) * factor }];
}

import { eachHeader } from "../../recovery/scan/headers.js";
import type { StoredFile } from "../../recovery/index.js";
import { epochOf } from "../../storage/zxid.js";
import type { SalvagedRange } from "./salvage-account.js";

/** Every zxid of the sound transactions in some logs, whatever their order, as ranges that rise. */
export async function zxidsIn(logs: readonly StoredFile[]): Promise<SalvagedRange[]> {
  const runs: SalvagedRange[] = [];
  for (const log of logs) {
    let run: SalvagedRange = { first: 0n, last: -1n };
    await eachHeader(log, (cursor) => {
      const zxid = cursor.zxid;
      if (zxid === run.last + 1n && run.first <= run.last) run.last = zxid;
      else runs.push((run = { first: zxid, last: zxid }));
      return true;
    });
  }
  return joinedRanges(runs);
}

/** The same zxids in as few ranges as can be, rising. */
export function joinedRanges(ranges: readonly SalvagedRange[]): SalvagedRange[] {
  const all: SalvagedRange[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const previous = all.at(-1);
    if (!previous || first > previous.last + 1n) all.push({ first, last });
    else if (last > previous.last) previous.last = last;
  }
  return all;
}

/** What is between ranges that rise, within one epoch: where another begins, nothing can be counted. */
export function between(ranges: readonly SalvagedRange[]): SalvagedRange[] {
  return ranges.flatMap(({ first }, index) => {
    const previous = ranges[index - 1];
    if (!previous || epochOf(previous.last) !== epochOf(first) || first <= previous.last + 1n) return [];
    return [{ first: previous.last + 1n, last: first - 1n }];
  });
}

/** Whether a zxid is in ranges that rise. */
export function holds(ranges: readonly SalvagedRange[], zxid: bigint): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as SalvagedRange).last < zxid) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && range.first <= zxid;
}

/** What is left of a range without others, which rise. */
export function without({ first, last }: SalvagedRange, others: readonly SalvagedRange[]): SalvagedRange[] {
  const left: SalvagedRange[] = [];
  let next = first;
  for (const other of others) {
    if (other.last < next || other.first > last) continue;
    if (other.first > next) left.push({ first: next, last: other.first - 1n });
    next = other.last + 1n;
  }
  if (next <= last) left.push({ first: next, last });
  return left;
}

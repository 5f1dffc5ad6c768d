import type { StoredFile } from "../../recovery/index.js";
import { epochOf } from "../../storage/zxid.js";
import type { LogAccount, SalvagedRange } from "./salvage-account.js";
import { between, holds, joinedRanges, without } from "./zxid-ranges.js";

/** A log of the source, and what became of it. */
export interface Accounted {
  log: StoredFile;
  account: LogAccount;
}

/**
 * What the new files lack, held against what they have: nothing is lost that one of them holds, and nothing is lost
 * twice. A zxid was in the log whose name is the last that is not above it. If that one was damaged it is that log's
 * loss, and written into its account. What was in no damaged log was in none: it is answered, as missing.
 */
export function shareLosses(logs: readonly Accounted[], kept: readonly SalvagedRange[]): SalvagedRange[] {
  const damaged = logs.filter(({ account }) => !wasSound(account));
  for (const { account } of damaged) account.lost = suspectsApart(account, kept);
  const missing: SalvagedRange[] = [];
  for (const piece of holesBetweenNames(logs, damaged, kept)) {
    const owner = ownerOf(logs, piece.first);
    if (owner && !wasSound(owner.account)) owner.account.lost.push(piece);
    else missing.push(piece);
  }
  for (const { account } of damaged) {
    account.lost = joinedRanges(account.lost);
    if (account.fate === "left out" && account.lost.length > 0) account.fate = "lost";
  }
  return joinedRanges(missing);
}

function wasSound({ fate }: LogAccount): boolean {
  return fate === "copied" || fate === "decompressed" || fate === "converted";
}

/** Of what is missing, the parts behind which no snapshot goes on: after a sync from the leader one does. */
export function unbridged(
  missing: readonly SalvagedRange[],
  kept: readonly SalvagedRange[],
  snapshots: readonly bigint[],
): SalvagedRange[] {
  return missing.filter(({ last }) => {
    const next = kept.find(({ first }) => first > last);
    return !snapshots.some((zxid) => zxid >= last && next !== undefined && zxid <= next.last);
  });
}

/** Holes in what is kept, none across a log's name; and what a damaged log held before all that is kept of its epoch. */
function holesBetweenNames(
  logs: readonly Accounted[],
  damaged: readonly Accounted[],
  kept: readonly SalvagedRange[],
): SalvagedRange[] {
  const holes = between(kept);
  for (const { log } of damaged) {
    const { zxid } = log;
    if (zxid === null || holds(kept, zxid)) continue;
    const inEpoch = kept.filter(({ first, last }) => epochOf(first) <= epochOf(zxid) && epochOf(last) >= epochOf(zxid));
    const next = inEpoch.find(({ first }) => first > zxid);
    if (next && epochOf(next.first) === epochOf(zxid) && !inEpoch.some(({ last }) => last < zxid))
      holes.push({ first: zxid, last: next.first - 1n });
  }
  const names = logs.flatMap(({ log }) => (log.zxid === null ? [] : [log.zxid]));
  return joinedRanges(holes).flatMap((hole) => cutAt(hole, names));
}

function cutAt({ first, last }: SalvagedRange, names: readonly bigint[]): SalvagedRange[] {
  const cuts = [...new Set(names)].filter((name) => name > first && name <= last).sort((a, b) => (a < b ? -1 : 1));
  return [first, ...cuts].map((from, index) => ({
    first: from,
    last: index < cuts.length ? (cuts[index] as bigint) - 1n : last,
  }));
}

function ownerOf(logs: readonly Accounted[], zxid: bigint): Accounted | undefined {
  let owner: Accounted | undefined;
  for (const each of logs) {
    const { zxid: name } = each.log;
    if (name !== null && name <= zxid && name >= (owner?.log.zxid ?? name)) owner = each;
  }
  return owner;
}

/** Suspect transactions that fit their place and were not kept: they were there, whatever they did. */
function suspectsApart({ suspect }: LogAccount, kept: readonly SalvagedRange[]): SalvagedRange[] {
  const apart = suspect.filter(({ fate, credible }) => fate === "apart" && credible);
  return apart.flatMap(({ zxid }) => without({ first: zxid, last: zxid }, kept));
}

import { type DataTree, pathOf, STAT } from "../../tree/index.js";
import { Body, effectOf, type TxnCursor } from "../../txn/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { eachHeader } from "../scan/headers.js";
import type { Draft } from "./draft.js";

/** The highest cversion that any log shows for a path: what names of sequence znodes below it have been given. */
export type Counters = ReadonlyMap<string, number>;

/** Reads them for what is at or below some paths, and for the znodes that those are in. */
export async function readCounters(logs: readonly StoredFile[], paths: readonly string[]): Promise<Counters> {
  const counters = new Map<string, number>();
  const scopes = paths.map((path) => Buffer.from(path));
  const look = (op: TxnCursor): void => {
    if (effectOf(op.body) !== "created" || op.parentCVersion < 0) return;
    if (!scopes.some((scope) => isWithin(scope, op))) return;
    const path = Buffer.from(op.view.buffer, op.view.byteOffset + op.pathStart, op.pathLength).toString("utf8");
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    if (op.parentCVersion > (counters.get(parent) ?? -1)) counters.set(parent, op.parentCVersion);
  };
  for (const log of logs) {
    await eachHeader(log, (txn) => {
      if (txn.body !== Body.multi) look(txn);
      else if (!txn.multiFailed()) txn.eachMember(look);
      return true;
    });
  }
  return counters;
}

/** Whether the path of a create is at or below a path, or beside it: in the same parent. */
function isWithin(scope: Buffer, { view, pathStart, pathLength }: TxnCursor): boolean {
  const parent = scope.lastIndexOf(SLASH);
  if (pathLength < parent + 1) return false;
  for (let at = 0; at <= parent; at++) if (view.getUint8(pathStart + at) !== scope[at]) return false;
  let isBeside = true;
  for (let at = parent + 1; at < pathLength && isBeside; at++) isBeside = view.getUint8(pathStart + at) !== SLASH;
  if (isBeside) return true;
  if (pathLength < scope.length) return false;
  for (let at = parent + 1; at < scope.length; at++) if (view.getUint8(pathStart + at) !== scope[at]) return false;
  return pathLength === scope.length || view.getUint8(pathStart + scope.length) === SLASH;
}

const SLASH = 0x2f;

/**
 * Raises the stored cversions of znodes, from which the names of sequence znodes are made: to the highest that a log
 * shows for the path, and above every number that a child has in its name. Too low, a create fails with NodeExists, and
 * does so for ever, since the counter moves with what is created.
 */
export function raiseCounters({ tree, changes }: Draft, slots: readonly number[], counters: Counters): void {
  const raised: string[] = [];
  const highest = highestSuffixes(tree, slots);
  for (const slot of slots) {
    const { znodes } = tree;
    if (!znodes.exists(slot)) continue;
    const path = pathOf(tree, slot);
    const view = znodes.viewOf(slot);
    const at = znodes.statOf(slot) + STAT.cversion;
    const wanted = Math.max(counters.get(path) ?? 0, (highest.get(slot) ?? -1) + 1);
    if (wanted <= view.getInt32(at)) continue;
    view.setInt32(at, Math.min(wanted, MOST));
    znodes.refresh(slot);
    raised.push(path);
  }
  changes.add("counters.raised", { paths: [...new Set(raised)].sort() });
}

/** Of each of these znodes the highest number that ends a child's name as sequence znodes' names end. */
function highestSuffixes({ znodes }: DataTree, parents: readonly number[]): Map<number, number> {
  const highest = new Map<number, number>(parents.map((slot) => [slot, -1]));
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const parent = znodes.parent(slot);
    const before = highest.get(parent);
    if (before === undefined) continue;
    const number = suffixOf(znodes.viewOf(slot), znodes.recordOf(slot));
    if (number > before) highest.set(parent, number);
  }
  return highest;
}

/** The ten digits at the end of a path; -1 where there are none, or more than an int holds. */
function suffixOf(view: DataView, record: number): number {
  const length = view.getInt32(record);
  if (length < DIGITS) return -1;
  let number = 0;
  for (let at = record + 4 + length - DIGITS; at < record + 4 + length; at++) {
    const digit = view.getUint8(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = 10 * number + digit;
  }
  return number > MOST ? -1 : number;
}

const DIGITS = 10;
const ZERO = 0x30;
const MOST = 0x7fffffff;

import type { Command } from "commander";
import type { State } from "../../recovery/index.js";
import { readZnode, type ZnodeStat } from "../../tree/index.js";
import { addLimit, addSort, type SortOptions } from "./options.js";

export interface ZnodeOrderOptions extends SortOptions {
  limit?: number;
}

/** For commands that list znodes: in which order, and how many. */
export function addZnodeOrder(command: Command, limit = "list at most this many"): void {
  addSort(command, ["name", ...Object.keys(ORDERS)]);
  addLimit(command, limit);
}

/** What each order compares, where that is not the names. */
const ORDERS: Readonly<Record<string, (stat: ZnodeStat) => number | bigint>> = {
  bytes: ({ dataLength }) => dataLength,
  children: ({ numChildren }) => numChildren,
  version: ({ version }) => version,
  mzxid: ({ mzxid }) => mzxid,
  mtime: ({ mtime }) => mtime,
  ctime: ({ ctime }) => ctime,
};

/**
 * Znodes in the order that is asked for: by name they are passed on as they come, for any other key each is read once
 * before the first is passed on.
 */
export function ordered(state: State, slots: Iterable<number>, { sort, reverse }: SortOptions): Iterable<number> {
  const by = ORDERS[sort];
  let list = slots;
  if (by) {
    const keyed = [...slots].map((slot) => ({ slot, key: by(readZnode(state.tree, slot).stat) }));
    list = keyed.sort((a, b) => (a.key > b.key ? -1 : a.key < b.key ? 1 : 0)).map(({ slot }) => slot);
  }
  return reverse ? [...list].toReversed() : list;
}

import type { State } from "../../recovery/index.js";
import { fromHalves } from "../../storage/zxid.js";
import { pathOf } from "../../tree/index.js";
import { newLife, type SessionLife } from "./session-life.js";

/** What a list of sessions needs of each. */
export interface SessionRow {
  life: SessionLife;
  /** At the point; undefined of one that is not open there. */
  ephemerals: number | undefined;
}

/** The open ones are those that the state has; what the logs tell of each is added. */
export function sessionsAt(state: State, lives: readonly SessionLife[], all: boolean): SessionRow[] {
  const { sessions, ephemerals } = state.tree;
  const byId = new Map(lives.map((life) => [life.id, life]));
  const rows: SessionRow[] = sessions.sorted().map(([id, timeout]) => ({
    life: { ...(byId.get(id) ?? newLife(id)), timeout, end: null },
    ephemerals: ephemerals.get(Number(id >> 32n), Number(id & 0xffffffffn))?.size ?? 0,
  }));
  if (!all) return rows;
  const open = new Set(rows.map(({ life }) => life.id));
  for (const life of lives) if (!open.has(life.id)) rows.push({ life, ephemerals: undefined });
  return rows.sort((a, b) => (BigInt.asUintN(64, a.life.id) < BigInt.asUintN(64, b.life.id) ? -1 : 1));
}

/** Ephemerals that nothing will ever delete. */
export function strayEphemerals({ tree }: State): { path: string; owner: bigint }[] {
  return tree.ephemerals.sorted().flatMap(([owner, slots]) => {
    const [high, low] = [Number(owner >> 32n), Number(owner & 0xffffffffn)];
    if (tree.sessions.has(high, low)) return [];
    return [...slots].map((slot) => ({ path: pathOf(tree, slot), owner: fromHalves(high, low) }));
  });
}

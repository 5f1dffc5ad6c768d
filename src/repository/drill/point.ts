import { randomInt } from "node:crypto";
import type { Line } from "../link/line.js";
import { chainOf } from "../prune/chain.js";
import type { History } from "../read/history.js";

/**
 * A point of a history by chance, each transaction as likely as another: of those that can be restored exactly, as far as
 * names and links tell. The newest where that can be told of none.
 */
export function randomPoint(history: History, pruned: ReadonlySet<string>): bigint | null {
  const { main, tip, snapshots } = history;
  const line: Pick<Line, "segments" | "snapshots"> = { segments: main.map(({ segment }) => segment), snapshots };
  const counts = main.map(({ from, to }) => Number(to - from) + 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  for (let tries = 0; tries < TRIES; tries++) {
    let at = randomInt(total);
    const index = counts.findIndex((count) => (at -= count) < 0);
    const piece = main[index];
    const count = counts[index];
    if (!piece || count === undefined) continue;
    const zxid = piece.from + BigInt(at + count);
    const chain = chainOf(line, { label: "", from: zxid, to: zxid }, (name) => !pruned.has(name));
    // A single fuzzy snapshot may reach beyond the point.
    const [only, ...others] = chain.snapshots;
    const isSure = only === undefined || only.kind === "base" || only.zxid === 0n || others.length > 0;
    if (chain.isWhole && isSure) return zxid;
  }
  return tip?.zxid ?? null;
}

const TRIES = 200;

import { pathOf } from "../../tree/index.js";
import type { Draft } from "./draft.js";
import { subtrees } from "./subtrees.js";

/** What becomes of sessions and ephemerals. */
export type SessionPolicy =
  /** Both stay. A client that comes back in time goes on as if nothing had been. */
  | "keep"
  /** Both go: clients get Expired, and begin new sessions. */
  | "drop"
  /** The sessions stay without their ephemerals; their owners do not notice. */
  | "drop-ephemerals";

/**
 * No ephemeral is ever left without its session: a leader and a lone server delete such ones when they load them,
 * without a transaction, and followers keep them (DataTree.deserialize, ZooKeeperServer.loadData).
 */
export function settle(draft: Draft, policy: SessionPolicy): void {
  if (policy === "keep") addMissingSessions(draft);
  else dropEphemerals(draft, policy === "drop" ? "ephemerals.dropped" : "ephemerals.dropped-alone");
  if (policy === "drop") dropSessions(draft);
}

function dropEphemerals(draft: Draft, change: "ephemerals.dropped" | "ephemerals.dropped-alone"): void {
  const { tree, changes } = draft;
  const tops = tree.ephemerals.sorted().flatMap(([, slots]) => [...slots]);
  const paths = tops.map((slot) => pathOf(tree, slot)).sort();
  const gone = subtrees(tree, tops);
  draft.remove(gone);
  changes.add(change, { paths, count: gone.length });
}

function dropSessions({ tree, changes }: Draft): void {
  const all = tree.sessions.sorted();
  for (const [id] of all) tree.sessions.delete(...halves(id));
  changes.add("sessions.dropped", { sessions: all.map(([id]) => id) });
}

function addMissingSessions({ tree, changes }: Draft): void {
  const added: bigint[] = [];
  for (const [id] of tree.ephemerals.sorted()) {
    const [high, low] = halves(id);
    if (tree.sessions.has(high, low)) continue;
    tree.sessions.set(high, low, TIMEOUT);
    added.push(id);
  }
  changes.add("sessions.added", { sessions: added });
}

function halves(id: bigint): [number, number] {
  return [Number(id >> 32n), Number(id & 0xffffffffn)];
}

/** Milliseconds: the usual one of clients. */
const TIMEOUT = 30_000;

import type { Message } from "../../text/message.js";
import type { Opened, Problem } from "../read/open.js";
import { type Branch, type History, historyOf, type Hole } from "../read/history.js";
import type { Tip } from "../link/link.js";

/** What repositories hold, in short. */
export interface Summary {
  repositories: RepositorySummary[];
  /** All of them, taken together. */
  together: HistorySummary;
  problems: Problem[];
  /** Why they could not be held against what was seen of them before. */
  unremembered: { location: string; why: Message }[];
}

export interface RepositorySummary extends HistorySummary {
  location: string;
  /** Whether another of them is further. */
  behind: boolean;
  /** What it lacks then: the transactions after one and up to another, the first of which was made at a time. */
  lacks: { after: bigint | null; upTo: bigint; since: bigint } | null;
}

export interface HistorySummary {
  servers: ServerSummary[];
  /** The first transaction of the main line; null where there is none. */
  first: bigint | null;
  /** The recovery point: the last one whose state can be rebuilt. */
  tip: Tip | null;
  confirmed: bigint | null;
  voters: string[] | null;
  holes: Hole[];
  branches: Branch[];
  snapshots: number;
  newestSnapshot: bigint | null;
  segments: number;
  /** Bytes as stored, of what the links name. */
  bytes: number;
}

export interface ServerSummary {
  server: string;
  tip: Tip | null;
  /** When its newest link was written, by the clock of the host that wrote it. */
  shipped: string;
  segments: number;
  snapshots: number;
}

export function summaryOf({ each, history, problems: told, rolledBack, unremembered }: Opened): Summary {
  const problems = [...told, ...rolledBack.map(({ location, why }) => ({ location, why }))];
  const repositories = each.map(({ store, heads }) => ({
    location: store.location,
    behind: false,
    lacks: null as RepositorySummary["lacks"],
    ...ofHistory(historyOf(heads)),
  }));
  const furthest = history.recoveryPoint?.zxid ?? null;
  for (const one of repositories) {
    const last = one.tip?.zxid ?? null;
    if (furthest === null || (last ?? -1n) >= furthest) continue;
    one.behind = true;
    const first = history.main.find(({ to }) => to > (last ?? -1n));
    // Names have no times.
    if (first) one.lacks = { after: last, upTo: furthest, since: first.segment.from };
  }
  return {
    repositories,
    together: ofHistory(history),
    problems,
    unremembered,
  };
}

function ofHistory(history: History): HistorySummary {
  const { main, recoveryPoint, confirmed, voters, holes, branches, snapshots } = history;
  const sizes = new Map<string, number>();
  const servers = new Map<string, ServerSummary>();
  for (const line of history.lines) {
    for (const { name, size } of [
      ...line.segments,
      ...line.dropped,
      ...line.snapshots.flatMap(({ parts }) => parts),
      ...line.files,
    ])
      sizes.set(name, size);
    const known = servers.get(line.server);
    if (!known || line.time > known.shipped)
      servers.set(line.server, {
        server: line.server,
        tip: line.tip,
        shipped: line.time,
        segments: line.segments.length,
        snapshots: line.snapshots.length,
      });
  }
  return {
    servers: [...servers.values()].sort((a, b) => (a.server < b.server ? -1 : 1)),
    first: main[0]?.from ?? null,
    tip: recoveryPoint,
    confirmed,
    voters,
    holes,
    branches,
    snapshots: snapshots.length,
    newestSnapshot: snapshots.at(-1)?.zxid ?? null,
    segments: main.length,
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  };
}

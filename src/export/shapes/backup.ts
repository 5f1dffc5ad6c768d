import { isoTime } from "../../recovery/index.js";
import type { HistorySummary, Summary } from "../../repository/check/summary.js";
import type { Tip } from "../../repository/link/link.js";
import { hex } from "../../storage/zxid.js";

/** What a run of `backup run` has shipped, and what not. */
export interface RunStatus {
  /** When it said so, by its host's clock. */
  time: string;
  pid: number;
  /** Whether it goes on. */
  following: boolean;
  server: string;
  source: string;
  recoveryPoint: Tip | null;
  /** Transactions that were read and are in no link yet. */
  unshipped: { bytes: number; since: string | null };
  /** What each repository lacks of what was published; since when, and why, where it is in trouble. */
  repositories: {
    location: string;
    lacks: { links: number; objects: number; bytes: number };
    since: string | null;
    why: string | null;
  }[];
}

/** What `backup list` says. */
export function backupsShape({ repositories, together, problems }: Summary, runs: readonly RunStatus[]): object {
  return {
    repositories: repositories.map((each) => ({
      location: each.location,
      behind: each.behind,
      lacks: each.lacks && {
        after: zxidShape(each.lacks.after),
        upTo: hex(each.lacks.upTo),
        since: isoTime(each.lacks.since),
      },
      ...historyShape(each),
    })),
    together: historyShape(together),
    problems: problems.map(({ location, why }) => ({ location, message: why })),
    runs: runs.map(runShape),
  };
}

export function runShape({ recoveryPoint, ...status }: RunStatus): object {
  return { ...status, recoveryPoint: tipShape(recoveryPoint) };
}

function historyShape(history: HistorySummary): object {
  return {
    recoveryPoint: tipShape(history.tip),
    first: zxidShape(history.first),
    confirmed: zxidShape(history.confirmed),
    voters: history.voters,
    holes: history.holes.map(({ after, before }) => ({ after: zxidShape(after), before: hex(before) })),
    branches: history.branches.map(({ name, servers, segments }) => ({
      name,
      servers,
      first: hex(segments[0]?.first ?? 0n),
      last: hex(segments.at(-1)?.last ?? 0n),
    })),
    newestSnapshot: zxidShape(history.newestSnapshot),
    snapshots: history.snapshots,
    segments: history.segments,
    bytes: history.bytes,
    servers: history.servers.map(({ server, tip, shipped, segments, snapshots }) => ({
      server,
      recoveryPoint: tipShape(tip),
      shipped,
      segments,
      snapshots,
    })),
  };
}

function tipShape(tip: Tip | null): object | null {
  return tip && { zxid: hex(tip.zxid), time: isoTime(tip.time) };
}

function zxidShape(zxid: bigint | null): string | null {
  return zxid === null ? null : hex(zxid);
}

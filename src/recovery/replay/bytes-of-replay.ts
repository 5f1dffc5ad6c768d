import type { StoredFile } from "../directory/data-directory.js";
import type { Base } from "../exact/base.js";
import type { LogScan } from "../scan/scan-log.js";
import { logsAfter } from "./logs-after.js";

/**
 * About how many bytes a replay reads: the snapshot, and of the logs what is up to `to`, as far as the numbers of
 * transactions tell. `torn`: whether it begins with the transaction that the snapshot may hold half of.
 */
export function bytesOfReplay(
  { snapshot, from }: Pick<Base, "snapshot" | "from">,
  torn: boolean,
  to: bigint | null,
  logs: readonly StoredFile[],
  scans: readonly LogScan[],
): number {
  const byPath = new Map(scans.map((scan) => [scan.path, scan]));
  let bytes = snapshot?.size ?? 0;
  for (const log of logsAfter(logs, torn ? from - 1n : from)) {
    const scan = byPath.get(log.path);
    const first = scan?.runs[0]?.first;
    if (!scan || first === undefined) continue;
    if (to !== null && first > to) break;
    bytes += Math.round(scan.soundEnd * partUpTo(scan, to));
  }
  return bytes;
}

/** How much of a log's transactions are up to a zxid: 0 to 1. */
function partUpTo({ runs, transactions }: LogScan, to: bigint | null): number {
  const last = runs.at(-1)?.last;
  if (to === null || last === undefined || last <= to) return 1;
  let count = 0;
  for (const run of runs) if (run.first <= to) count += Math.min(run.count, Number(to - run.first) + 1);
  return Math.min(count / transactions, 1);
}

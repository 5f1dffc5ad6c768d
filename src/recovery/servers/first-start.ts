import { isBeginning } from "../exact/coverage.js";
import type { LogScan } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";

/** 3.4 writes its first snapshot only after snapCount transactions; every later release when it first starts. */
export function isFirstStart(snapshots: readonly SnapshotScan[], logs: readonly LogScan[]): boolean {
  const first = logs.find((log) => log.runs.length > 0)?.runs[0];
  return snapshots.length === 0 && first !== undefined && isBeginning(first.first) && !logs.some((log) => log.modern);
}

import type { DataDirectory } from "../directory/data-directory.js";
import { scanLog } from "../scan/scan-log.js";
import { scanSnapshot, type SnapshotScan } from "../scan/scan-snapshot.js";
import { assess } from "./assess.js";
import type { Assessment } from "./assessment.js";
import { type Coverage, coverageOf } from "./coverage.js";
import { type LaterState, laterThan } from "./evidence.js";
import type { Piece } from "./line.js";

/** Every point that a directory gives exactly. */
export interface AllPoints {
  assessment: Assessment;
  coverage: Coverage;
  /** A state later than the newest exact one that the files show; null where there is none. */
  later: LaterState | null;
}

/** Reads and replays every file for it. */
export async function allPoints(directory: DataDirectory): Promise<AllPoints> {
  const snapshots: SnapshotScan[] = [];
  for (const file of directory.snapshots) snapshots.push(await scanSnapshot(file));
  const logs = [];
  for (const file of directory.logs) logs.push(await scanLog(file));
  const coverage = coverageOf(directory.snapshots, snapshots, logs);
  const assessment = await assess(directory, coverage, logs);
  return { assessment, coverage, later: await laterThan(assessment, directory, snapshots, coverage) };
}

/** What gives the newest exact point up to `to` (null: any), and that point; null where none is exact. */
export function newestExact(
  { pieces }: Pick<Assessment, "pieces">,
  to: bigint | null,
): { piece: Piece; zxid: bigint } | null {
  let best: { piece: Piece; zxid: bigint } | null = null;
  for (const piece of pieces) {
    if (to !== null && piece.from > to) continue;
    const zxid = to !== null && piece.to > to ? to : piece.to;
    const proves = best && piece.unproven.length < best.piece.unproven.length;
    if (!best || zxid > best.zxid || (zxid === best.zxid && proves)) best = { piece, zxid };
  }
  return best;
}

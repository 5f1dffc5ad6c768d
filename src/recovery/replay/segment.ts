import { type Finding, finding } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { freshTree, loadSnapshot } from "../../tree/index.js";
import type { Coverage } from "../exact/coverage.js";
import { reaches } from "../exact/coverage.js";
import type { DataDirectory, StoredFile } from "../directory/data-directory.js";
import { type Fingerprint, fingerprint } from "./fingerprint.js";
import { checkpointOf, mayBeTorn } from "../rebuild.js";
import { logsAfter, replay } from "./replay.js";
import type { LogScan } from "../scan/scan-log.js";

/**
 * A part of the history that is replayed on its own: from one snapshot to where the next one is no longer fuzzy. So
 * every snapshot and every transaction is proven, each by the digests around it, and the parts can run side by side.
 */
export interface Segment {
  /** Null for a history that begins at the beginning. */
  snapshot: StoredFile | null;
  logs: StoredFile[];
  from: bigint;
  exactFrom: bigint;
  to: bigint | null;
  /** About how many bytes a replay reads: the snapshot, and of the logs what lies up to the end. */
  bytes: number;
}

export interface SegmentResult {
  base: string | null;
  from: bigint;
  last: bigint;
  applied: number;
  digestsMatched: number;
  consistent: boolean;
  /** The tree where the segment's snapshot is no longer fuzzy, and where the segment ends. */
  atExact: Fingerprint | null;
  atEnd: Fingerprint;
  exactFrom: bigint;
  /** As in Replay. */
  lastMisfit: bigint | null;
  recounted: boolean;
  findings: Finding[];
}

/** The segments that cover all that the files can rebuild. */
export function segmentsOf(directory: DataDirectory, coverage: Coverage, scans: readonly LogScan[]): Segment[] {
  const byPath = new Map(scans.map((scan) => [scan.path, scan]));
  const usable = coverage.snapshots.filter((each) => each.usable);
  const segments: Segment[] = [];
  const first = coverage.runs[0];
  const beginning = coverage.exact.find((range) => range.base === null && first?.first === range.from);
  if (beginning && !usable.some(({ window }) => window.begin === 0n)) {
    const next = usable[0];
    const to = next && next.window.end <= beginning.to ? next.window.end : null;
    const bytes = bytesOfLogs(directory.logs, byPath, 0n, to);
    segments.push({ snapshot: null, logs: directory.logs, from: 0n, exactFrom: 0n, to, bytes });
  }
  for (const [index, { scan, window }] of usable.entries()) {
    const snapshot = directory.snapshots.find((file) => file.path === scan.path);
    if (!snapshot) continue;
    const next = usable.slice(index + 1).find((later) => later.window.end >= window.end);
    const to = next && reaches(coverage.runs, window.begin) >= next.window.end ? next.window.end : null;
    // One that may hold half of its last transaction is replayed from that one on.
    const first = mayBeTorn(scan) ? window.begin - 1n : window.begin;
    const bytes = snapshot.size + bytesOfLogs(directory.logs, byPath, first, to);
    segments.push({ snapshot, logs: directory.logs, from: window.begin, exactFrom: window.end, to, bytes });
  }
  return segments;
}

/** The bytes of logs that a replay from a zxid on reads, as far as the numbers of transactions tell. */
function bytesOfLogs(
  logs: readonly StoredFile[],
  scans: ReadonlyMap<string, LogScan>,
  from: bigint,
  to: bigint | null,
): number {
  let bytes = 0;
  for (const log of logsAfter(logs, from)) {
    const scan = scans.get(log.path);
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

/** Replays it; `onProgress` is told bytes, about as many in all as `segment.bytes`. */
export async function replaySegment(segment: Segment, onProgress?: (bytes: number) => void): Promise<SegmentResult> {
  const { snapshot, from, exactFrom, to } = segment;
  const source = snapshot?.open();
  try {
    const loaded = source ? await loadSnapshot(source, onProgress) : null;
    const tree = loaded?.tree ?? freshTree();
    const result = await replay(tree, segment.logs, {
      from,
      to,
      exactFrom,
      checkpoints: loaded && snapshot ? checkpointOf(loaded, snapshot.path) : [],
      fingerprint: true,
      reapply: loaded !== null && mayBeTorn(loaded),
      onProgress: (bytes) => onProgress?.((snapshot?.size ?? 0) + bytes),
    });
    return {
      base: snapshot?.name ?? null,
      from,
      last: result.last,
      applied: result.applied,
      digestsMatched: result.digestsMatched,
      consistent: result.consistent,
      atExact: result.fingerprintAtExact,
      atEnd: fingerprint(tree),
      exactFrom,
      lastMisfit: result.lastMisfit,
      recounted: result.recounted,
      // What a pass over the files finds has been found by scanning them.
      findings: [
        ...(loaded?.findings ?? []).filter((each) => each.code === "snapshot.duplicate-node"),
        ...result.findings.filter((each) => /^(replay|digest|snapshot)\./.test(each.code)),
      ],
    };
  } finally {
    source?.close();
  }
}

/** Where one segment ends the next is exact: both must have come to the same tree. */
export function compareSegments(results: readonly SegmentResult[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, next] of results.entries()) {
    const previous = results[index - 1];
    if (!previous || !next.atExact || previous.last !== next.exactFrom) continue;
    if (previous.recounted || next.recounted) continue;
    const a = previous.atEnd;
    const b = next.atExact;
    const differs =
      a.znodes !== b.znodes
        ? `${a.znodes} and ${b.znodes} znodes`
        : a.digest !== b.digest
          ? "the digests differ"
          : a.acls !== b.acls
            ? "the ACLs differ"
            : a.lists !== b.lists
              ? "the numbers of children differ"
              : null;
    if (differs === null) continue;
    const message = `at ${hex(next.exactFrom)} the replay from ${previous.base ?? "the beginning"} and ${next.base} give different trees: ${differs}`;
    findings.push(finding("tree.mismatch", message, { zxid: next.exactFrom }));
  }
  return findings;
}

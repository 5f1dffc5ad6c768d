import { type Finding, finding } from "../storage/finding.js";
import { hex } from "../storage/zxid.js";
import { freshTree, loadSnapshot } from "../tree/index.js";
import type { Coverage } from "./coverage.js";
import { reaches } from "./coverage.js";
import type { DataDirectory, StoredFile } from "./data-directory.js";
import { type Fingerprint, fingerprint } from "./fingerprint.js";
import { checkpointOf, mayBeTorn } from "./rebuild.js";
import { replay } from "./replay.js";

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
export function segmentsOf(directory: DataDirectory, coverage: Coverage): Segment[] {
  const usable = coverage.snapshots.filter((each) => each.usable);
  const segments: Segment[] = [];
  const first = coverage.runs[0];
  const beginning = coverage.exact.find((range) => range.base === null && first?.first === range.from);
  if (beginning && !usable.some(({ window }) => window.begin === 0n)) {
    const next = usable[0];
    const to = next && next.window.end <= beginning.to ? next.window.end : null;
    segments.push({ snapshot: null, logs: directory.logs, from: 0n, exactFrom: 0n, to });
  }
  for (const [index, { scan, window }] of usable.entries()) {
    const snapshot = directory.snapshots.find((file) => file.path === scan.path);
    if (!snapshot) continue;
    const next = usable.slice(index + 1).find((later) => later.window.end >= window.end);
    const to = next && reaches(coverage.runs, window.begin) >= next.window.end ? next.window.end : null;
    segments.push({ snapshot, logs: directory.logs, from: window.begin, exactFrom: window.end, to });
  }
  return segments;
}

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
      ...(onProgress ? { onProgress } : {}),
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
            : null;
    if (differs === null) continue;
    const message = `at ${hex(next.exactFrom)} the replay from ${previous.base ?? "the beginning"} and ${next.base} give different trees: ${differs}`;
    findings.push(finding("tree.mismatch", message, { zxid: next.exactFrom }));
  }
  return findings;
}

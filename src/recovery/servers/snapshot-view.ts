import type { Finding } from "../../findings/finding.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { streamMode } from "./names.js";
import type { Release } from "./releases.js";
import { stopsSnapshot } from "../../findings/kinds.js";

/**
 * What a server makes of a snapshot: it passes over one that does not look like one at first sight, tries one that does
 * and goes on to an older one where that fails, or loads it.
 */
export type SnapshotReading = "passed over" | "fails" | "loads";

/**
 * `name`: as it lies in the folder. `limit`: the longest value that the server reads, in bytes. `digests`: whether its
 * digests are switched on; null for what the snapshot was written with.
 */
export function readingOf(
  name: string,
  scan: SnapshotScan,
  release: Release,
  limit: number,
  digests: boolean | null,
): SnapshotReading {
  const mode = release.compressed ? streamMode(name) : "none";
  if (mode !== scan.compression || (mode === "none" && !scan.endsAsSealed)) return "passed over";
  if (scan.largestValue > limit) return "fails";
  const layout = scan.trailers?.layout;
  const { lastZxid } = release.trailers;
  const digest = release.trailers.digest && (digests ?? !needsDigestsOff(scan, release));
  // One is taken for the other, and no seal follows it.
  if (layout && digest && !layout.digest && layout.lastZxid) return "fails";
  if (layout && !digest && lastZxid && layout.digest) return "fails";
  return scan.findings.some((each) => stops(each, scan, { digest, lastZxid })) ? "fails" : "loads";
}

/** Whether a server takes a snapshot's last zxid for a digest, unless its digests are switched off. */
export function needsDigestsOff({ trailers }: SnapshotScan, release: Release): boolean {
  return release.trailers.digest && trailers !== null && !trailers.layout.digest && trailers.layout.lastZxid;
}

function stops(finding: Finding, scan: SnapshotScan, read: Release["trailers"]): boolean {
  const { code, severity, offset = 0 } = finding;
  if (severity !== "error" || !stopsSnapshot(finding)) return false;
  if (code === "snapshot.seal") return offset < readUpTo(scan, read);
  if (code !== "snapshot.trailing") return true;
  const { layout } = scan.trailers ?? {};
  // What follows is taken for the trailers that are not there, if it is long enough to begin one.
  return scan.bytes - offset >= 8 && ((read.digest && !layout?.digest) || (read.lastZxid && !layout?.lastZxid));
}

/** Where a server's reading of a snapshot ends: in uncompressed bytes, after the last seal that it reads. */
function readUpTo({ trailers, bytes }: SnapshotScan, read: Release["trailers"]): number {
  let end = bytes;
  if (trailers?.layout.lastZxid && !read.lastZxid) end -= 8 + SEAL_LENGTH;
  if (trailers?.layout.digest && !read.digest) end -= 20 + SEAL_LENGTH;
  return end;
}

/** Long Adler-32 and the ustring "/". */
const SEAL_LENGTH = 13;

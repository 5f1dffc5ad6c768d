import { streamMode } from "./names.js";
import type { Release } from "./releases.js";
import type { ServerEvidence } from "./verdict.js";

/**
 * Whether a release reads all that these files hold: layouts, compression and transactions. One that does not only starts
 * on what it makes out of them, or by not looking at them.
 */
export function readsAll(release: Release, { snapshots, logs }: ServerEvidence): boolean {
  for (const { path, trailers, compression } of snapshots.values()) {
    if (!release.compressed && (compression !== "none" || streamMode(path) !== "none")) return false;
    if (trailers?.layout.digest && !release.trailers.digest) return false;
    if (trailers?.layout.lastZxid && !release.trailers.lastZxid) return false;
  }
  for (const { modern, digests, server } of logs.values()) {
    if (digests > 0 && !release.trailers.digest) return false;
    // What 3.5 brought: transaction types, digests, znodes of a kind that 3.4 does not know.
    if (modern && !release.containers) return false;
    if (server.firstOfType.some(([type]) => !release.types.has(type))) return false;
    if (server.multis.some(({ type }) => !release.memberTypes.has(type))) return false;
  }
  return true;
}

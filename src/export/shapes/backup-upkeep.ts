import type { CompactReport } from "../../repository/compact/compact.js";
import { hex } from "../../storage/zxid.js";

/** What `backup compact` did. */
export function compactedShape(
  repository: string,
  maxReplay: number,
  { merged, bases, unproven, damaged }: CompactReport,
): object {
  return {
    repository,
    maxReplay,
    merged: merged.map(({ name, pieces, bytes }) => ({ object: name, segments: pieces, bytes })),
    bases: bases.map(({ zxid, znodes, digest, bytes }) => ({
      zxid: hex(zxid),
      znodes,
      digest: { version: 2, value: String(digest), verified: true },
      bytes,
    })),
    unproven: unproven.map(({ zxid, why }) => ({ zxid: hex(zxid), message: why })),
    damaged: damaged.map(({ name, why }) => ({ object: name, message: why })),
  };
}

import type { LogScan } from "../../recovery/index.js";

/**
 * For each log the first transaction of those after it; null where they have none. A log of which nothing can be read
 * began with the zxid in its name: what it held is its own loss.
 */
export function nextFirsts(scans: readonly LogScan[]): (bigint | null)[] {
  const firsts: (bigint | null)[] = [];
  let next: bigint | null = null;
  for (const [index, { runs, zxid, findings }] of [...scans.entries()].toReversed()) {
    firsts[index] = next;
    const named = findings.some(({ severity }) => severity === "error") ? zxid : null;
    next = runs[0]?.first ?? named ?? next;
  }
  return firsts;
}

import { type Finding, finding } from "../storage/finding.js";
import { fromHalves, hex } from "../storage/zxid.js";
import { adler32 } from "../checksum/index.js";
import type { DataDirectory, StoredFile } from "./data-directory.js";
import { eachHeader } from "./resolve.js";
import type { LogScan } from "./scan-log.js";

/**
 * Logs whose zxids overlap are read once more: the same zxid must have the same bytes in both. Overlaps are rare (a
 * log that a server went on with after it was restored or truncated), so scanning keeps nothing for them.
 */
export async function compareOverlaps(directory: DataDirectory, scans: readonly LogScan[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [index, later] of scans.entries()) {
    const laterFirst = later.runs[0]?.first;
    if (laterFirst === undefined) continue;
    for (const earlier of scans.slice(0, index)) {
      const earlierLast = earlier.runs.at(-1)?.last;
      if (earlierLast === undefined || earlierLast < laterFirst) continue;
      const [a, b] = [earlier, later].map((scan) => directory.logs.find((log) => log.path === scan.path));
      if (a && b) findings.push(...(await compare(a, b, laterFirst, earlierLast)));
    }
  }
  return findings;
}

async function compare(a: StoredFile, b: StoredFile, from: bigint, to: bigint): Promise<Finding[]> {
  const sums = await checksums(a, from, to);
  let same = 0;
  let first: bigint | null = null;
  let conflict: bigint | null = null;
  for (const [zxid, sum] of await checksums(b, from, to)) {
    const other = sums.get(zxid);
    if (other === undefined) continue;
    first ??= zxid;
    if (other === sum) same++;
    else conflict ??= zxid;
  }
  const findings: Finding[] = [];
  if (same > 0) {
    const message = `${same} transactions from ${hex(first as bigint)} on are in ${a.name} too`;
    findings.push(finding("log.duplicate", message, { file: b.path, zxid: first as bigint }));
  }
  if (conflict !== null) {
    findings.push(
      finding("log.conflict", `${hex(conflict)} is in ${a.name} too, with other bytes`, {
        file: b.path,
        zxid: conflict,
      }),
    );
  }
  return findings;
}

async function checksums(log: StoredFile, from: bigint, to: bigint): Promise<Map<bigint, number>> {
  const sums = new Map<bigint, number>();
  await eachHeader(log, (cursor, payload) => {
    const zxid = fromHalves(cursor.zxidHigh, cursor.zxidLow);
    if (zxid >= from && zxid <= to) sums.set(zxid, adler32(payload()));
    return true;
  });
  return sums;
}

import { type Finding, finding } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { adler32 } from "../../checksum/index.js";
import type { DataDirectory, StoredFile } from "../directory/data-directory.js";
import { eachHeader } from "./headers.js";
import type { LogScan } from "./scan-log.js";
import { say, tag } from "../../text/message.js";

/**
 * Logs whose zxids overlap are read once more: the same zxid must have the same bytes in both. Overlaps are rare (a
 * log that a server went on with after it was restored or truncated), so scanning keeps nothing for them.
 */
export async function compareOverlaps(directory: DataDirectory, scans: readonly LogScan[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  const files = new Map(directory.logs.map((log) => [log.path, log]));
  for (const [earlier, later] of overlaps(scans)) {
    const [a, b] = [files.get(earlier.path), files.get(later.path)];
    if (a && b) findings.push(...(await compare(a, b, later.first, earlier.last)));
  }
  return findings;
}

/** A log with its place among all. */
interface Placed {
  index: number;
  path: string;
  first: bigint;
  last: bigint;
}

/** The pairs of logs that overlap, in the logs' order: by their first zxids, each is held against those still open. */
function overlaps(scans: readonly LogScan[]): [Placed, Placed][] {
  const logs = scans.flatMap(({ path, runs }, index): Placed[] => {
    const [first, last] = [runs[0]?.first, runs.at(-1)?.last];
    return first === undefined || last === undefined ? [] : [{ index, path, first, last }];
  });
  const pairs: [Placed, Placed][] = [];
  let open: Placed[] = [];
  for (const log of logs.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.index - b.index))) {
    open = open.filter(({ last }) => last >= log.first);
    for (const other of open) pairs.push(other.index < log.index ? [other, log] : [log, other]);
    open.push(log);
  }
  return pairs.sort(([a, b], [c, d]) => b.index - d.index || a.index - c.index);
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
    const message = say`${same} transactions from ${hex(first as bigint)} on are in ${tag.file(a.name)} too`;
    findings.push(finding("log.duplicate", message, { file: b.path, zxid: first as bigint }));
  }
  if (conflict !== null) {
    findings.push(
      finding("log.conflict", say`${hex(conflict)} is in ${tag.file(a.name)} too, with other bytes`, {
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
    const zxid = cursor.zxid;
    if (zxid >= from && zxid <= to) sums.set(zxid, adler32(payload()));
    return true;
  });
  return sums;
}

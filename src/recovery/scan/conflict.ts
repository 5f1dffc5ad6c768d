import { adler32 } from "../../checksum/index.js";
import type { StoredFile } from "../directory/data-directory.js";
import { eachHeader } from "./headers.js";

const known = new WeakMap<readonly StoredFile[], Promise<ReadonlyMap<bigint, number>>>();

/**
 * Whether logs have a zxid twice. Those of more than some MiB are not read for it: a replay that comes by one says so, and
 * `verify` reads them all.
 */
export async function mayConflict(logs: readonly StoredFile[]): Promise<boolean> {
  if (logs.reduce((sum, { size }) => sum + size, 0) > MOST_READ) return false;
  return (await repeated(logs)).size > 0;
}

/** The zxids that logs have twice, with different bytes, in order: which of the two a replay applies is a guess. */
export async function conflictsIn(logs: readonly StoredFile[]): Promise<readonly bigint[]> {
  const again = await repeated(logs);
  if (again.size === 0) return [];
  const conflicts = new Set<bigint>();
  for (const log of logs)
    await eachHeader(log, (cursor, payload) => {
      const { zxid } = cursor;
      const sum = again.get(zxid);
      if (sum !== undefined && sum !== adler32(payload())) conflicts.add(zxid);
      return true;
    });
  return [...conflicts].sort((a, b) => (a < b ? -1 : 1));
}

/** The transactions that are not later than all before them, with the checksums of the last of each zxid. */
function repeated(logs: readonly StoredFile[]): Promise<ReadonlyMap<bigint, number>> {
  let again = known.get(logs);
  if (!again) known.set(logs, (again = find(logs)));
  return again;
}

async function find(logs: readonly StoredFile[]): Promise<ReadonlyMap<bigint, number>> {
  const again = new Map<bigint, number>();
  let [high, low] = [0, 0];
  for (const log of logs)
    await eachHeader(log, (cursor, payload) => {
      const { zxidHigh, zxidLow } = cursor;
      if (zxidHigh > high || (zxidHigh === high && zxidLow > low)) [high, low] = [zxidHigh, zxidLow];
      else again.set(cursor.zxid, adler32(payload()));
      return true;
    });
  return again;
}

const MOST_READ = 64 << 20;

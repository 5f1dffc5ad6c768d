/** Below it, for a path that has a quota, the same path again, and in that `zookeeper_limits` and `zookeeper_stats`. */
export const QUOTA_ROOT = "/zookeeper/quota";
const LIMITS = "/zookeeper_limits";
const STATS = "/zookeeper_stats";

export function isBelowQuotaRoot(path: string): boolean {
  return path.startsWith(`${QUOTA_ROOT}/`);
}

export function isLimits(path: string): boolean {
  return isBelowQuotaRoot(path) && path.endsWith(LIMITS);
}

/** What the server counts; no client is to write it. */
export function isStats(path: string): boolean {
  return isBelowQuotaRoot(path) && path.endsWith(STATS);
}

export function limitsIn(folder: string): string {
  return folder + LIMITS;
}

export function statsIn(folder: string): string {
  return folder + STATS;
}

/** Whose quota a path of limits holds; empty for the root's. */
export function ownerOfLimits(path: string): string {
  return path.slice(QUOTA_ROOT.length, -LIMITS.length);
}

/** -1 where there is no such limit. */
export interface QuotaLimits {
  count: bigint;
  bytes: bigint;
  /** Those of 3.7 on, beyond which changes are refused if enforceQuota is set. */
  countHardLimit: bigint;
  byteHardLimit: bigint;
}

/**
 * What `zookeeper_limits` says, where every release can read it (StatsTrack): zkCli's delquota ends with an exception on
 * all else, and so does 3.5's whole script. Null for such data.
 */
export function limitsOf(data: Buffer | null): QuotaLimits | null {
  const match = /^count=(-?\d{1,19}),bytes=(-?\d{1,19})(?:=((?:;\w+=-?\d{1,19})*))?$/.exec(
    data?.toString("latin1") ?? "",
  );
  if (!match) return null;
  const [count, bytes] = [BigInt(match[1] as string), BigInt(match[2] as string)];
  const others = new Map<string, bigint>();
  for (const [, key = "", value = ""] of (match[3] ?? "").matchAll(/;(\w+)=(-?\d+)/g)) others.set(key, BigInt(value));
  if (
    BigInt.asIntN(32, count) !== count ||
    [bytes, ...others.values()].some((each) => BigInt.asIntN(64, each) !== each)
  )
    return null;
  const [countHardLimit = NO_LIMIT, byteHardLimit = NO_LIMIT] = ["countHardLimit", "byteHardLimit"].map((key) =>
    others.get(key),
  );
  return { count, bytes, countHardLimit, byteHardLimit };
}

const NO_LIMIT = -1n;

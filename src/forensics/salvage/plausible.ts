import type { Block } from "../../checksum/index.js";
import { STAT, STAT_LENGTH } from "../../tree/index.js";
import { SLASH } from "../../storage/path.js";

/** What a znode of a damaged snapshot may look like: told from the parts that are sound, or from the file's name. */
export interface Plausible {
  /** No zxid is of a later epoch. */
  mostEpoch: number;
  /** No aclId but -1 is larger, or 0. */
  mostAcl: number;
}

/** Where the parts of a znode's record are, if its lengths fit; not whether it makes sense. */
export interface RecordShape {
  pathStart: number;
  pathLength: number;
  dataStart: number;
  dataLength: number;
  aclAt: number;
  end: number;
}

/** Longer paths and values than any server takes by default are read all the same; these are absurd. */
const MOST_PATH = 1 << 20;
/** Milliseconds: 2000 and 2100. ZooKeeper is younger than the one, and a clock may be a little wrong. */
const FIRST_TIME = 946_684_800_000;
const LAST_TIME = 4_102_444_800_000;

/**
 * The record at `at`, as far as its lengths go: `missing` is how many bytes must be in memory to tell more; null where
 * a length is impossible. `most`: bytes left in the file.
 */
export function shapeAt(block: Block, at: number, limit: number, most: number): RecordShape | number | null {
  const { view } = block;
  if (at + 4 > limit) return 4;
  const pathLength = view.getInt32(at);
  if (pathLength < 0 || pathLength > MOST_PATH || pathLength > most) return null;
  const dataAt = at + 4 + pathLength;
  if (dataAt + 4 > limit) return dataAt + 4 - at;
  const dataLength = view.getInt32(dataAt);
  if (dataLength < -1 || dataLength > most) return null;
  const aclAt = dataAt + 4 + Math.max(dataLength, 0);
  const end = aclAt + 8 + STAT_LENGTH;
  if (end - at > most) return null;
  if (end > limit) return end - at;
  return { pathStart: at + 4, pathLength, dataStart: dataAt + 4, dataLength, aclAt, end };
}

/** Whether the bytes are a path: absolute, no empty part, no control character. The root has none. */
export function plausiblePath(block: Block, start: number, length: number): boolean {
  const { view } = block;
  if (length === 0) return true;
  if (length < 2 || view.getUint8(start) !== SLASH || view.getUint8(start + length - 1) === SLASH) return false;
  let previous = 0;
  for (let at = start; at < start + length; at++) {
    const byte = view.getUint8(at);
    if (byte < 0x20 || byte === 0x7f || (byte === SLASH && previous === SLASH)) return false;
    previous = byte;
  }
  return true;
}

/** Whether aclId and StatPersisted can be a znode's. */
export function plausibleStat(block: Block, aclAt: number, bounds: Plausible): boolean {
  const { view } = block;
  const acl = view.getBigInt64(aclAt);
  if (acl !== -1n && (acl <= 0n || acl > BigInt(bounds.mostAcl))) return false;
  const stat = aclAt + 8;
  const zxid = (field: number): boolean =>
    view.getInt32(stat + field) >= 0 && view.getInt32(stat + field) <= bounds.mostEpoch;
  const time = (field: number): boolean => {
    const milliseconds = Number(view.getBigInt64(stat + field));
    return milliseconds === 0 || (milliseconds >= FIRST_TIME && milliseconds <= LAST_TIME);
  };
  const czxid = view.getBigInt64(stat + STAT.czxid);
  return (
    zxid(STAT.czxid) &&
    zxid(STAT.mzxid) &&
    zxid(STAT.pzxid) &&
    view.getBigInt64(stat + STAT.mzxid) >= czxid &&
    view.getBigInt64(stat + STAT.pzxid) >= czxid &&
    time(STAT.ctime) &&
    time(STAT.mtime) &&
    view.getInt32(stat + STAT.version) >= -1 &&
    view.getInt32(stat + STAT.cversion) >= -1 &&
    view.getInt32(stat + STAT.aversion) >= -1
  );
}

import { adler32 } from "../../checksum/index.js";
import { fromHalves } from "../../storage/zxid.js";
import { aclAt, type DataTree, dataAt, NONE, STAT, STAT_LENGTH, statAt } from "../../tree/index.js";
import { safe, type Safe, words } from "../../text/safe.js";
import { aclIdAt } from "../../storage/znode-record.js";

/**
 * What two trees have in common if they are the same: ZooKeeper's digest, and the same for what it leaves out. Not
 * looked at is /zookeeper/config, which servers write without a transaction.
 */
export interface Fingerprint {
  znodes: number;
  /** Those that are not below /zookeeper. */
  covered: number;
  digest: bigint;
  /**
   * A sum over all znodes of a hash of path, data and stats, but for what a replay over a fuzzy snapshot may count twice,
   * or not at all, up to 3.5: cversions and pzxids. Null where the server is known to be later.
   */
  contents: number | null;
  /** The same of path and cversion. */
  cversions: number | null;
  /** A sum over the znodes that are not below /zookeeper of a hash of path and ACL: the digest does not cover ACLs. */
  acls: number;
  /**
   * The same of path and number of children, but for /zookeeper and below: nor does it cover in which list a znode is, or
   * whether it is in any.
   */
  lists: number;
  /**
   * A sum over the znodes below /zookeeper of a hash of path, ACL, stat and data, but for what servers count by themselves,
   * and of how many children they have.
   */
  own: number;
  /** A sum over the znodes without data of a hash of their paths: the digest takes none for empty data. */
  none: number;
  /** Whether it has /zookeeper/config: from 3.5 on, unless a server before that made the directory. */
  config: boolean;
  /** Znodes whose ACL is not known. */
  dangling: number;
}

export function fingerprint(tree: DataTree): Fingerprint {
  const { znodes } = tree;
  const aclHashes = new Map<number, number>();
  const config = znodes.findPath(CONFIG);
  const system = znodes.findPath(SYSTEM);
  const older = tree.from36 !== true;
  let contents = 0;
  let cversions = 0;
  let acls = 0;
  let lists = 0;
  let own = 0;
  let covered = 0;
  let none = 0;
  let dangling = 0;
  const configIn = config === NONE ? NONE : znodes.parent(config);
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const view = znodes.viewOf(slot);
    const record = znodes.recordOf(slot);
    const at = aclAt(view, record);
    const id = aclIdAt(view, at);
    let acl = aclHashes.get(id);
    if (acl === undefined) {
      // As a server reads them: one that it wrote again may have other bytes for the same characters.
      acl = adler32(Buffer.from(JSON.stringify(tree.acls.entries(id) ?? `dangling ${id}`)));
      aclHashes.set(id, acl);
    }
    if (!tree.acls.get(id)) dangling++;
    if (slot === config) continue;
    const path = znodes.memoryOf(slot).kernel.path_hash(record + 4, view.getInt32(record));
    if (older) {
      contents = (contents + Math.imul(path ^ contentHash(tree, slot), 0x9e3779b1)) | 0;
      const cversion = view.getInt32(statAt(view, record) + STAT.cversion);
      cversions = (cversions + Math.imul(path ^ cversion, 0xc2b2ae35)) | 0;
    }
    const list = Math.imul(path ^ (znodes.numChildren(slot) - (configIn === slot ? 1 : 0)), 0x85ebca6b);
    // The digest leaves out nothing else.
    const below = znodes.digest(slot) === 0 ? ownHash(tree, slot) : null;
    const allowed = Math.imul(path ^ acl, 0x9e3779b1);
    if (below === null) {
      covered++;
      acls = (acls + allowed) | 0;
      if (view.getInt32(dataAt(view, record)) < 0) none = (none + Math.imul(path ^ 0x5bd1e995, 0x27d4eb2f)) | 0;
    } else own = (own + below + allowed) | 0;
    if (below === null && slot !== system) lists = (lists + list) | 0;
    else own = (own + list) | 0;
  }
  return {
    znodes: znodes.size - (config === NONE ? 0 : 1),
    covered,
    digest: BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow)),
    contents: older ? contents : null,
    cversions: older ? cversions : null,
    acls,
    lists,
    own,
    none,
    config: config !== NONE,
    dangling,
  };
}

/** How two trees of the same zxid differ, in a few words; in ACLs and below /zookeeper only where the rest is alike. */
export interface FingerprintDifference {
  /** In znodes, data, stats or lists of children: what the digest covers, and who is whose child. */
  tree: Safe | null;
  /** Whether it is no more than pzxids. */
  onlyPzxids: boolean;
  acls: Safe | null;
  own: Safe | null;
}

/** `recounted`: whether one came from a replay that counts some cversions twice (before 3.4). */
export function treeDifference(a: Fingerprint, b: Fingerprint, recounted: boolean): FingerprintDifference {
  const tree = inTree(a, b, recounted);
  const sameContents = a.contents !== null && a.contents === b.contents && a.cversions === b.cversions;
  return {
    tree,
    onlyPzxids: tree !== null && a.covered === b.covered && sameContents && a.none === b.none && a.lists === b.lists,
    acls: tree === null && a.acls !== b.acls ? words("the ACLs differ") : null,
    own: tree === null && a.own !== b.own ? words("what is below /zookeeper differs") : null,
  };
}

function inTree(a: Fingerprint, b: Fingerprint, recounted: boolean): Safe | null {
  if (a.covered !== b.covered) return safe`${a.covered} and ${b.covered} znodes`;
  if (!recounted && a.digest !== b.digest) return words("the digests differ");
  if (recounted && a.contents !== null && b.contents !== null && a.contents !== b.contents)
    return words("data or stats differ");
  if (a.none !== b.none) return words("one has no data where the other has empty data");
  return a.lists === b.lists ? null : words("the numbers of children differ");
}

/** Null for a znode that is not below /zookeeper. */
function ownHash({ znodes }: DataTree, slot: number): number | null {
  const view = znodes.viewOf(slot);
  const record = znodes.recordOf(slot);
  if (!isBelowZooKeeper(view, record)) return null;
  const { bytes } = znodes.memoryOf(slot);
  const data = dataAt(view, record);
  const path = bytes.subarray(record + 4, data);
  const stat = statAt(view, record);
  const isStats = path.subarray(-STATS.length).equals(STATS);
  const value = isStats ? [] : [bytes.subarray(data, data + 4 + Math.max(view.getInt32(data), 0))];
  return adler32(Buffer.concat([path, bytes.subarray(stat, stat + STAT_LENGTH), ...value]));
}

/** Of what is the server's own, below /zookeeper, nothing counts: it has no transactions. */
function contentHash({ znodes }: DataTree, slot: number): number {
  const view = znodes.viewOf(slot);
  const record = znodes.recordOf(slot);
  if (isBelowZooKeeper(view, record)) return 0;
  const data = dataAt(view, record);
  const stat = statAt(view, record);
  let hash = znodes.memoryOf(slot).kernel.path_hash(data + 4, Math.max(view.getInt32(data), 0));
  for (const at of SETTLED) hash = Math.imul(hash ^ view.getInt32(stat + at), 0x27d4eb2f) ^ (hash >>> 15);
  return hash;
}

/** Where the words of a stat begin that are neither cversion nor pzxid. */
const SETTLED: readonly number[] = [
  ...[STAT.czxid, STAT.mzxid, STAT.ctime, STAT.mtime, STAT.ephemeralOwner].flatMap((at) => [at, at + 4]),
  STAT.version,
  STAT.aversion,
];

function isBelowZooKeeper(view: DataView, record: number): boolean {
  if (view.getInt32(record) <= OWN.length) return false;
  for (let at = 0; at < OWN.length; at++) if (view.getUint8(record + 4 + at) !== OWN[at]) return false;
  return true;
}

const OWN = Buffer.from("/zookeeper/");
const STATS = Buffer.from("/zookeeper_stats");
const CONFIG = Buffer.from("/zookeeper/config");
const SYSTEM = Buffer.from("/zookeeper");

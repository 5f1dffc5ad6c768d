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
  digest: bigint;
  /**
   * A sum over all znodes of a hash of path, data and the stats that a replay over a fuzzy snapshot does not count twice:
   * for what digests cannot be compared of, up to 3.5. Null where the server is known to be later.
   */
  contents: number | null;
  /** A sum over all znodes of a hash of path and ACL: the digest does not cover ACLs. */
  acls: number;
  /** The same of path and number of children: nor does it cover in which list a znode is, or whether it is in any. */
  lists: number;
  /** A sum over the znodes below /zookeeper of a hash of path, stat and data, but for what servers count by themselves. */
  own: number;
  /** Znodes whose ACL is not known. */
  dangling: number;
}

export function fingerprint(tree: DataTree): Fingerprint {
  const { znodes } = tree;
  const aclHashes = new Map<number, number>();
  const config = znodes.findPath(CONFIG);
  const older = tree.from36 !== true;
  let contents = 0;
  let acls = 0;
  let lists = 0;
  let own = 0;
  let dangling = 0;
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
    if (older) contents = (contents + Math.imul(path ^ contentHash(tree, slot), 0x9e3779b1)) | 0;
    // The digest leaves out nothing else.
    if (znodes.digest(slot) === 0) own = (own + ownHash(tree, slot)) | 0;
    acls = (acls + Math.imul(path ^ acl, 0x9e3779b1)) | 0;
    const children = znodes.numChildren(slot) - (config !== NONE && znodes.parent(config) === slot ? 1 : 0);
    lists = (lists + Math.imul(path ^ children, 0x85ebca6b)) | 0;
  }
  return {
    znodes: znodes.size - (config === NONE ? 0 : 1),
    digest: BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow)),
    contents: older ? contents : null,
    acls,
    lists,
    own,
    dangling,
  };
}

/** How two trees of the same zxid differ, in a few words; in ACLs and below /zookeeper only where the rest is alike. */
export interface TreeDifference {
  /** In znodes, data, stats or lists of children: what the digest covers, and who is whose child. */
  tree: Safe | null;
  /** Whether it is no more than pzxids and cversions. */
  onlyParents: boolean;
  acls: Safe | null;
  own: Safe | null;
}

/** `recounted`: whether one came from a replay that counts some cversions twice (before 3.4). */
export function treeDifference(a: Fingerprint, b: Fingerprint, recounted: boolean): TreeDifference {
  const tree = inTree(a, b, recounted);
  const sameContents = a.contents !== null && a.contents === b.contents;
  return {
    tree,
    onlyParents: tree !== null && a.znodes === b.znodes && sameContents && a.lists === b.lists,
    acls: tree === null && a.acls !== b.acls ? words("the ACLs differ") : null,
    own: tree === null && a.own !== b.own ? words("what is below /zookeeper differs") : null,
  };
}

function inTree(a: Fingerprint, b: Fingerprint, recounted: boolean): Safe | null {
  if (a.znodes !== b.znodes) return safe`${a.znodes} and ${b.znodes} znodes`;
  if (!recounted && a.digest !== b.digest) return words("the digests differ");
  if (recounted && a.contents !== null && b.contents !== null && a.contents !== b.contents)
    return words("data or stats differ");
  return a.lists === b.lists ? null : words("the numbers of children differ");
}

function ownHash({ znodes }: DataTree, slot: number): number {
  const view = znodes.viewOf(slot);
  const record = znodes.recordOf(slot);
  if (!isBelowZooKeeper(view, record)) return 0;
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
  return (
    znodes.memoryOf(slot).kernel.path_hash(data + 4, Math.max(view.getInt32(data), 0)) ^
    Math.imul(view.getUint32(stat + STAT.czxid + 4), 0x85ebca6b) ^
    Math.imul(view.getUint32(stat + STAT.mzxid + 4), 0xc2b2ae35) ^
    Math.imul(view.getInt32(stat + STAT.version), 0x27d4eb2f)
  );
}

function isBelowZooKeeper(view: DataView, record: number): boolean {
  if (view.getInt32(record) <= OWN.length) return false;
  for (let at = 0; at < OWN.length; at++) if (view.getUint8(record + 4 + at) !== OWN[at]) return false;
  return true;
}

const OWN = Buffer.from("/zookeeper/");
const STATS = Buffer.from("/zookeeper_stats");
const CONFIG = Buffer.from("/zookeeper/config");

import type { Acl } from "../storage/acl.js";
import type { AclTable } from "./acl-table.js";
import { kindOf, ttlOf, type ZnodeKind } from "./owner.js";
import { aclAt, dataAt, STAT } from "./znode-fields.js";
import { ROOT, type ZnodeStore } from "./znode-store.js";
import { aclIdAt } from "../storage/znode-record.js";

/** StatPersisted, with the two numbers that ZooKeeper's Stat counts. Times are milliseconds since 1970. */
export interface ZnodeStat {
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  ctime: bigint;
  mtime: bigint;
  version: number;
  /** As stored: how often a child was created. A client is shown twice that less the number of children. */
  cversion: number;
  aversion: number;
  ephemeralOwner: bigint;
  dataLength: number;
  numChildren: number;
}

/** A znode as an object, for output and for users of the library. */
export interface Znode {
  /** "/" for the root. Bytes that are not UTF-8 show as U+FFFD; `pathBytes` has them. */
  path: string;
  pathBytes: Buffer;
  /** A view of the tree's memory: copy what must outlive the tree's next change. */
  data: Buffer | null;
  /** Undefined where the ACL id is in no map (`acl.dangling`). */
  acl: readonly Acl[] | undefined;
  aclId: number;
  stat: ZnodeStat;
  kind: ZnodeKind;
  /** Milliseconds, of a TTL znode. */
  ttl?: number;
}

/**
 * @example
 * import { ChildIndex, discover, readZnode, rebuild } from "zkrewind";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * for (const slot of new ChildIndex(tree.znodes).of(0)) console.log(readZnode(tree, slot).path);
 */
export function readZnode(tree: { readonly znodes: ZnodeStore; readonly acls: AclTable }, slot: number): Znode {
  const { znodes } = tree;
  const view = znodes.viewOf(slot);
  const record = znodes.recordOf(slot);
  const data = dataAt(view, record);
  const dataLength = view.getInt32(data);
  const acl = aclAt(view, record);
  const stat = acl + 8;
  const { bytes } = znodes.memoryOf(slot);
  const aclId = aclIdAt(view, acl);
  const ownerHigh = view.getInt32(stat + STAT.ephemeralOwner);
  const ownerLow = view.getUint32(stat + STAT.ephemeralOwner + 4);
  const kind = kindOf(ownerHigh, ownerLow);
  const pathBytes = slot === ROOT ? ROOT_PATH : bytes.subarray(record + 4, data);
  return {
    path: pathBytes.toString("utf8"),
    pathBytes,
    data: dataLength < 0 ? null : bytes.subarray(data + 4, data + 4 + dataLength),
    acl: tree.acls.entries(aclId),
    aclId,
    stat: {
      czxid: view.getBigInt64(stat + STAT.czxid),
      mzxid: view.getBigInt64(stat + STAT.mzxid),
      pzxid: view.getBigInt64(stat + STAT.pzxid),
      ctime: view.getBigInt64(stat + STAT.ctime),
      mtime: view.getBigInt64(stat + STAT.mtime),
      version: view.getInt32(stat + STAT.version),
      cversion: view.getInt32(stat + STAT.cversion),
      aversion: view.getInt32(stat + STAT.aversion),
      ephemeralOwner: view.getBigInt64(stat + STAT.ephemeralOwner),
      dataLength: Math.max(dataLength, 0),
      numChildren: znodes.numChildren(slot),
    },
    kind,
    ...(kind === "ttl" ? { ttl: ttlOf(ownerHigh, ownerLow) } : {}),
  };
}

/**
 * A znode's path as a string; "/" for the root.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { pathOf, ROOT } from "zkrewind/tree";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * console.log(pathOf(tree, ROOT), pathOf(tree, tree.znodes.findPath(Buffer.from("/counters/c7"))));
 */
export function pathOf({ znodes }: { readonly znodes: ZnodeStore }, slot: number): string {
  if (slot === ROOT) return "/";
  const record = znodes.recordOf(slot);
  const length = znodes.viewOf(slot).getInt32(record);
  return znodes.memoryOf(slot).bytes.toString("utf8", record + 4, record + 4 + length);
}

const ROOT_PATH = Buffer.from("/");

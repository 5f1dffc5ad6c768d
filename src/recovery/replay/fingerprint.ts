import { adler32 } from "../../checksum/index.js";
import { fromHalves } from "../../storage/zxid.js";
import { aclAt, type DataTree } from "../../tree/index.js";

/** What two trees have in common if they are the same: ZooKeeper's digest, and the same for what it leaves out. */
export interface Fingerprint {
  znodes: number;
  digest: bigint;
  /** A sum over all znodes of a hash of path and ACL: the digest does not cover ACLs. */
  acls: number;
  /** The same of path and number of children: nor does it cover in which list a znode is, or whether it is in any. */
  lists: number;
  /** Znodes whose ACL is not known. */
  dangling: number;
}

export function fingerprint(tree: DataTree): Fingerprint {
  const { znodes } = tree;
  const contentHashes = new Map<number, number>();
  let acls = 0;
  let lists = 0;
  let dangling = 0;
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const view = znodes.viewOf(slot);
    const record = znodes.recordOf(slot);
    const at = aclAt(view, record);
    const id = view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
    let content = contentHashes.get(id);
    if (content === undefined) {
      // As a server reads them: one that it wrote again may have other bytes for the same characters.
      content = adler32(Buffer.from(JSON.stringify(tree.acls.entries(id) ?? `dangling ${id}`)));
      contentHashes.set(id, content);
    }
    if (!tree.acls.get(id)) dangling++;
    const path = znodes.memoryOf(slot).kernel.path_hash(record + 4, view.getInt32(record));
    acls = (acls + Math.imul(path ^ content, 0x9e3779b1)) | 0;
    lists = (lists + Math.imul(path ^ znodes.numChildren(slot), 0x85ebca6b)) | 0;
  }
  return {
    znodes: znodes.size,
    digest: BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow)),
    acls,
    lists,
    dangling,
  };
}

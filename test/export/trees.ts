import { Block } from "../../src/checksum/index.js";
import { BEGINNING, type State } from "../../src/recovery/index.js";
import { type Acl, encodeAcl } from "../../src/storage/acl.js";
import { aclAt, type DataTree, freshTree, NONE, STAT } from "../../src/tree/index.js";

export interface NewZnode {
  path: string | Buffer;
  data?: Buffer | string | null;
  acl?: readonly Acl[];
  /** A dangling one. */
  aclId?: bigint;
  owner?: bigint;
  ctime?: bigint;
  mtime?: bigint;
  zxid?: bigint;
  version?: number;
}

/** Puts a znode into a tree as a create would, with a stat to choose. */
export function add(tree: DataTree, znode: NewZnode): number {
  const path = Buffer.from(znode.path as string);
  const data = znode.data === null || znode.data === undefined ? null : Buffer.from(znode.data as string);
  const block = Block.create(path.length + (data?.length ?? 0) + 1);
  block.bytes.set(path, block.start);
  if (data) block.bytes.set(data, block.start + path.length);
  const parent = tree.znodes.findPath(path.subarray(0, path.lastIndexOf("/")));
  const dataLength = data ? data.length : -1;
  const slot = tree.znodes.create(block, block.start, path.length, block.start + path.length, dataLength, parent);
  const view = tree.znodes.viewOf(slot);
  const acl = aclAt(view, tree.znodes.recordOf(slot));
  const stat = acl + 8;
  const bytes = znode.acl ? encodeAcl(znode.acl) : null;
  view.setBigInt64(acl, znode.aclId ?? BigInt(bytes ? tree.acls.intern(bytes, 0, bytes.length) : -1));
  for (const field of [STAT.czxid, STAT.mzxid, STAT.pzxid]) view.setBigInt64(stat + field, znode.zxid ?? 0n);
  view.setBigInt64(stat + STAT.ctime, znode.ctime ?? 0n);
  view.setBigInt64(stat + STAT.mtime, znode.mtime ?? 0n);
  view.setInt32(stat + STAT.version, znode.version ?? 0);
  view.setBigInt64(stat + STAT.ephemeralOwner, znode.owner ?? 0n);
  tree.znodes.refresh(slot);
  if (znode.owner) tree.noteOwner(slot);
  return slot;
}

export function treeOf(znodes: readonly NewZnode[]): DataTree {
  const tree = freshTree();
  for (const znode of znodes) add(tree, znode);
  return tree;
}

export function stateOf(tree: DataTree, more: Partial<State> = {}): State {
  return {
    tree,
    zxid: 0x100000002n,
    time: 1_700_000_000_123n,
    exact: true,
    doubt: null,
    unproven: [],
    partial: false,
    later: null,
    digest: { version: 2, value: 12345678901234567890n, verified: true },
    base: BEGINNING,
    layout: { digest: true, lastZxid: false },
    plan: [],
    inDoubt: [],
    findings: [],
    ...more,
  };
}

/** Removes a znode, whose children become orphans. */
export function orphanChildrenOf(tree: DataTree, path: string): void {
  const slot = tree.znodes.findPath(Buffer.from(path));
  if (slot === NONE) throw new Error(`there is no ${path}`);
  tree.znodes.remove(slot);
}

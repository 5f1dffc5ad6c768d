import { encodeAcl } from "../storage/acl.js";
import { DataTree } from "./data-tree.js";
import { aclAt, STAT, setLong } from "./znode-fields.js";
import { inBlock } from "./scratch.js";
import { NONE } from "./znode-store.js";

/**
 * The tree of a server that starts on nothing (DataTree's constructor): the root, /zookeeper, /zookeeper/quota.
 * Releases from 3.5 on have /zookeeper/config too: see `addConfigNode`.
 *
 * @example
 * import { ChildIndex, freshTree, pathOf } from "zkrewind/tree";
 *
 * const tree = freshTree();
 * console.log([...new ChildIndex(tree.znodes).walk()].map((slot) => pathOf(tree, slot)));
 */
export function freshTree(): DataTree {
  const tree = new DataTree();
  addMissingOwn(tree);
  return tree;
}

/** Adds /zookeeper/config, readable by all and with aversion -1, if it is not there: DataTree.addConfigNode, from 3.5 on. */
export function addConfigNode(tree: DataTree): void {
  if (tree.znodes.findPath(Buffer.from("/zookeeper/config")) !== NONE) return;
  const slot = add(tree, "/zookeeper/config");
  const acl = encodeAcl([{ perms: 1, scheme: "world", id: "anyone" }]);
  const view = tree.znodes.viewOf(slot);
  const at = aclAt(view, tree.znodes.recordOf(slot));
  setLong(view, at, 0, tree.acls.intern(acl, 0, acl.length));
  view.setInt32(at + 8 + STAT.aversion, -1);
}

/**
 * Adds what every tree has, and this one has not: the root first, which must be the first znode of all.
 *
 * @example
 * import { addMissingOwn, DataTree } from "zkrewind/tree";
 *
 * const tree = new DataTree();
 * addMissingOwn(tree);
 * console.log(tree.znodes.size);
 */
export function addMissingOwn(tree: DataTree): void {
  for (const path of ["", "/zookeeper", "/zookeeper/quota"])
    if (tree.znodes.findPath(Buffer.from(path)) === NONE) add(tree, path);
}

/** A znode with empty data, zeros for its stat and the open ACL. */
function add(tree: DataTree, path: string): number {
  const bytes = Buffer.from(path);
  const parent = path === "" ? NONE : tree.znodes.findPath(bytes.subarray(0, bytes.lastIndexOf("/")));
  const block = inBlock(bytes);
  const slot = tree.znodes.create(block, block.start, bytes.length, block.start, 0, parent);
  const view = tree.znodes.viewOf(slot);
  setLong(view, aclAt(view, tree.znodes.recordOf(slot)), -1, 0xffffffff);
  tree.znodes.refresh(slot);
  return slot;
}

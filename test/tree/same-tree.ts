import { expect } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { fromHalves } from "../../src/storage/zxid.js";
import { ChildIndex, type DataTree, orphans, readZnode } from "../../src/tree/index.js";
import { TxnCursor } from "../../src/txn/index.js";
import type { Logged, PlainServer } from "./plain-server.js";
import type { Step } from "./steps.js";

export function run(server: PlainServer, step: Step): void {
  for (const _ of server.take(step));
}

export function* allOf(server: PlainServer, steps: readonly Step[]): Generator<void> {
  for (const step of steps) yield* server.take(step);
}

/** Applies transactions as they were logged. */
export class Replay {
  private readonly tree: DataTree;
  private readonly block = Block.create(1 << 16);
  private readonly cursor = new TxnCursor();

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  apply({ payload }: Logged): void {
    this.block.bytes.set(payload, this.block.start);
    expect(this.cursor.parse(this.block.view, this.block.start, this.block.start + payload.length)).toBe("ok");
    this.tree.apply(this.cursor, this.block);
  }
}

/** The same znodes with the same stats, found in the same lists of children, and the same digest. */
export function expectSame(tree: DataTree, server: PlainServer): void {
  expect(walked(tree)).toEqual(listed(server, ""));
  expect(orphans(tree.znodes)).toEqual([]);
  expect(tree.znodes.size).toBe(server.nodes.size);
  const { digestHigh, digestLow } = tree.znodes;
  expect(BigInt.asUintN(64, fromHalves(digestHigh, digestLow))).toBe(server.digest());
  const sessions = [...server.sessions].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(tree.sessions.sorted()).toEqual(sessions);
}

function walked(tree: DataTree): object[] {
  return [...new ChildIndex(tree.znodes).walk()].map((slot) => {
    const { path, data, aclId, stat } = readZnode(tree, slot);
    const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, numChildren } = stat;
    expect(tree.znodes.findPath(Buffer.from(path))).toBe(slot);
    return {
      path,
      data: data && data.toString("latin1"),
      acl: tree.acls.get(aclId)?.toString("latin1"),
      stat: [czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner, numChildren],
    };
  });
}

function listed(server: PlainServer, path: string): object[] {
  const node = server.nodes.get(path);
  if (!node) throw new Error(`${path} is in its parent's list, but not there`);
  const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner, children } = node;
  const self = {
    path: path || "/",
    data: node.data && node.data.toString("latin1"),
    acl: server.aclOf(node.acl).toString("latin1"),
    stat: [czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner, children.size],
  };
  return [self, ...[...children].sort().flatMap((child) => listed(server, `${path}/${child}`))];
}

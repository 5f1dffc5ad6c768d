import { Block } from "../../checksum/index.js";
import type { StoredWriter } from "../../io/stored-writer.js";
import { permissionLetters } from "../../storage/acl.js";
import { hex } from "../../storage/zxid.js";
import { aclAt, type DataTree, dataAt, NONE, parentLength, STAT, STAT_LENGTH } from "../../tree/index.js";
import type { OrphanRecord } from "./find-znodes.js";
import { jsonText } from "../../text/unsafe.js";
import { aclIdAt } from "../../storage/znode-record.js";

/** Writes znodes that have no parent as NDJSON, a znode a line, in the words of schema 1. */
export async function writeLostAndFound(
  orphans: readonly OrphanRecord[],
  tree: DataTree,
  out: StoredWriter,
): Promise<void> {
  try {
    for (const orphan of orphans) await out.write(Buffer.from(`${jsonText(asLine(orphan, tree))}\n`));
    await out.finish();
  } catch (error) {
    out.abandon();
    throw error;
  }
}

function asLine({ path, offset, record }: OrphanRecord, tree: DataTree): object {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const data = dataAt(view, 0);
  const length = view.getInt32(data);
  const acl = aclAt(view, 0);
  const id = aclIdAt(view, acl);
  const stat = acl + 8;
  const long = (field: number): string => hex(view.getBigInt64(stat + field));
  const time = (field: number): string => {
    const date = new Date(Number(view.getBigInt64(stat + field)));
    return Number.isNaN(date.getTime()) ? String(view.getBigInt64(stat + field)) : date.toISOString();
  };
  const entries = tree.acls.entries(id);
  return {
    type: "node",
    path,
    data: length < 0 ? null : record.toString("base64", data + 4, data + 4 + length),
    ...(length < 0 ? {} : { encoding: "base64" }),
    ...(entries
      ? { acl: entries.map(({ perms, scheme, id: who }) => ({ perms: permissionLetters(perms), scheme, id: who })) }
      : { aclId: id }),
    stat: {
      czxid: long(STAT.czxid),
      mzxid: long(STAT.mzxid),
      pzxid: long(STAT.pzxid),
      ctime: time(STAT.ctime),
      mtime: time(STAT.mtime),
      version: view.getInt32(stat + STAT.version),
      cversion: view.getInt32(stat + STAT.cversion),
      aversion: view.getInt32(stat + STAT.aversion),
      ephemeralOwner: long(STAT.ephemeralOwner),
      dataLength: Math.max(length, 0),
    },
    offset,
  };
}

/** Puts them into the tree below new, empty parents, with zeros for their stat; returns the parents' paths. */
export function attachOrphans(tree: DataTree, orphans: readonly OrphanRecord[]): string[] {
  const made: string[] = [];
  const longest = orphans.reduce((most, { record }) => Math.max(most, record.length), 0);
  const block = Block.create(longest);
  for (const { record } of orphans.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    record.copy(block.bytes, block.start);
    const path = block.start + 4;
    const pathLength = block.view.getInt32(block.start);
    if (tree.znodes.find(block, path, pathLength) !== NONE) continue;
    const parent = parentOf(tree, block, path, pathLength, made);
    const data = dataAt(block.view, block.start);
    const dataLength = block.view.getInt32(data);
    add(tree, block, path, pathLength, data + 4, dataLength, parent, aclAt(block.view, block.start));
  }
  return made;
}

function parentOf(tree: DataTree, block: Block, path: number, pathLength: number, made: string[]): number {
  const length = parentLength(block, path, pathLength);
  const parent = tree.znodes.find(block, path, length);
  if (parent !== NONE) return parent;
  const above = parentOf(tree, block, path, length, made);
  made.push(block.bytes.toString("utf8", path, path + length));
  return add(tree, block, path, length, path, 0, above, null);
}

function add(
  tree: DataTree,
  block: Block,
  path: number,
  pathLength: number,
  data: number,
  dataLength: number,
  parent: number,
  aclAndStat: number | null,
): number {
  const { znodes } = tree;
  const slot = znodes.create(block, path, pathLength, data, dataLength, parent);
  const at = aclAt(znodes.viewOf(slot), znodes.recordOf(slot));
  if (aclAndStat === null) znodes.viewOf(slot).setBigInt64(at, -1n);
  else block.bytes.copy(znodes.memoryOf(slot).bytes, at, aclAndStat, aclAndStat + 8 + STAT_LENGTH);
  znodes.refresh(slot);
  tree.noteOwner(slot);
  return slot;
}

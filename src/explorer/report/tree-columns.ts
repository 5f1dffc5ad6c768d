import { aclShape } from "../../export/shapes/acl.js";
import { aclAt, ChildIndex, type DataTree, dataAt, ROOT, STAT } from "../../tree/index.js";
import { aclIdAt } from "../../storage/znode-record.js";
import type { Edge } from "../edge.js";
import { BY_DIFFERENCE, COLUMNS } from "./columns.js";

/** A tree as it goes into a report: the znodes depth first, siblings in byte order. */
export interface PackedTree {
  count: number;
  /** The last part of each path; the root's is empty. */
  names: string[];
  /** Every ACL that there is once: the column has its index; null for one that is not known. */
  acls: (object[] | null)[];
  /** The first bytes of each value in base64; null where the value is. Null where none were asked for. */
  data: (string | null)[] | null;
  /**
   * The columns one after another: mzxid and pzxid as the difference to czxid, mtime to ctime; depths, czxids and ctimes as
   * the difference to those of the znode before. First the lowest byte of each number, then the next: what is alike lies
   * together.
   */
  columns: Uint8Array;
}

/** Packs a tree; `dataBytes`: how many bytes of each value, 0 for none. */
export function packTree(tree: DataTree, edge: Edge, dataBytes: number): PackedTree {
  const { znodes } = tree;
  const count = znodes.size - znodes.orphans;
  const columns = COLUMNS.map(() => new Int32Array(count));
  const names: string[] = [];
  const data: (string | null)[] | null = dataBytes > 0 ? [] : null;
  const acls: (object[] | null)[] = [];
  const aclIndex = new Map<number, number>();
  const depths = new Map<number, number>();
  let at = 0;
  for (const slot of new ChildIndex(znodes).walk(ROOT)) {
    const view = znodes.viewOf(slot);
    const record = znodes.recordOf(slot);
    const { bytes } = znodes.memoryOf(slot);
    const dataPlace = dataAt(view, record);
    const aclPlace = aclAt(view, record);
    const stat = aclPlace + 8;
    const parent = znodes.parent(slot);
    const depth = slot === ROOT ? 0 : (depths.get(parent) ?? 0) + 1;
    if (znodes.numChildren(slot) > 0) depths.set(slot, depth);
    const prefix = slot === ROOT ? 0 : znodes.viewOf(parent).getInt32(znodes.recordOf(parent)) + 1;
    names.push(slot === ROOT ? "" : edge.name(bytes.toString("utf8", record + 4 + prefix, dataPlace)));
    const dataLength = view.getInt32(dataPlace);
    data?.push(
      dataLength < 0
        ? null
        : Buffer.from(
            edge.data(bytes.subarray(dataPlace + 4, dataPlace + 4 + Math.min(dataLength, dataBytes))),
          ).toString("base64"),
    );
    const id = aclIdAt(view, aclPlace);
    let acl = aclIndex.get(id);
    if (acl === undefined) {
      const entries = tree.acls.entries(id);
      aclIndex.set(id, (acl = acls.push(entries ? aclShape(entries) : null) - 1));
    }
    const long = (field: keyof typeof STAT): [number, number] => [
      view.getInt32(stat + STAT[field]),
      view.getInt32(stat + STAT[field] + 4),
    ];
    const [czxidHigh, czxidLow] = long("czxid");
    const [mzxidHigh, mzxidLow] = long("mzxid");
    const [pzxidHigh, pzxidLow] = long("pzxid");
    const [ctimeHigh, ctimeLow] = long("ctime");
    const [mtimeHigh, mtimeLow] = long("mtime");
    const [ownerHigh, ownerLow] = long("ephemeralOwner");
    const row = [
      depth,
      czxidHigh,
      czxidLow,
      mzxidHigh - czxidHigh,
      mzxidLow - czxidLow,
      pzxidHigh - czxidHigh,
      pzxidLow - czxidLow,
      ctimeHigh,
      ctimeLow,
      mtimeHigh - ctimeHigh,
      mtimeLow - ctimeLow,
      view.getInt32(stat + STAT.version),
      view.getInt32(stat + STAT.cversion),
      view.getInt32(stat + STAT.aversion),
      ownerHigh,
      ownerLow,
      dataLength,
      acl,
    ];
    for (let column = 0; column < row.length; column++) (columns[column] as Int32Array)[at] = row[column] as number;
    at++;
  }
  return { count, names, acls, data, columns: packed(columns) };
}

function packed(columns: readonly Int32Array[]): Uint8Array {
  const count = columns[0]?.length ?? 0;
  const all = new Uint8Array(4 * count * columns.length);
  for (const [index, column] of columns.entries()) {
    const start = 4 * count * index;
    const isDifference = BY_DIFFERENCE.has(COLUMNS[index] as string);
    let before = 0;
    for (let at = 0; at < count; at++) {
      const value = column[at] as number;
      const difference = (value - before) | 0;
      if (isDifference) before = value;
      all[start + at] = difference;
      all[start + count + at] = difference >> 8;
      all[start + 2 * count + at] = difference >> 16;
      all[start + 3 * count + at] = difference >> 24;
    }
  }
  return all;
}

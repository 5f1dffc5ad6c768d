import { BY_DIFFERENCE, COLUMNS } from "../../../src/explorer/report/columns.js";
import type { Children, Hit, Point, Stat, Znode } from "./model.js";

type Column = (typeof COLUMNS)[number];

export interface PackedTree {
  count: number;
  acls: { acl: (Znode["acl"] | null)[] };
  names: string[];
  data: (string | null)[] | null;
}

/** A tree that is looked at without a server: znodes depth first, each by its number. */
export class OfflineTree {
  private readonly packed: PackedTree;
  private readonly columns: Record<Column, Int32Array>;
  /** How many znodes its subtree has, itself included; and how many of them are its children. */
  private readonly sizes: Int32Array;
  private readonly childCounts: Int32Array;

  constructor(packed: PackedTree, bytes: Uint8Array) {
    this.packed = packed;
    const { count } = packed;
    const made: Partial<Record<Column, Int32Array>> = {};
    for (const [index, name] of COLUMNS.entries())
      made[name] = unpacked(bytes, 4 * count * index, count, BY_DIFFERENCE.has(name));
    const columns = made as Record<Column, Int32Array>;
    for (const [of, to] of [
      ["mzxidHigh", "czxidHigh"],
      ["mzxidLow", "czxidLow"],
      ["pzxidHigh", "czxidHigh"],
      ["pzxidLow", "czxidLow"],
      ["mtimeHigh", "ctimeHigh"],
      ["mtimeLow", "ctimeLow"],
    ] as const)
      add(columns[of], columns[to]);
    this.columns = columns;
    this.sizes = sizesOf(columns.depth);
    this.childCounts = childCountsOf(columns.depth);
  }

  get size(): number {
    return this.packed.count;
  }

  children(
    path: string,
    offset: number,
    limit: number,
    filter: string,
    { find, keep }: { find: readonly string[]; keep: readonly string[] },
    at: Point,
  ): Children {
    const top = this.find(path);
    const wanted = filter.toLowerCase();
    const kept = new Set(keep.map(nameIn));
    const list: number[] = [];
    for (let each = top + 1; each < top + this.sizeOf(top); each += this.sizeOf(each)) {
      const name = this.nameOf(each);
      if (wanted === "" || kept.has(name) || name.toLowerCase().includes(wanted)) list.push(each);
    }
    return {
      at,
      path,
      total: this.childCounts[top] as number,
      matched: list.length,
      offset,
      ...(find.length === 0 ? {} : { places: find.map((each) => this.place(list, nameIn(each))) }),
      nodes: list.slice(offset, offset + limit).map((each) => this.read(each, childOf(path, this.nameOf(each)))),
    };
  }

  node(path: string): Znode {
    const at = this.find(path);
    const { data } = this.packed;
    const value = data === null ? {} : { data: data[at] ?? null, encoding: "base64" as const };
    return { ...this.read(at, path), ...value };
  }

  /** Looks at so many znodes from one on; answers those that have the text in their paths, values or owners. */
  search(text: string, from: number, to: number, path: string[]): Hit[] {
    const hits: Hit[] = [];
    const bytes = new TextEncoder().encode(text).reduce((all, each) => all + String.fromCharCode(each), "");
    for (let at = from; at < Math.min(to, this.size); at++) {
      path.length = this.columns.depth[at] as number;
      path.push(this.nameOf(at));
      const whole = at === 0 ? "/" : path.join("/");
      const value = this.packed.data?.[at];
      const where = [
        ...(whole.includes(text) ? ["path"] : []),
        ...(value && atob(value).includes(bytes) ? ["value"] : []),
        ...(text.startsWith("0x") && this.long("owner", at) === text ? ["owner"] : []),
      ];
      if (where.length > 0) hits.push({ type: "hit", where, ...this.read(at, whole) });
    }
    return hits;
  }

  /** As the explorer has it; where names are pseudonyms, of one that is not there the first that begins so. */
  private place(list: readonly number[], name: string): number {
    let [before, begins] = [0, -1];
    for (const [index, each] of list.entries()) {
      const own = this.nameOf(each);
      if (own === name) return index;
      if (begins < 0 && own.startsWith(name)) begins = index;
      if (own < name) before++;
    }
    return -1 - (begins < 0 ? before : begins);
  }

  private nameOf(at: number): string {
    return this.packed.names[at] as string;
  }

  private sizeOf(at: number): number {
    return this.sizes[at] as number;
  }

  private find(path: string): number {
    let at = 0;
    for (const name of path === "/" ? [] : path.slice(1).split("/")) {
      const end = at + this.sizeOf(at);
      let child = at + 1;
      while (child < end && this.nameOf(child) !== name) child += this.sizeOf(child);
      if (child >= end) throw new Error(`there is no znode ${path} in this report`);
      at = child;
    }
    return at;
  }

  private read(at: number, path: string): Znode {
    const { columns } = this;
    const owner = this.long("owner", at);
    const high = columns.ownerHigh[at] as number;
    const dataLength = columns.dataLength[at] as number;
    const stat: Stat = {
      czxid: this.long("czxid", at),
      mzxid: this.long("mzxid", at),
      pzxid: this.long("pzxid", at),
      ctime: this.time("ctime", at),
      mtime: this.time("mtime", at),
      version: columns.version[at] as number,
      cversion: columns.cversion[at] as number,
      aversion: columns.aversion[at] as number,
      ephemeralOwner: owner,
      dataLength: Math.max(dataLength, 0),
      numChildren: this.childCounts[at] as number,
    };
    const kind = kindOf(high, columns.ownerLow[at] as number);
    const ttl = kind === "ttl" ? { ttl: (high & 0xff) * 2 ** 32 + ((columns.ownerLow[at] as number) >>> 0) } : {};
    return { path, kind, ...ttl, stat, acl: this.packed.acls.acl[columns.acl[at] as number] ?? null };
  }

  private long(of: "czxid" | "mzxid" | "pzxid" | "owner" | "ctime" | "mtime", at: number): string {
    return `0x${BigInt.asUintN(64, this.bits(of, at)).toString(16)}`;
  }

  private time(of: "ctime" | "mtime", at: number): string {
    const date = new Date(Number(this.bits(of, at)));
    return Number.isNaN(date.getTime()) ? String(this.bits(of, at)) : date.toISOString();
  }

  private bits(of: "czxid" | "mzxid" | "pzxid" | "owner" | "ctime" | "mtime", at: number): bigint {
    const [high, low] = [this.columns[`${of}High`][at] as number, this.columns[`${of}Low`][at] as number];
    return (BigInt(high) << 32n) | BigInt(low >>> 0);
  }
}

/** As src/tree/owner.ts has it. */
function kindOf(high: number, low: number): string {
  if (high === 0 && low === 0) return "persistent";
  if (high === -0x80000000 && low === 0) return "container";
  return high >>> 8 === 0xff0000 ? "ttl" : "ephemeral";
}

function childOf(path: string, name: string): string {
  return path === "/" ? `/${name}` : `${path}/${name}`;
}

function unpacked(bytes: Uint8Array, start: number, count: number, isDifference: boolean): Int32Array {
  const column = new Int32Array(count);
  let value = 0;
  for (let at = 0; at < count; at++) {
    const difference =
      (bytes[start + at] as number) |
      ((bytes[start + count + at] as number) << 8) |
      ((bytes[start + 2 * count + at] as number) << 16) |
      ((bytes[start + 3 * count + at] as number) << 24);
    value = isDifference ? (value + difference) | 0 : difference;
    column[at] = value;
  }
  return column;
}

function add(column: Int32Array, to: Int32Array): void {
  for (let at = 0; at < column.length; at++) column[at] = (column[at] as number) + (to[at] as number);
}

/** The last part of a path. */
function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function childCountsOf(depth: Int32Array): Int32Array {
  const counts = new Int32Array(depth.length);
  const above: number[] = [];
  for (let at = 0; at < depth.length; at++) {
    const level = depth[at] as number;
    above[level] = at;
    if (level > 0) {
      const parent = above[level - 1] as number;
      counts[parent] = (counts[parent] as number) + 1;
    }
  }
  return counts;
}

function sizesOf(depth: Int32Array): Int32Array {
  const sizes = new Int32Array(depth.length).fill(1);
  const above: number[] = [];
  for (let at = 0; at < depth.length; at++) {
    const level = depth[at] as number;
    while (above.length > level) close(sizes, above, at);
    above.push(at);
  }
  while (above.length > 0) close(sizes, above, depth.length);
  return sizes;
}

function close(sizes: Int32Array, above: number[], end: number): void {
  const at = above.pop() as number;
  sizes[at] = end - at;
}

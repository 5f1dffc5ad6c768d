import { type Acl } from "../../storage/acl.js";
import { aclAt, type DataTree, dataAt, kindOf, pathOf, STAT, type ZnodeKind } from "../../tree/index.js";
import { aclIdAt } from "../../storage/znode-record.js";

/** A number with how it is to be compared: `+10` is more than, `-10` less than, `10` just that. */
export interface Bound {
  than: "more" | "less" | "equal";
  value: number;
}

/** What a znode must be like; all of it. */
export interface FindQuery {
  name?: (name: string) => boolean;
  path?: (path: string) => boolean;
  kinds?: readonly ZnodeKind[];
  /** Bytes of data. */
  size?: readonly Bound[];
  version?: readonly Bound[];
  children?: readonly Bound[];
  /** Milliseconds between the time and `now`. */
  modified?: readonly Bound[];
  created?: readonly Bound[];
  now?: number;
  /** The session of an ephemeral. */
  owner?: bigint;
  acl?: (entries: readonly Acl[]) => boolean;
  content?: (data: Buffer) => boolean;
}

/** Where a znode's parts are. */
export interface Place {
  tree: DataTree;
  slot: number;
  view: DataView;
  /** Of the data's length. */
  data: number;
  acl: number;
  stat: number;
}

export function placeOf(tree: DataTree, slot: number): Place {
  const view = tree.znodes.viewOf(slot);
  const record = tree.znodes.recordOf(slot);
  const acl = aclAt(view, record);
  return { tree, slot, view, data: dataAt(view, record), acl, stat: acl + 8 };
}

/** Whether a znode is what the query asks for; cheap questions come first. */
export function finder(query: FindQuery): (place: Place) => boolean {
  const tests: ((place: Place) => boolean)[] = [];
  const bounds = (list: readonly Bound[] | undefined, number: (place: Place) => number): void => {
    for (const bound of list ?? []) tests.push((place) => meets(number(place), bound));
  };
  const { kinds, owner, acl, name, path, content, now } = query;
  if (kinds) tests.push((place) => kinds.includes(kindAt(place)));
  bounds(query.size, ({ view, data }) => Math.max(0, view.getInt32(data)));
  bounds(query.version, ({ view, stat }) => view.getInt32(stat + STAT.version));
  bounds(query.children, ({ tree, slot }) => tree.znodes.numChildren(slot));
  if (now !== undefined) {
    bounds(query.modified, ({ view, stat }) => now - timeAt(view, stat + STAT.mtime));
    bounds(query.created, ({ view, stat }) => now - timeAt(view, stat + STAT.ctime));
  }
  if (owner !== undefined) {
    const wanted = BigInt.asIntN(64, owner);
    tests.push(({ view, stat }) => view.getBigInt64(stat + STAT.ephemeralOwner) === wanted);
  }
  if (acl) tests.push((place) => matchesAcl(place, acl));
  if (name) tests.push(({ tree, slot }) => name(nameIn(pathOf(tree, slot))));
  if (path) tests.push(({ tree, slot }) => path(pathOf(tree, slot)));
  if (content) tests.push((place) => matchesContent(place, content));
  return (place) => tests.every((test) => test(place));
}

export function meets(value: number, { than, value: limit }: Bound): boolean {
  return than === "more" ? value > limit : than === "less" ? value < limit : value === limit;
}

export function kindAt({ view, stat }: Place): ZnodeKind {
  return kindOf(view.getInt32(stat + STAT.ephemeralOwner), view.getUint32(stat + STAT.ephemeralOwner + 4));
}

/** Undefined for a dangling id. */
export function aclOf({ tree, view, acl }: Place): readonly Acl[] | undefined {
  return tree.acls.entries(aclIdAt(view, acl));
}

/** Null data has no content. */
export function dataOf({ tree, slot, view, data }: Place): Buffer | null {
  const length = view.getInt32(data);
  return length < 0 ? null : tree.znodes.memoryOf(slot).bytes.subarray(data + 4, data + 4 + length);
}

function matchesAcl(place: Place, acl: (entries: readonly Acl[]) => boolean): boolean {
  const entries = aclOf(place);
  return entries !== undefined && acl(entries);
}

function matchesContent(place: Place, content: (data: Buffer) => boolean): boolean {
  const data = dataOf(place);
  return data !== null && content(data);
}

function timeAt(view: DataView, at: number): number {
  return view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
}

/** "/" for the root. */
function nameIn(path: string): string {
  return path === "/" ? path : path.slice(path.lastIndexOf("/") + 1);
}

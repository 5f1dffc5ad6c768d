/**
 * Path patterns: one line, `/locks/lock-*`, for the thousands of paths that one part of an application makes.
 */

/** A name with its ids folded: `lock-0000000012` is `lock-*`, a UUID or a long hex number is `*`. */
export function foldName(name: string): string {
  if (!hasDigit(name)) return name;
  // Only long names can have a UUID or a hash in them.
  const long = name.length >= 8 && LONG_HEX.test(name) ? name.replace(UUID, "*").replace(HEX_ID, "*") : name;
  const folded = long.replace(DIGITS, "*");
  return folded.indexOf("*") === folded.lastIndexOf("*") ? folded : folded.replace(JOINED, "*");
}

/** Names are many and short: a regular expression takes several times as long. */
function hasDigit(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) return true;
  }
  return false;
}

const LONG_HEX = /[0-9a-f]{8}/i;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Eight or more hex digits with a decimal one among them, not inside a word: a session id, a hash, an address. */
const HEX_ID = /(?<![0-9a-z])(?:0x)?(?=[a-f]*\d)[0-9a-f]{8,}(?![0-9a-z])/gi;
const DIGITS = /\d+/g;
/** `10.0.0.1:2181` is one thing. */
const JOINED = /\*(?:[.:_-]*\*)+/g;

/**
 * Collects something about paths by their patterns. A name is folded by itself first; where a znode shows more than
 * `mostSiblings` different names even so (topics, tenants, hosts), they all become `*`. A pattern that only one path
 * was seen under is that path.
 *
 * Memory grows with the patterns, not with the paths.
 */
export class PathPatterns<T> {
  private readonly root: PatternBranch<T>;
  private readonly make: () => T;
  private readonly merge: (into: T, from: T) => void;
  private readonly mostSiblings: number;
  private readonly recent = new Map<string, T>();
  /** Goes up whenever siblings become `*`: branches that `below` answered before are no longer part of the tree. */
  folds = 0;

  /** `make` begins a new pattern's collection; `merge` adds one collection to another. */
  constructor(make: () => T, merge: (into: T, from: T) => void, mostSiblings = 24) {
    this.make = make;
    this.merge = merge;
    this.mostSiblings = mostSiblings;
    this.root = newBranch("");
  }

  /** The collection that a path belongs to: good until the next `at`. */
  at(path: string): T {
    const known = this.recent.get(path);
    if (known !== undefined) return known;
    const branch = this.branchesTo(path).at(-1) as PatternBranch<T>;
    const value = this.valueOf(branch);
    if (this.recent.size >= MOST_RECENT) this.recent.clear();
    this.recent.set(path, value);
    return value;
  }

  /** The branches that a path goes through, the root's first. */
  branchesTo(path: string): PatternBranch<T>[] {
    for (;;) {
      const { folds } = this;
      const branches = [this.root];
      if (path.length > 1)
        for (const name of path.slice(1).split("/"))
          branches.push(this.childOf(branches.at(-1) as PatternBranch<T>, name));
      if (folds === this.folds) return branches;
    }
  }

  /**
   * The branch of a znode by its parent's and the bytes of its name: what a walk that knows the branches above it asks,
   * several times as fast as a whole path. Afterwards `folds` says whether they still hold.
   */
  below(parent: PatternBranch<T>, from: Uint8Array, start: number, length: number): PatternBranch<T> {
    const { latest } = parent;
    if (latest && latest.length === length) {
      const likeness = compareShapes(latest.name, from, start, length);
      if (likeness === Likeness.same) return latest.branch;
      if (likeness === Likeness.shape) return this.renamed(latest.branch, "", latest.pattern);
    }
    const name = Buffer.from(from.buffer, from.byteOffset + start, length).toString();
    const branch = this.childOf(parent, name);
    const pattern = parent.folded ? "*" : foldName(name);
    parent.latest = { name: Uint8Array.from(from.subarray(start, start + length)), length, branch, pattern };
    return branch;
  }

  /** What is collected in a branch. */
  valueOf(branch: PatternBranch<T>): T {
    return (branch.value ??= this.make());
  }

  /** Every pattern with what was collected, in no particular order. */
  entries(): [pattern: string, value: T][] {
    const list: [string, T][] = [];
    const walk = (branch: PatternBranch<T>, path: string): void => {
      if (branch.value !== undefined) list.push([path === "" ? "/" : path, branch.value]);
      for (const child of childrenOf(branch)) walk(child, `${path}/${child.name}`);
    };
    walk(this.root, "");
    return list;
  }

  private childOf(branch: PatternBranch<T>, name: string): PatternBranch<T> {
    if (branch.folded) return this.renamed(branch.folded, name, "*");
    const key = foldName(name);
    const children = (branch.children ??= new Map());
    const known = children.get(key);
    if (known) return this.renamed(known, name, key);
    const child = newBranch<T>(name);
    children.set(key, child);
    if (children.size <= this.mostSiblings) return child;
    return (branch.folded = this.fold(branch, [...children.values()]));
  }

  /** A branch goes by its own name until a second one falls under its pattern. */
  private renamed(branch: PatternBranch<T>, name: string, pattern: string): PatternBranch<T> {
    if (branch.name !== name) branch.name = pattern;
    return branch;
  }

  private fold(parent: PatternBranch<T>, siblings: readonly PatternBranch<T>[]): PatternBranch<T> {
    const all = newBranch<T>("*");
    for (const sibling of siblings) this.join(all, sibling);
    parent.children = null;
    parent.latest = null;
    this.folds++;
    this.recent.clear();
    return all;
  }

  /** Adds all of `from` to `into`. */
  private join(into: PatternBranch<T>, from: PatternBranch<T>): void {
    if (from.value !== undefined) this.merge((into.value ??= this.make()), from.value);
    if (from.folded && !into.folded) into.folded = this.fold(into, [...(into.children?.values() ?? [])]);
    for (const child of childrenOf(from)) this.join(this.childOf(into, child.name), child);
  }
}

/** The znodes that one pattern stands for. */
export interface PatternBranch<T> {
  name: string;
  children: Map<string, PatternBranch<T>> | null;
  /** What all children have become, once there were too many. */
  folded: PatternBranch<T> | null;
  value: T | undefined;
  /** The child that `below` answered last: siblings often differ in their digits alone. */
  latest: { name: Uint8Array; length: number; branch: PatternBranch<T>; pattern: string } | null;
}

function newBranch<T>(name: string): PatternBranch<T> {
  return { name, children: null, folded: null, value: undefined, latest: null };
}

const Likeness = { none: 0, shape: 1, same: 2 } as const;

/**
 * Whether two names of one length are the same, or differ in digits alone: then they fold to the same. (A digit before
 * an "x" is no such: `0x12` begins a number.)
 */
function compareShapes(name: Uint8Array, from: Uint8Array, start: number, length: number): number {
  let likeness: number = Likeness.same;
  for (let index = 0; index < length; index++) {
    const a = name[index] as number;
    const b = from[start + index] as number;
    if (a === b) continue;
    if (!isDigit(a) || !isDigit(b) || ((name[index + 1] ?? 0) | 0x20) === X) return Likeness.none;
    likeness = Likeness.shape;
  }
  return likeness;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

const X = 0x78;

function childrenOf<T>(branch: PatternBranch<T>): Iterable<PatternBranch<T>> {
  if (branch.folded) return [branch.folded];
  return branch.children?.values() ?? [];
}

const MOST_RECENT = 10_000;

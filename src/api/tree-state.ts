import type { Finding } from "../findings/finding.js";
import { diffTrees } from "../forensics/diff/diff.js";
import { plain } from "../text/message.js";
import { ChildIndex, NONE, orphans, readZnode, ROOT, type Znode } from "../tree/index.js";
import type { State, Unproven } from "../recovery/index.js";

/** A session that is open at a point. */
export interface OpenSession {
  id: bigint;
  /** Milliseconds. */
  timeout: number;
}

/** A znode that differs between two states. */
export interface TreeChange {
  change: "added" | "removed" | "changed";
  path: string;
  /** What of it differs; empty for what is added or removed. */
  fields: readonly string[];
  /** Deleted and created again in between. */
  recreated: boolean;
  before: Znode | undefined;
  after: Znode | undefined;
}

/**
 * The tree at a point, in memory; from {@link Directory.at}. Iterating over it gives every znode: depth first, siblings in
 * byte order, then those that no path leads to.
 *
 * @example
 * import { openDirectory } from "zkrewind";
 *
 * const directory = await openDirectory("fixtures/3.8.6-standalone");
 * const state = await directory.at("0x5c1", { before: true });
 * for (const { path, data, stat } of state) if (path.startsWith("/counters/")) console.log(path, stat.version, data?.length);
 */
export class TreeState implements Iterable<Znode> {
  /** What the layers below have of it: see `zkrewind/recovery`. */
  readonly state: State;
  private children: ChildIndex | null = null;

  constructor(state: State) {
    this.state = state;
  }

  /** The last zxid applied: what the point resolved to. */
  get zxid(): bigint {
    return this.state.zxid;
  }

  /** That transaction's time in milliseconds since 1970; null where it is in no log. */
  get time(): bigint | null {
    return this.state.time;
  }

  /** Whether this is proven to be the state at `zxid`. */
  get exact(): boolean {
    return this.state.exact;
  }

  /** Why it is not exact; null if it is. */
  get doubt(): string | null {
    return this.state.doubt && plain(this.state.doubt);
  }

  /** What of an exact state nothing proves. */
  get unproven(): readonly Unproven[] {
    return this.state.unproven;
  }

  /** Paths of znodes that may be wrong, where it is not exact. */
  get inDoubt(): readonly string[] {
    return this.state.inDoubt;
  }

  /** What was found out while it was rebuilt. */
  get findings(): readonly Finding[] {
    return this.state.findings;
  }

  /** How many znodes there are. */
  get size(): number {
    return this.state.tree.znodes.size;
  }

  /**
   * A znode by its path; undefined where there is none. Its data is a view of the tree's memory: copy what is changed.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const state = await (await openDirectory("fixtures/3.8.6-standalone")).at("latest");
   * console.log(state.get("/counters/c7")?.data?.toString());
   */
  get(path: string): Znode | undefined {
    const slot = this.slotOf(path);
    return slot === NONE ? undefined : readZnode(this.state.tree, slot);
  }

  /**
   * The children of a znode, in byte order of their names; none where it does not exist.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const state = await (await openDirectory("fixtures/3.8.6-standalone")).at("latest");
   * for (const { path } of state.childrenOf("/counters")) console.log(path);
   */
  *childrenOf(path: string): Generator<Znode> {
    const slot = this.slotOf(path);
    if (slot === NONE) return;
    for (const child of this.index().of(slot)) yield readZnode(this.state.tree, child);
  }

  /**
   * A znode and all below it, depth first.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const state = await (await openDirectory("fixtures/3.8.6-standalone")).at("latest");
   * for (const { path, kind } of state.subtree("/acl")) console.log(path, kind);
   */
  *subtree(path: string): Generator<Znode> {
    const slot = this.slotOf(path);
    if (slot !== NONE) yield* this.walk(slot);
  }

  *[Symbol.iterator](): Generator<Znode> {
    yield* this.walk(ROOT);
    for (const top of orphans(this.state.tree.znodes)) yield* this.walk(top);
  }

  /**
   * The sessions that are open, by id.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const state = await (await openDirectory("fixtures/3.8.6-standalone")).at("latest");
   * for (const { id, timeout } of state.sessions()) console.log(id.toString(16), timeout);
   */
  sessions(): OpenSession[] {
    return this.state.tree.sessions.sorted().map(([id, timeout]) => ({ id, timeout }));
  }

  /**
   * What differs in a later state of the same directory; with `stat` also what differs in nothing but its stat.
   *
   * @example
   * import { openDirectory } from "zkrewind";
   *
   * const directory = await openDirectory("fixtures/3.8.6-standalone");
   * const [before, after] = [await directory.at("0xe40", { before: true }), await directory.at("0xe40")];
   * for (const { change, path } of before.diff(after)) console.log(change, path);
   */
  *diff(later: TreeState, options: { stat?: boolean } = {}): Generator<TreeChange> {
    const [from, to] = [this.state.tree, later.state.tree];
    for (const each of diffTrees(from, to, { stat: options.stat ?? false, oneHistory: true })) {
      const before = each.before === NONE ? undefined : readZnode(from, each.before);
      const after = each.after === NONE ? undefined : readZnode(to, each.after);
      const path = (before ?? after)?.path ?? "";
      yield { change: each.change, path, fields: each.fields, recreated: each.recreated, before, after };
    }
  }

  private *walk(slot: number): Generator<Znode> {
    for (const each of this.index().walk(slot)) yield readZnode(this.state.tree, each);
  }

  private slotOf(path: string): number {
    return path === "/" ? ROOT : this.state.tree.znodes.findPath(Buffer.from(path));
  }

  private index(): ChildIndex {
    return (this.children ??= new ChildIndex(this.state.tree.znodes));
  }
}

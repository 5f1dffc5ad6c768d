import type { Children, Data } from "../data/model.js";
import { nameOf } from "../text.js";
import { Branch, PAGE, type Row } from "./branch.js";
import type { Marks } from "./marks.js";
import { above, childOf, idOf, parentOf } from "./znode-id.js";

export interface Shown {
  at: string;
  filter: string;
  marks: Marks | null;
}

/** The rows of the tree at a point, read as they come in sight. */
export class TreeRows {
  readonly shown: Shown;
  readonly root: Branch;
  private readonly data: Data;
  /** Told when rows have come. */
  private readonly onChange: () => void;

  private constructor(data: Data, shown: Shown, onChange: () => void) {
    this.data = data;
    this.shown = shown;
    this.onChange = onChange;
    this.root = new Branch("/", shown.at, 2, false);
  }

  /**
   * Those znodes are open that are named, as far as they are there; where those are that are in sight is asked for with
   * them, so that nothing flickers. Throws an Error where the root cannot be read.
   */
  static async of(
    data: Data,
    shown: Shown,
    open: ReadonlySet<string>,
    before: TreeRows | null,
    onChange: () => void,
  ): Promise<TreeRows> {
    const made = new TreeRows(data, shown, onChange);
    await made.read(made.root, open, before ? inSight(before.root) : new Map());
    return made;
  }

  /** The root's row is the first. */
  get count(): number {
    return this.root.rows + 1;
  }

  row(index: number): Row {
    if (index > 0) return this.root.row(index - 1);
    const znode = { path: "/", stat: { numChildren: this.root.total } };
    return { id: "/", znode, parent: null, level: 1, place: 0, siblings: 1, isOpen: true, isGone: false };
  }

  indexOf(id: string): number {
    const index = id === "/" ? 0 : this.root.indexOf(id);
    return id === "/" || index < 0 ? index : index + 1;
  }

  /** The branch of an open znode. */
  branch(id: string): Branch | null {
    const find = (from: Branch): Branch | null => {
      if (from.id === id) return from;
      for (const each of from.open) {
        const found = find(each);
        if (found) return found;
      }
      return null;
    };
    return find(this.root);
  }

  /** Opens a znode; one that is gone as it was at the other point. */
  async open(id: string): Promise<void> {
    const parent = this.branch(parentOf(id));
    if (!parent || this.branch(id)) return;
    const index = this.indexOf(id);
    const { isGone } = index < 0 ? { isGone: false } : this.row(index);
    const at = isGone ? (this.shown.marks?.from ?? parent.at) : parent.at;
    const branch = new Branch(id, at, parent.level + 1, isGone);
    await this.read(branch, new Set(), new Map());
    if (branch.rows > 0) parent.attach(branch);
    this.onChange();
  }

  close(id: string): void {
    this.branch(parentOf(id))?.close(id);
    this.onChange();
  }

  /** Opens all that is above a znode, and finds out where it stands. Answers whether it is there. */
  async reveal(id: string): Promise<boolean> {
    const way = [...above(id), id];
    for (const [index, each] of way.entries()) {
      if (index === 0) continue;
      const parent = this.branch(way[index - 1] as string);
      if (!parent) return false;
      if (this.indexOf(each) < 0) {
        const { places } = await this.ask(parent, 0, [each]);
        if (places?.[0] === undefined || places[0] < 0) return false;
        parent.setPlace(each, places[0]);
      }
      if (index < way.length - 1) await this.open(each);
    }
    return true;
  }

  /** Rows have come in sight. */
  want(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      const { id, parent, place } = this.row(index);
      const page = Math.floor(place / PAGE);
      if (!parent) continue;
      parent.seen.delete(page);
      parent.seen.add(page);
      if (id !== null || parent.asked.has(page)) continue;
      parent.asked.add(page);
      void this.ask(parent, page, []).then(
        () => this.onChange(),
        // It is asked for again when it comes in sight again.
        () => parent.asked.delete(page),
      );
    }
  }

  /** The first child whose name begins with a text, in the order of names; null where none does. */
  async beginning(parent: Branch, text: string): Promise<string | null> {
    const wanted = childOf(parent.id, text);
    const { places } = await this.ask(parent, 0, [wanted]);
    const given = places?.[0] ?? -1;
    const place = given < 0 ? -1 - given : given;
    if (place >= parent.matched) return null;
    await this.ask(parent, Math.floor(place / PAGE), []);
    const znode = parent.child(place);
    return znode && nameOf(znode.path).startsWith(text) ? idOf(znode) : null;
  }

  private async read(branch: Branch, open: ReadonlySet<string>, sight: ReadonlyMap<string, number[]>): Promise<void> {
    const { marks, filter } = this.shown;
    const inside = [...open].filter((each) => each !== branch.id && parentOf(each) === branch.id);
    const gone = branch.isGone
      ? []
      : (marks?.gone(branch.id) ?? []).filter(({ path }) => nameOf(path).toLowerCase().includes(filter.toLowerCase()));
    const wanted = [...inside, ...gone.map(idOf)];
    branch.kept = inside;
    const [first = 0, ...others] = sight.get(branch.id) ?? [];
    const { places = [] } = await this.ask(branch, first, wanted);
    await Promise.all(others.map((page) => this.ask(branch, page, [])));
    for (const [index, znode] of gone.entries()) {
      const place = places[inside.length + index] ?? -1;
      branch.addGone(znode, place < 0 ? -1 - place : place);
    }
    for (const [index, id] of inside.entries()) {
      const place = places[index] ?? -1;
      const isGone = branch.isGone || gone.some((each) => idOf(each) === id);
      if (place < 0 && !gone.some((each) => idOf(each) === id)) continue;
      if (place >= 0) branch.setPlace(id, place);
      const below = new Branch(id, isGone && marks ? marks.from : branch.at, branch.level + 1, isGone);
      await this.read(below, open, sight);
      if (below.rows > 0) branch.attach(below);
    }
  }

  private async ask(branch: Branch, page: number, find: readonly string[]): Promise<Children> {
    branch.asked.add(page);
    const { filter } = this.shown;
    const made = await this.data.ask("children", {
      at: branch.at,
      path: branch.id,
      ...(filter === "" ? {} : { filter, keep: branch.kept }),
      offset: page * PAGE,
      limit: PAGE,
      find,
    });
    branch.total = made.total;
    branch.matched = made.matched;
    branch.setPage(page, made.nodes);
    return made;
  }
}

/** Which pages of each branch were in sight last. */
function inSight(branch: Branch, sight = new Map<string, number[]>()): Map<string, number[]> {
  sight.set(branch.id, [...branch.seen].slice(-3));
  for (const each of branch.open) inSight(each, sight);
  return sight;
}

import type { Znode } from "../data/model.js";
import { idOf } from "./znode-id.js";

/** Children that are asked for at once. */
export const PAGE = 200;

/** A row of the tree. */
export interface Row {
  /** Null where it has not been read yet. */
  id: string | null;
  znode: Znode | undefined;
  /** That whose child it is; null of the root. */
  parent: Branch | null;
  /** 1 for the root. */
  level: number;
  /** Which of its siblings it is, and how many they are. */
  place: number;
  siblings: number;
  isOpen: boolean;
  /** The other point had it, this one has not. */
  isGone: boolean;
}

/** What stands between the children: those that are gone, before one of them, and what an open one holds, after it. */
interface Inset {
  kind: "gone" | "open";
  place: number;
  /** Of a gone one. */
  znode: Znode | null;
  /** What is below, where that is open. */
  branch: Branch | null;
}

/**
 * The children of an open znode: how many there are is known, and those that were in sight. Rows are found by their number,
 * however many there are, without any being made for those out of sight.
 */
export class Branch {
  readonly id: string;
  /** The point that it is asked at. */
  readonly at: string;
  readonly level: number;
  readonly isGone: boolean;
  /** How many children there are, and how many of them the filter leaves. */
  total = 0;
  matched = 0;
  /** Pages that were asked for. */
  readonly asked = new Set<number>();
  /** Those that were in sight, the last of them at the end. */
  readonly seen = new Set<number>();
  /** Children that the filter leaves, whatever they are called. */
  kept: readonly string[] = [];
  private readonly pages = new Map<number, Znode[]>();
  /** Where those stand of which it is known. */
  private readonly places = new Map<string, number>();
  private insets: Inset[] = [];

  constructor(id: string, at: string, level: number, isGone: boolean) {
    this.id = id;
    this.at = at;
    this.level = level;
    this.isGone = isGone;
  }

  /** How many rows it and what is open below it takes. */
  get rows(): number {
    let rows = this.matched;
    for (const { kind, branch } of this.insets) rows += (kind === "gone" ? 1 : 0) + (branch?.rows ?? 0);
    return rows;
  }

  /** The branches that are open right below it. */
  get open(): Branch[] {
    return this.insets.flatMap(({ branch }) => branch ?? []);
  }

  setPage(page: number, nodes: Znode[]): void {
    this.pages.set(page, nodes);
    for (const [index, node] of nodes.entries()) this.places.set(idOf(node), page * PAGE + index);
  }

  setPlace(id: string, place: number): void {
    this.places.set(id, place);
  }

  child(place: number): Znode | undefined {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  /** Shows one that is gone before the child at a place. */
  addGone(znode: Znode, place: number): void {
    this.insert({ kind: "gone", place, znode, branch: null });
  }

  /** Opens a child; not if nobody knows where it stands. */
  attach(branch: Branch): void {
    const gone = this.insets.find(({ znode }) => znode !== null && idOf(znode) === branch.id);
    if (gone) gone.branch = branch;
    const place = this.places.get(branch.id);
    if (gone || place === undefined) return;
    this.insets = this.insets.filter((each) => each.kind !== "open" || each.place !== place);
    this.insert({ kind: "open", place, znode: null, branch });
  }

  close(id: string): void {
    for (const inset of this.insets) if (inset.branch?.id === id) inset.branch = null;
    this.insets = this.insets.filter(({ kind, branch }) => kind === "gone" || branch !== null);
  }

  /** The row of that number; the first is that of its first child. */
  row(index: number): Row {
    let [next, row] = [0, 0];
    for (const inset of this.insets) {
      const until = inset.kind === "gone" ? inset.place : inset.place + 1;
      if (index < row + until - next) break;
      row += until - next;
      next = until;
      if (inset.kind === "gone" && index === row++) return this.goneRow(inset);
      const below = inset.branch?.rows ?? 0;
      if (index < row + below) return (inset.branch as Branch).row(index - row);
      row += below;
    }
    return this.childRow(next + index - row);
  }

  /** The number of a znode's row; -1 where it is not among them, or nobody knows where. */
  indexOf(id: string): number {
    const place = this.places.get(id);
    let [next, row] = [0, 0];
    for (const { kind, place: at, znode, branch } of this.insets) {
      const until = kind === "gone" ? at : at + 1;
      if (place !== undefined && place < until) break;
      row += until - next;
      next = until;
      if (kind === "gone") {
        if (znode && idOf(znode) === id) return row;
        row++;
      }
      const below = branch?.indexOf(id) ?? -1;
      if (below >= 0) return row + below;
      row += branch?.rows ?? 0;
    }
    return place === undefined ? -1 : row + place - next;
  }

  private insert(inset: Inset): void {
    const order = (each: Inset): number => 2 * each.place + (each.kind === "open" ? 1 : 0);
    const at = this.insets.findIndex((each) => order(each) > order(inset));
    this.insets.splice(at < 0 ? this.insets.length : at, 0, inset);
  }

  private childRow(place: number): Row {
    const znode = this.child(place);
    const id = znode ? idOf(znode) : null;
    const isOpen = this.insets.some((each) => each.kind === "open" && each.place === place);
    return { ...this.common(), id, znode, place, isOpen, isGone: this.isGone };
  }

  private goneRow({ znode, place, branch }: Inset): Row {
    const own = znode as Znode;
    return { ...this.common(), id: idOf(own), znode: own, place, isOpen: branch !== null, isGone: true };
  }

  private common(): Pick<Row, "parent" | "level" | "siblings"> {
    return { parent: this, level: this.level, siblings: this.matched };
  }
}

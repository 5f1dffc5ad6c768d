import type { Diff, Znode } from "../data/model.js";
import { above, idOf, parentOf } from "./znode-id.js";

export type Mark = "+" | "−" | "~" | "below" | "";

/** Which znodes differ from another point, and those above them. */
export class Marks {
  readonly from: string;
  /** Znodes that differ and have no mark: a comparison lists no more than it is asked for. */
  readonly unmarked: number;
  private readonly own = new Map<string, Mark>();
  private readonly goneBelow = new Map<string, Znode[]>();
  private readonly leftOut = new Map<string, number>();

  constructor(diff: Diff) {
    this.from = diff.from.zxid;
    this.unmarked = differing(diff) - diff.changes.length;
    const gone = diff.changes.filter(({ change }) => change === "removed");
    for (const each of diff.changes) {
      const mark = each.change === "added" ? "+" : each.change === "removed" ? "−" : "~";
      const id = idOf(each);
      this.own.set(id, mark);
      for (const higher of above(id)) if (!this.own.has(higher)) this.own.set(higher, "below");
    }
    const counts = new Map<string, number>();
    for (const each of gone) {
      const parent = parentOf(idOf(each));
      counts.set(parent, (counts.get(parent) ?? 0) + 1);
    }
    for (const each of gone) {
      const parent = parentOf(idOf(each));
      if (this.own.get(parent) === "−") continue;
      const stat = { ...each.before?.stat, numChildren: counts.get(idOf(each)) ?? 0 };
      const { path, pathBase64 } = each;
      const list = this.goneBelow.get(parent) ?? [];
      if (list.length < MOST_GONE) list.push({ ...each.before, path, ...(pathBase64 && { pathBase64 }), stat });
      else this.leftOut.set(parent, this.unlisted(parent) + 1);
      this.goneBelow.set(parent, list);
    }
  }

  of(id: string): Mark {
    return this.own.get(id) ?? "";
  }

  /** Children that are gone and have no row. */
  unlisted(parent: string): number {
    return this.leftOut.get(parent) ?? 0;
  }

  /** The children that the other point had, and this one has not. */
  gone(parent: string): readonly Znode[] {
    return this.goneBelow.get(parent) ?? [];
  }
}

/** How many znodes differ, listed or not. */
export function differing({ counts }: Diff): number {
  return counts.added + counts.removed + counts.changed;
}

/** As rows below one parent. */
const MOST_GONE = 500;

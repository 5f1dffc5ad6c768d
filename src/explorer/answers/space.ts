import { documentHead } from "../../export/shapes/document.js";
import { countsOf, duLists, grownShape } from "../../export/shapes/du.js";
import { pointShape } from "../../export/shapes/point.js";
import { passTree } from "../../forensics/inspect/depth-first.js";
import { DiskUsage, type DuOptions, type DuReport } from "../../forensics/inspect/du.js";
import { growth } from "../../forensics/inspect/growth.js";
import type { State } from "../../recovery/index.js";
import { NONE } from "../../tree/index.js";
import { breathe } from "../breathe.js";
import { type Asked, sourceOf } from "./answer.js";
import { slotOf } from "./tree.js";

/** What takes the space below a znode, as `du` has it. */
export function space(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const top = query.path();
  const options = {
    top,
    depth: query.number("depth", 1, 8),
    most: query.number("limit", 200, 2000),
    patterns: true,
  };
  return source.trees.at(query.point(), async ({ state }) => {
    const report = await usage(state, slotOf(state, Buffer.from(top)), options);
    const lists = duLists(report);
    return documentHead("du", {
      ...sourceOf(asked),
      path: top,
      at: pointShape(state),
      total: report.total,
      ...lists,
      counts: countsOf(lists),
    });
  });
}

/** What grew, and what shrank, between two points, as `du --from` has it. */
export function grown(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const top = query.path();
  const limit = query.number("limit", 50, 2000);
  const options = { top, depth: query.number("depth", 2, 8), most: Number.POSITIVE_INFINITY, patterns: false };
  return source.trees.both(query.point("from"), query.point("to"), async ({ state: from }, { state: to }) => {
    const [a, b] = [await usageAt(from, options), await usageAt(to, options)];
    const list = growth(a?.subtrees ?? [], b?.subtrees ?? [], "records");
    return documentHead("growth", {
      ...sourceOf(asked),
      path: top,
      from: pointShape(from),
      to: pointShape(to),
      growth: list.slice(0, limit).map(grownShape),
      counts: { growth: list.length },
    });
  });
}

async function usageAt(state: State, options: DuOptions): Promise<DuReport | undefined> {
  const slot = options.top === "/" ? 0 : state.tree.znodes.findPath(Buffer.from(options.top));
  return slot === NONE ? undefined : usage(state, slot, options);
}

async function usage(state: State, slot: number, options: DuOptions): Promise<DuReport> {
  const made = new DiskUsage(options);
  await passTree(state.tree, slot, made, () => breathe());
  return made.report();
}

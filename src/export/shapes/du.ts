import type { DuReport, Usage } from "../../forensics/inspect/du.js";
import type { Growth } from "../../forensics/inspect/growth.js";

/** The lists of what takes the space, by the names that a document has them under. */
export function duLists({
  subtrees,
  depths,
  largest,
  children,
  patterns,
}: DuReport): Record<string, readonly object[]> {
  return {
    subtrees: subtrees.map((each) => ({ type: "subtree", ...each })),
    depths: depths.map((usage, depth) => ({ type: "depth", depth, ...usage })),
    largest: largest.map((each) => ({ type: "value", path: each.path, bytes: each.values })),
    children: children.map((each) => ({ type: "children", ...each })),
    patterns: patterns.map((each) => ({ type: "pattern", ...each })),
  };
}

/** How many each of a document's lists holds. */
export function countsOf(lists: Readonly<Record<string, readonly object[]>>): object {
  return Object.fromEntries(Object.entries(lists).map(([name, items]) => [name, items.length]));
}

/** What a subtree took at two points. */
export function grownShape({ path, before, after }: Growth): object {
  return { type: "grown", path, before: usageOf(before), after: usageOf(after) };
}

function usageOf({ znodes, records, values }: Usage): Usage {
  return { znodes, records, values };
}

import { type Finding, finding } from "../../findings/finding.js";
import { type DataTree, orphans, pathOf } from "../../tree/index.js";
import { say, tag } from "../../text/message.js";

/** The orphans of a tree: a finding for each, as far as a few go. */
export function orphansFound(tree: DataTree): Finding[] {
  const slots = orphans(tree.znodes);
  const findings = slots.slice(0, MOST).map((slot) => {
    const path = pathOf(tree, slot);
    return finding("tree.orphan", say`${tag.path(path)} is in no znode's list of children`, { path });
  });
  const rest = slots.length - findings.length;
  if (rest > 0) findings.push(finding("tree.orphan", say`${rest} more znodes are in no list of children`));
  return findings;
}

const MOST = 10;

import { documentHead } from "../../export/shapes/document.js";
import { differenceShape, differencesHead } from "../../export/shapes/differences.js";
import { attribute } from "../../forensics/diff/attribution.js";
import { diffSessions, diffTrees } from "../../forensics/diff/diff.js";
import type { ZnodeChange } from "../../forensics/diff/znode-change.js";
import { NONE, pathOf } from "../../tree/index.js";
import { breathe } from "../breathe.js";
import { type Asked, directoryOf, sourceOf } from "./answer.js";

/** What differs between two points at and below a znode, and who made it so, as `diff` has it. */
export function differences(asked: Asked): Promise<object> {
  const { source, query } = asked;
  const top = query.path();
  const limit = query.number("limit", 500, 5000);
  const data = query.text("data") === "none" ? "none" : "auto";
  return source.trees.both(query.point("from"), query.point("to"), async ({ state: from }, { state: to }) => {
    const changes: ZnodeChange[] = [];
    const counts = { added: 0, removed: 0, changed: 0 };
    for (const change of diffTrees(from.tree, to.tree, { stat: false, oneHistory: true })) {
      const path = change.before === NONE ? pathOf(to.tree, change.after) : pathOf(from.tree, change.before);
      if (top !== "/" && path !== top && !path.startsWith(`${top}/`)) continue;
      counts[change.change]++;
      if (changes.length < limit) changes.push(change);
      await breathe();
    }
    const { logs } = directoryOf(asked);
    const attribution =
      changes.length > 0 && logs.length > 0 && from.zxid < to.zxid
        ? await attribute(
            { ...directoryOf(asked), logs: [...source.index.logsAfter(from.zxid)] },
            { from: from.zxid, to: to.zxid },
            from.tree,
            to.tree,
            changes,
          )
        : undefined;
    const compared = { from, to, sessions: diffSessions(from, to), attribution };
    return documentHead("diff", {
      ...sourceOf(asked),
      ...differencesHead(compared),
      changes: changes.map((change, index) => differenceShape(compared, index, change, data)),
      counts,
    });
  });
}

import type { Attribution } from "../../forensics/diff/attribution.js";
import { causesOf } from "../../forensics/diff/causes.js";
import type { SessionChanges } from "../../forensics/diff/diff.js";
import type { ZnodeChange } from "../../forensics/diff/znode-change.js";
import type { EarlierState, State } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { NONE, readZnode, type Znode } from "../../tree/index.js";
import type { DataMode } from "../value/data-mode.js";
import { type ChangeShape, changeShape } from "./change.js";
import { pointShape } from "./point.js";
import { madeByShape } from "./txn.js";
import { wholeZnodeShape } from "./znode.js";

/** Two states, and what differs between them. */
export interface Differences {
  from: EarlierState;
  to: State;
  sessions: SessionChanges;
  /** Undefined where nobody asked, or where there is no history that leads from the one to the other. */
  attribution: Attribution | undefined;
}

/** What a document of differences says before it lists them. */
export function differencesHead({ from, to, sessions, attribution }: Differences): object {
  return {
    from: pointShape(from),
    to: pointShape(to),
    attributed: attribution !== undefined,
    unlogged: (attribution?.unlogged ?? []).map(({ after, before }) => ({
      after: hex(after),
      before: before === null ? null : hex(before),
    })),
    sessions: { opened: sessions.opened.map(hex), closed: sessions.closed.map(hex) },
  };
}

/** How many of each kind. */
export function countsOf(changes: readonly ZnodeChange[]): Record<ZnodeChange["change"], number> {
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const { change } of changes) counts[change]++;
  return counts;
}

export function differenceShape(
  compared: Differences,
  index: number,
  change: ZnodeChange,
  data: DataMode,
): ChangeShape {
  const { from, to, attribution } = compared;
  const before = change.before === NONE ? null : readZnode(from.tree, change.before);
  const after = change.after === NONE ? null : readZnode(to.tree, change.after);
  const causes = attribution?.causes[index];
  const states = { before: before && wholeZnodeShape(before, data), after: after && wholeZnodeShape(after, data) };
  return changeShape(change.change, (before ?? after) as Znode, states, {
    ...(change.change === "changed" ? { fields: change.fields, recreated: change.recreated } : {}),
    ...(causes ? { by: causesOf(change, causes).map(madeByShape), transactions: causes.count } : {}),
  });
}

import { ZkRewindError } from "../../findings/finding.js";
import { joined, say } from "../../text/message.js";
import type { DataDirectory } from "../directory/data-directory.js";
import type { State } from "../state.js";
import type { KeptHistory } from "../write/history.js";
import { type RestoreChange, changeText } from "./changes.js";

/**
 * What led to a state. Throws ZkRewindError: 2 where another tree is to be made of it; 4 where the state is not exact,
 * for then nothing proves that the snapshot is not ahead of the point.
 */
export function historyOf(state: State, directory: DataDirectory, isChanged: boolean): KeptHistory {
  const { base, layout, zxid, exact, doubt, digest, tree } = state;
  if (!exact || base.window.end > zxid)
    throw new ZkRewindError(say`no snapshot is proven not to be ahead of the point: ${doubt ?? say`it may be`}`, {
      exitCode: 4,
      hint: say`Logs that are replayed over a snapshot which is ahead of the point end in another tree. --with-logs is for exact points: zkrewind info lists them.`,
    });
  if (isChanged)
    throw new ZkRewindError(say`with logs the tree cannot be changed: they lead to the tree as it was`, {
      exitCode: 2,
      hint: say`Restore the changed tree without --with-logs; its epoch is raised, so that no log is replayed over it.`,
    });
  const sessions = tree.sessions.sorted().map(([id]) => id);
  return { base, layout, logs: directory.logs, to: zxid, digest: digest.value, sessions };
}

/** Throws ZkRewindError 2 where something became of the tree that its logs do not lead to. */
export function refuseChangesBeside(changes: readonly RestoreChange[]): void {
  const made = changes.filter(({ change }) => change !== "ttl.expired");
  if (made.length === 0) return;
  throw new ZkRewindError(
    say`with logs the tree cannot be changed, and it would be: ${joined(made.map(changeText), "; ")}`,
    { exitCode: 2, hint: say`--bump-epoch keeps the logs as history below a snapshot of the tree as it becomes.` },
  );
}

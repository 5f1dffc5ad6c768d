import type { RestoreChange } from "../restore/changes.js";
import type { PointFacts } from "../point/point-shape.js";
import type { State } from "../state.js";
import type { Message } from "../../text/message.js";
import type { KeptHistory } from "./history.js";
import type { WrittenSnapshot } from "./snapshot.js";

/** What is to be written: a state as it is, or what `carryOut` (restore/plan.ts) made of one. */
export interface Restorable extends Pick<State, "tree" | "plan">, PointFacts {
  /** For the epoch files: not below the zxid's epoch, which it is unless given. */
  epoch?: number;
  /** What led to that state, where it is to be written too: it must be the tree itself unless the zxid is another. */
  history?: KeptHistory | null;
  /** The zxid of the state that it was made of, where that is another. */
  point?: bigint;
  changes?: readonly RestoreChange[];
  /** What whoever starts servers on it must know. */
  warnings?: readonly Message[];
}

/** What was written, as the manifest says it. */
export interface Restored extends WrittenSnapshot {
  /** The snapshot, as a path. */
  snapshot: string;
  /** What both epoch files hold. */
  epoch: number;
  /** The zxid of the state that was taken: another than `zxid` where the epoch was raised. */
  point: bigint;
  changes: readonly RestoreChange[];
  warnings: readonly Message[];
  /** With logs: where the snapshot is that they go on from, and they, as paths. */
  history?: { snapshot: string; logs: string[]; transactions: number };
}

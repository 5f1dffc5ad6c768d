import { fromHalves } from "../../storage/zxid.js";
import { type DataTree, Outcome, type OutcomeCode, SessionMap } from "../../tree/index.js";
import { WindowMisfits } from "../../tree/index.js";
import { OpCode, type TxnCursor } from "../../txn/index.js";
import { OUT_OF_STEP, type ReplayProof } from "./replay-proof.js";

/** Looks at what transactions meet while a fuzzy snapshot's window is replayed. */
export class WindowWatch {
  /** As in Replay. */
  misfit: bigint | null = null;
  recounted = false;
  unnamedClose = false;
  private readonly tree: DataTree;
  /** The sessions that were opened in the window: what they created is replayed. */
  private readonly opened = new SessionMap<true>();
  /** Transactions after the window that are still looked at. */
  private left = OUT_OF_STEP;

  /** `whole`: whether every transaction of the window is replayed, so that something must explain what does not fit. */
  constructor(tree: DataTree, whole: boolean) {
    this.tree = tree;
    if (whole) tree.window = new WindowMisfits();
  }

  /**
   * Whether a transaction in the fuzzy window met its own effect. A closeSession that does not name what it deletes
   * (before 3.6) may have done so unseen.
   */
  note(outcome: OutcomeCode, cursor: TxnCursor): void {
    // What raises the parent's cversion by one, whatever it was, counts twice if the snapshot has it already.
    if (this.tree.beforeParentCVersion) this.recounted = true;
    const { sessionHigh, sessionLow } = cursor;
    const unnamed = cursor.type === OpCode.closeSession && cursor.items < 0;
    if (cursor.type === OpCode.createSession) this.opened.set(sessionHigh, sessionLow, true);
    if (unnamed && !this.opened.has(sessionHigh, sessionLow)) this.unnamedClose = true;
    if (outcome === Outcome.ok && !unnamed) return;
    this.misfit = fromHalves(cursor.zxidHigh, cursor.zxidLow);
  }

  /**
   * The window ends here, or has ended: what nothing in it explains is said. What is too old is so behind it, too, where a
   * server may have written a little more than it says.
   */
  end(atEnd: boolean, proof: ReplayProof): void {
    const { window } = this.tree;
    if (!window) return;
    const { open } = window;
    if (open && (atEnd || open.what === "older")) proof.reportOpen(open);
    if (open?.what === "older" || (!atEnd && --this.left <= 0)) this.tree.window = null;
  }
}

import type { DataDirectory } from "../../recovery/index.js";
import { Body, effectOf, OpCode, type TxnCursor } from "../../txn/index.js";
import type { Change } from "./change.js";
import { history } from "./history.js";
import { PathScope } from "./path-scope.js";
import { readTimeline } from "./timeline.js";

/** How a znode was deleted, with what was below it. */
export interface Deletion {
  /** The transaction that deleted the znode itself. */
  zxid: bigint;
  /** Milliseconds since 1970. */
  time: bigint;
  session: bigint;
  /**
   * The first transaction of the deletion: clients delete a subtree from its leaves on, in many transactions. The same
   * as `zxid` where there were no others.
   */
  begin: bigint;
  /** How many znodes below it the same session deleted from `begin` on. */
  below: number;
}

/** The last deletion of a znode, up to a zxid that may be null for all there are; null where the logs show none. */
export async function lastDeletion(
  directory: DataDirectory,
  path: string,
  upTo: bigint | null,
): Promise<Deletion | null> {
  let last: Change | null = null as Change | null;
  const range = { from: null, to: upTo };
  await history(
    directory,
    path,
    { range },
    {
      change: (change) => {
        if (change.kind === "delete" && change.txn) last = change;
      },
    },
  );
  if (!last?.txn) return null;
  const { zxid, time, session } = last.txn;
  const run = new Run(new PathScope(path, true), session);
  if (last.cause?.by === "client")
    await readTimeline(directory.logs, { from: null, to: zxid - 1n }, { begin() {}, take: (txn) => run.take(txn) });
  return { zxid, time, session, begin: run.begin ?? zxid, below: run.below };
}

/** Deletes in a subtree by one session, from the last change there on that is none. */
class Run {
  begin: bigint | null = null;
  below = 0;
  private readonly scope: PathScope;
  private readonly session: bigint;

  constructor(scope: PathScope, session: bigint) {
    this.scope = scope;
    this.session = session;
  }

  take(txn: TxnCursor): void {
    if (txn.body !== Body.multi) this.takeOne(txn);
    else if (!txn.multiFailed()) txn.eachMember((member) => this.takeOne(member));
  }

  private takeOne(op: TxnCursor): void {
    const effect = effectOf(op.body);
    // A deleteContainer is the server's own.
    if (effect === null || op.type === OpCode.deleteContainer) return;
    if (!this.scope.has(op.view, op.pathStart, op.pathLength)) return;
    if (effect !== "deleted") {
      this.begin = null;
      this.below = 0;
      return;
    }
    // What others delete meanwhile is neither a part of it nor an end.
    if (op.session !== this.session) return;
    this.begin ??= op.zxid;
    this.below++;
  }
}

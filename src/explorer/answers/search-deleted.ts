import { readTimeline } from "../../forensics/history/timeline.js";
import { isFailed } from "../../forensics/transactions/txn-filter.js";
import type { StoredFile } from "../../recovery/index.js";
import { fromHalves } from "../../storage/zxid.js";
import { Body, effectOf, type TxnCursor } from "../../txn/index.js";
import { breathe } from "../breathe.js";

/** A delete: what was deleted, and by whom. */
export interface Deletion {
  path: Buffer;
  zxid: bigint;
  /** Milliseconds since 1970. */
  time: bigint;
  session: bigint;
}

/**
 * The last delete of each path that holds a text, up to a zxid; of more than `most` paths those that were deleted last.
 * Ephemerals that a server before 3.6 deleted with their session are named in no transaction.
 */
export async function deletionsOf(
  logs: readonly StoredFile[],
  text: Buffer,
  { to, most, isDone }: { to: bigint; most: number; isDone: () => boolean },
): Promise<{ list: Deletion[]; isAll: boolean }> {
  const last = new Map<string, Deletion>();
  let isAll = true;
  const take = (txn: TxnCursor, start: number, length: number): void => {
    const path = Buffer.from(txn.view.buffer, txn.view.byteOffset + start, length);
    if (!path.includes(text)) return;
    const key = path.toString("latin1");
    // The last delete of a path comes last.
    last.delete(key);
    const zxid = fromHalves(txn.zxidHigh, txn.zxidLow);
    last.set(key, { path: Buffer.from(path), zxid, time: txn.time, session: txn.session });
    if (last.size <= most) return;
    isAll = false;
    for (const first of last.keys()) return void last.delete(first);
  };
  const one = (txn: TxnCursor): void => {
    if (effectOf(txn.body) === "deleted") take(txn, txn.pathStart, txn.pathLength);
  };
  await readTimeline(
    logs,
    { from: null, to },
    {
      begin: () => {},
      take(txn, shape) {
        if (shape !== "ok" || isFailed(txn, shape)) return;
        if (txn.body === Body.multi) txn.eachMember(one);
        else if (txn.body === Body.closeSession) txn.eachPath((start, length) => take(txn, start, length));
        else one(txn);
      },
      isDone,
      pause: () => breathe(),
    },
  );
  return { list: [...last.values()].toReversed(), isAll };
}

import type { StoredFile } from "../../recovery/index.js";
import { TXN_HEADER_LENGTH } from "../../storage/log-record.js";
import { TxnCursor, type TxnShape } from "../../txn/index.js";
import type { TxnPlace, TxnVisitor } from "../../recovery/scan/txn-visitor.js";
import { type LogRange, readForwards } from "./read-forwards.js";

/**
 * The transactions of a range, the newest first. Logs can only be read forwards: of each, as many of the last that are
 * asked for as fit into a bounded memory are kept and told; then it is read again for those before them.
 */
export async function readBackwards(
  logs: readonly StoredFile[],
  range: LogRange,
  visitor: TxnVisitor,
  mostBytes = MOST_BYTES,
): Promise<number> {
  const limit = range.limit ?? Number.POSITIVE_INFINITY;
  const cursor = new TxnCursor();
  let count = 0;
  for (const log of logs.toReversed()) {
    let end = Number.POSITIVE_INFINITY;
    while (end > 0 && count < limit) {
      const kept = await lastBefore(log, range, end, { records: limit - count, bytes: mostBytes }, visitor);
      for (const { payload, shape, place } of kept.toReversed()) {
        cursor.parse(new DataView(payload.buffer, payload.byteOffset, payload.length), 0, payload.length);
        const long = visitor.take(cursor, shape, payload, place);
        if (long) await long;
        count++;
        if (visitor.isDone?.()) return count;
      }
      await visitor.pause?.();
      end = kept[0]?.place.offset ?? 0;
    }
    if (count >= limit) break;
  }
  return count;
}

const MOST_BYTES = 64 << 20;

interface Kept {
  payload: Buffer;
  shape: TxnShape;
  place: TxnPlace;
}

/** The last records of a log that are asked for and begin before `end`, as many as may be kept. */
async function lastBefore(
  log: StoredFile,
  range: LogRange,
  end: number,
  most: { records: number; bytes: number },
  visitor: TxnVisitor,
): Promise<Kept[]> {
  const { limit: _, reverse: __, ...forwards } = range;
  let kept: Kept[] = [];
  let first = 0;
  let bytes = 0;
  await readForwards([log], forwards, {
    take(txn, shape, all, place) {
      if (place.offset >= end) return;
      const start = txn.bodyStart - TXN_HEADER_LENGTH;
      kept.push({ payload: Buffer.from(all.subarray(start, start + place.length)), shape, place: { ...place } });
      bytes += place.length;
      while (kept.length - first > most.records || (bytes > most.bytes && kept.length - first > 1))
        bytes -= (kept[first++] as Kept).payload.length;
      // Letting go of them one by one would move all the others each time.
      if (first > kept.length / 2) {
        kept = kept.slice(first);
        first = 0;
      }
    },
    // Each pass would find the same again.
    finding: (finding) => (end === Number.POSITIVE_INFINITY ? visitor.finding?.(finding) : undefined),
  });
  return kept.slice(first);
}

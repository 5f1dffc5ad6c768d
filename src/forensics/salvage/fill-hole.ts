import type { StoredFile } from "../../recovery/index.js";
import { logsAfter } from "../../recovery/replay/logs-after.js";
import { sameTransaction } from "../../recovery/ensemble/same-txn.js";
import { createStored } from "../../io/stored-writer.js";
import { LogReader } from "../../storage/log-reader.js";
import { LogWriter } from "../../storage/log-writer.js";
import { TxnCursor } from "../../txn/index.js";
import type { RecoveredTxns, SalvagedRange } from "./salvage-account.js";
import { holds, without } from "./zxid-ranges.js";

/** Other logs of one history: another server's, or the same server's other files. */
export interface Filler {
  name: string;
  logs: readonly StoredFile[];
}

/** A hole between two transactions; either may be unknown. Their payloads say which history the hole is in. */
export interface HoleToFill {
  after: bigint;
  before: bigint | null;
  previous: Buffer | null;
  next: Buffer | null;
  /** Zxids that are not missing, though they are in it: in ranges that rise. */
  present: readonly SalvagedRange[];
}

export interface Filling {
  recovered: RecoveredTxns;
  /** The payloads, in order. */
  payloads(): AsyncGenerator<{ zxid: bigint; payload: Buffer }>;
}

/**
 * The first filler that has transactions in a hole and, beside it, the same transaction as the damaged file has: a log
 * of another history can hold the same zxids.
 */
export async function fillHole(fillers: readonly Filler[], hole: HoleToFill): Promise<Filling | null> {
  let best: Filling | null = null;
  for (const filler of fillers) {
    const logs = logsAfter(filler.logs, hole.after - 1n);
    const found = await survey(logs, hole);
    if (!found || (best && best.recovered.count >= found.count)) continue;
    const { first, last, count, anchored, from } = found;
    best = {
      recovered: { first, last, count, anchored, from: `${filler.name}${from}` },
      payloads: () => payloadsIn(logs, hole),
    };
    if (BigInt(count) === missing(hole)) break;
  }
  return best;
}

/** How many zxids a hole lacks; null where it is open. */
function missing({ after, before, present }: HoleToFill): bigint | null {
  if (before === null) return null;
  const left = without({ first: after + 1n, last: before - 1n }, present);
  return left.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

interface Survey extends RecoveredTxns {}

async function survey(logs: readonly StoredFile[], hole: HoleToFill): Promise<Survey | null> {
  let before = false;
  let behind = false;
  let found: Omit<Survey, "anchored"> | null = null;
  for await (const { zxid, payload, file } of transactions(logs, hole.after, hole.before)) {
    if (zxid === hole.after) before = hole.previous !== null && same(payload, hole.previous);
    else if (zxid === hole.before) behind = hole.next !== null && same(payload, hole.next);
    else if (holds(hole.present, zxid)) continue;
    else if (found) {
      found.last = zxid;
      found.count++;
    } else found = { first: zxid, last: zxid, count: 1, from: file };
  }
  if (!found || (!before && !behind)) return null;
  // What a longer log adds at an open end belongs to the same history only from the shared transaction on.
  if (hole.before === null && !before) return null;
  return { ...found, anchored: before && behind ? "both sides" : "one side" };
}

async function* payloadsIn(
  logs: readonly StoredFile[],
  { after, before, present }: HoleToFill,
): AsyncGenerator<{ zxid: bigint; payload: Buffer }> {
  for await (const { zxid, payload } of transactions(logs, after, before)) {
    if (zxid !== after && zxid !== before && !holds(present, zxid)) yield { zxid, payload };
  }
}

/** Writes a log of what was found. */
export async function writeFilling(filling: Filling, path: string): Promise<void> {
  const writer = new LogWriter(createStored(path, "none"));
  try {
    await writer.begin();
    for await (const { payload } of filling.payloads()) if (writer.add(payload)) await writer.drain();
    await writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** A transaction's bytes; null where no log has it. */
export async function payloadOf(logs: readonly StoredFile[], zxid: bigint): Promise<Buffer | null> {
  for await (const { payload } of transactions(logsAfter(logs, zxid - 1n), zxid, zxid)) return Buffer.from(payload);
  return null;
}

/** Sound transactions from `from` to `to`, both included, rising; the payload is good until the next. */
async function* transactions(
  logs: readonly StoredFile[],
  from: bigint,
  to: bigint | null,
): AsyncGenerator<{ zxid: bigint; payload: Buffer; file: string }> {
  const cursor = new TxnCursor();
  let last = from - 1n;
  for (const log of logs) {
    const reader = new LogReader(log.open());
    try {
      if (!(await reader.readHead())) continue;
      while (await reader.fill()) {
        while (reader.next()) {
          const { block } = reader.window;
          if (!reader.checksumOk) continue;
          cursor.parse(block.view, reader.payloadStart, reader.payloadEnd);
          const zxid = cursor.zxid;
          if (to !== null && zxid > to) return;
          if (zxid <= last) continue;
          last = zxid;
          yield { zxid, payload: block.bytes.subarray(reader.payloadStart, reader.payloadEnd), file: log.name };
        }
      }
    } finally {
      reader.close();
    }
  }
}

function same(a: Buffer, b: Buffer): boolean {
  const [x, y] = [a, b].map((bytes) => {
    const cursor = new TxnCursor();
    cursor.parse(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
    return { cursor, bytes, start: 0 };
  });
  return sameTransaction(x as Parameters<typeof sameTransaction>[0], y as Parameters<typeof sameTransaction>[0]);
}

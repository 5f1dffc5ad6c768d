import { Block } from "../../checksum/index.js";
import { HEADER_LENGTH, headerAt, LOG_MAGIC } from "../../storage/header.js";
import { END_MARK, RECORD_HEAD, TXN_HEADER_LENGTH } from "../../storage/log-record.js";
import { MOST_SEGMENT, MOST_SEGMENT_FILE } from "../segment/slots.js";
import { Run } from "../segment/run.js";
import { TxnCursor } from "../../txn/index.js";
import { type Message, say } from "../../text/message.js";
import type { Segment } from "../link/link.js";
import { DamagedObject } from "./damaged.js";
import { inflated } from "./inflate.js";

/**
 * What a segment's object holds, decompressed: its transactions, held to its name. `most`: bytes that it may have, a
 * consolidated one more than others.
 *
 * Throws DamagedObject.
 */
export async function readSegment(
  segment: Segment,
  plain: AsyncIterable<Uint8Array>,
  most = MOST_SEGMENT_FILE,
): Promise<Run> {
  const large = new LargeTurn();
  try {
    return runOf(segment, await gunzipped(segment.name, plain, most, large));
  } finally {
    large.end();
  }
}

function runOf(segment: Segment, { block, size }: { block: Block; size: number }): Run {
  const { view, bytes } = block;
  const wrong = (why: Message): DamagedObject => new DamagedObject(segment.name, why);
  if (size < HEADER_LENGTH || headerAt(view, block.start).magic !== LOG_MAGIC)
    throw wrong(say`it is no transaction log`);
  const cursor = new TxnCursor();
  const run = new Run();
  const end = block.start + size;
  let expected = segment.first;
  for (let at = block.start + HEADER_LENGTH; at < end; ) {
    const length = at + RECORD_HEAD <= end ? view.getInt32(at + 8) : -1;
    const start = at + RECORD_HEAD;
    if (length < TXN_HEADER_LENGTH || start + length + 1 > end) throw wrong(say`a record in it is cut short`);
    const isSound =
      view.getUint32(at) === 0 &&
      view.getUint32(at + 4) === block.adler32(start, start + length) &&
      view.getUint8(start + length) === END_MARK;
    if (!isSound) throw wrong(say`a record in it is damaged`);
    const shape = cursor.parse(view, start, start + length);
    if (cursor.zxid !== expected) throw wrong(say`its transactions are not those that its name says`);
    run.add(cursor, bytes, start, start + length, shape === "ok");
    expected++;
    at = start + length + 1;
  }
  if (run.count === 0 || run.last !== segment.last) throw wrong(say`its transactions are not those that its name says`);
  if (run.contentOf(run.first, run.last) !== segment.content)
    throw wrong(say`its transactions do not hash to what its name says`);
  return run;
}

async function gunzipped(
  name: string,
  plain: AsyncIterable<Uint8Array>,
  most: number,
  large: LargeTurn,
): Promise<{ block: Block; size: number }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of inflated(name, plain, most)) {
    size += chunk.length;
    chunks.push(chunk);
    if (size > MOST_SEGMENT + SLACK) await large.begin();
  }
  const block = Block.create(size);
  let at = block.start;
  for (const chunk of chunks) at += chunk.copy(block.bytes, at);
  return { block, size };
}

/** Few segments are longer than this, and many are read at once: of those that are, one at a time is in memory. */
class LargeTurn {
  private static last: Promise<void> = Promise.resolve();
  private release: (() => void) | null = null;

  async begin(): Promise<void> {
    if (this.release) return;
    const before = LargeTurn.last;
    LargeTurn.last = new Promise((resolve) => {
      this.release = resolve;
    });
    await before;
  }

  end(): void {
    this.release?.();
  }
}

/** A frame and a digest for each of 4,096 records. */
const SLACK = 1 << 20;

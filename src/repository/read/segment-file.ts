import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { Block } from "../../checksum/index.js";
import { HEADER_LENGTH, headerAt, LOG_MAGIC } from "../../storage/header.js";
import { END_MARK, RECORD_HEAD, TXN_HEADER_LENGTH } from "../../storage/log-record.js";
import { MOST_SEGMENT } from "../segment/slots.js";
import { Run } from "../segment/run.js";
import { TxnCursor } from "../../txn/index.js";
import { type Message, say, tag } from "../../text/message.js";
import type { Segment } from "../link/link.js";
import { DamagedObject } from "./damaged.js";

/**
 * What a segment's object holds, decompressed: its transactions, held to its name. `most`: bytes that it may have, a
 * consolidated one more than others.
 *
 * Throws DamagedObject.
 */
export async function readSegment(segment: Segment, plain: AsyncIterable<Uint8Array>, most = MOST_FILE): Promise<Run> {
  const file = await gunzipped(segment.name, plain, most);
  const block = Block.create(file.length);
  file.copy(block.bytes, block.start);
  const { view, bytes } = block;
  const wrong = (why: Message): DamagedObject => new DamagedObject(segment.name, why);
  if (file.length < HEADER_LENGTH || headerAt(view, block.start).magic !== LOG_MAGIC)
    throw wrong(say`it is no transaction log`);
  const cursor = new TxnCursor();
  const run = new Run();
  const end = block.start + file.length;
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

async function gunzipped(name: string, plain: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const gunzip = createGunzip();
  const source = Readable.from(plain, { objectMode: false });
  source.on("error", (error) => gunzip.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new DamagedObject(name, say`it decompresses to more than a segment can have`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))
      throw new DamagedObject(name, say`gzip: ${tag.system(error.message)}`);
    throw error;
  } finally {
    gunzip.destroy();
    source.destroy();
  }
  return Buffer.concat(chunks);
}

/** The last record begins before MOST_SEGMENT; records beyond this no server would have read. */
const MOST_FILE = MOST_SEGMENT + (256 << 20);

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ZkRewindError } from "../../findings/finding.js";
import type { Scratch } from "../../io/scratch.js";
import type { Place } from "../../io/stored-bytes.js";
import { CompressionError } from "../../io/byte-source.js";
import { fileName } from "../../storage/names.js";
import { type Message, say } from "../../text/message.js";
import { HASH_DIGITS } from "../names.js";
import type { FileObject, Snapshot } from "../link/link.js";
import { DamagedObject } from "./damaged.js";
import type { History, Piece } from "./history.js";
import type { Objects } from "./objects.js";
import { readSegment } from "./segment-file.js";

/** Which part of a history is wanted: the snapshots from which, and the transactions up to which a question goes. */
export interface Wanted {
  /** No snapshot that is newer; null for all. */
  snapshotsUpTo: bigint | null;
  /** How many of the newest of those; all where that is not given. */
  snapshots?: number;
  /** Transactions after the oldest of these snapshots only, or from here on. */
  from: bigint | null;
  to: bigint | null;
}

export const EVERYTHING: Wanted = { snapshotsUpTo: null, from: null, to: null };

/** A file that was brought here, by the name that a server would give it. */
export interface Gathered {
  name: string;
  place: Place;
}

/**
 * Brings the files that a question needs from repositories to a scratch folder, several at once: each segment as a log,
 * each snapshot as it was. What is damaged in all of them is left out, and told.
 */
export async function gather(
  history: History,
  objects: Objects,
  scratch: Scratch,
  wanted: Wanted,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<{ files: Gathered[]; lost: { name: string; why: Message }[] }> {
  const snapshots = newest(history.snapshots, wanted);
  const oldest = wanted.snapshots === undefined ? null : (snapshots[0]?.zxid ?? null);
  const from = wanted.from ?? oldest;
  const pieces = history.main.filter(
    (piece) => (from === null || piece.to >= from) && (wanted.to === null || piece.from <= wanted.to),
  );
  const total = [...pieces.map(({ segment }) => segment.size), ...snapshots.map(sizeOf)].reduce((a, b) => a + b, 0);
  const files: Gathered[] = [];
  const lost: { name: string; why: Message }[] = [];
  let done = 0;
  const tasks = [
    ...snapshots.map((each) => ({ size: sizeOf(each), work: () => bringSnapshot(each, objects, scratch) })),
    ...pieces.map((each) => ({ size: each.segment.size, work: () => bringPiece(each, objects, scratch, wanted.to) })),
    ...history.files.map((each) => ({ size: 0, work: () => bringFile(each, objects, scratch) })),
  ];
  const worker = async (): Promise<void> => {
    for (let task = tasks.shift(); task; task = tasks.shift()) {
      try {
        files.push(await task.work());
      } catch (error) {
        if (!(error instanceof DamagedObject)) throw error;
        lost.push({ name: error.object, why: error.said.message });
      }
      done += task.size;
      onProgress(done, total);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { files, lost };
}

/** One of each zxid: where several servers wrote one, that of the furthest line. */
function newest(snapshots: readonly Snapshot[], { snapshotsUpTo, snapshots: count }: Wanted): Snapshot[] {
  const fitting = new Map<bigint, Snapshot>();
  for (const each of snapshots)
    if ((snapshotsUpTo === null || each.zxid <= snapshotsUpTo) && (!fitting.has(each.zxid) || each.kind === "base"))
      fitting.set(each.zxid, each);
  const all = [...fitting.values()];
  return count === undefined ? all : all.slice(-count);
}

async function bringPiece(
  { objects: same, from, to }: Piece,
  objects: Objects,
  scratch: Scratch,
  end: bigint | null,
): Promise<Gathered> {
  let failure: unknown;
  for (const segment of same) {
    try {
      const run = await readSegment(segment, objects.plain([segment]));
      const last = end !== null && end < to ? end : to;
      const { place } = await scratch.keep(each(run.fileOf(from, last)));
      return { name: fileName("log", from), place };
    } catch (error) {
      if (!(error instanceof ZkRewindError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function bringSnapshot(snapshot: Snapshot, objects: Objects, scratch: Scratch): Promise<Gathered> {
  const { zxid, content, bytes, parts } = snapshot;
  const hash = createHash("sha256");
  let size = 0;
  const [first = { name: "" }] = parts;
  async function* checked(): AsyncGenerator<Buffer, void, undefined> {
    const gunzip = createGunzip({ chunkSize: 1 << 20 });
    const source = Readable.from(objects.plain(parts), { objectMode: false });
    source.on("error", (error) => gunzip.destroy(error));
    try {
      for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > bytes) throw new DamagedObject(first.name, say`it decompresses to more than was stored`);
        hash.update(chunk);
        yield chunk;
      }
    } finally {
      gunzip.destroy();
      source.destroy();
    }
  }
  try {
    const { place } = await scratch.keep(checked());
    if (hash.digest("hex").slice(0, HASH_DIGITS) === content) return { name: fileName("snapshot", zxid), place };
  } catch (error) {
    if (error instanceof ZkRewindError) throw error;
    const isDamage =
      error instanceof CompressionError || String((error as NodeJS.ErrnoException).code).startsWith("Z_");
    if (!isDamage) throw error;
  }
  throw new DamagedObject(first.name, say`what is in it is not what was stored`);
}

async function bringFile(file: FileObject, objects: Objects, scratch: Scratch): Promise<Gathered> {
  const gunzip = createGunzip();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of Readable.from(objects.plain([file]), { objectMode: false }).pipe(
    gunzip,
  ) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_FILE) throw new DamagedObject(file.name, say`it decompresses to more than a small file has`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks);
  if (createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS) !== file.content)
    throw new DamagedObject(file.name, say`what is in it is not what was stored`);
  const { place } = await scratch.keep(each([text]));
  return { name: file.file, place };
}

function sizeOf({ parts }: Snapshot): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

async function* each(pieces: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  for (const piece of pieces) yield piece;
}

const AT_ONCE = 8;
const MOST_FILE = 1 << 20;

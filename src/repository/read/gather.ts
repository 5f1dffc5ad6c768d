import { createHash } from "node:crypto";
import { ZkRewindError } from "../../findings/finding.js";
import type { Scratch } from "../../io/scratch.js";
import type { Place } from "../../io/stored-bytes.js";
import { fileName } from "../../storage/names.js";
import { type Message, say } from "../../text/message.js";
import { CannotDecrypt } from "../crypt/index.js";
import { SESSIONS_BEYOND } from "../../recovery/replay/session-list.js";
import { HASH_DIGITS, hashOf } from "../names.js";
import type { Run } from "../segment/run.js";
import type { FileObject, Snapshot } from "../link/link.js";
import { inParallel } from "../sync/in-parallel.js";
import { DamagedObject, reasonOf } from "./damaged.js";
import type { History } from "./history.js";
import { inflated } from "./inflate.js";
import type { Piece } from "./piece.js";
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
  /** Up to here; and some that follow, which tell which sessions a snapshot lists too early or too late. */
  to: bigint | null;
}

export const EVERYTHING: Wanted = { snapshotsUpTo: null, from: null, to: null };

/** A file that was brought here, by the name that a server would give it. */
export interface Gathered {
  name: string;
  place: Place;
  /** A base of compaction, which was proven when it was made. */
  isBase?: boolean;
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
  const behind = wanted.to === null ? null : wanted.to + SESSIONS_BEYOND;
  const pieces = history.main.filter(
    (piece) => (from === null || piece.to >= from) && (behind === null || piece.from <= behind),
  );
  const total = [...pieces.map(({ segment }) => segment.size), ...snapshots.map(sizeOf)].reduce((a, b) => a + b, 0);
  const files: Gathered[] = [];
  const lost: { name: string; why: Message }[] = [];
  let done = 0;
  const tasks = [
    ...snapshots.map((each) => ({
      size: sizeOf(each),
      work: async () => [await bringSnapshot(each, objects, scratch)],
    })),
    ...pieces.map((each) => ({ size: each.segment.size, work: () => bringPiece(each, objects, scratch) })),
    ...history.files.map((each) => ({ size: 0, work: async () => [await bringFile(each, objects, scratch)] })),
  ];
  await inParallel(tasks, AT_ONCE, async ({ size, work }) => {
    try {
      files.push(...(await work()));
    } catch (error) {
      if (!isDamage(error)) throw error;
      lost.push({ name: error.object, why: reasonOf(error) });
    }
    done += size;
    onProgress(done, total);
  });
  return { files, lost };
}

/** An object that is not what was stored, or was never what a writer stores. Without the right key nothing is known of it. */
export function isDamage(error: unknown): error is DamagedObject | CannotDecrypt {
  return error instanceof DamagedObject || (error instanceof CannotDecrypt && error.why !== "no-identity");
}

/** One of each zxid: where several servers wrote one, that of the furthest line. */
function newest(snapshots: readonly Snapshot[], { snapshotsUpTo, snapshots: count }: Wanted): Snapshot[] {
  const fitting = new Map<bigint, Snapshot>();
  for (const each of snapshots)
    if ((snapshotsUpTo === null || each.zxid <= snapshotsUpTo) && (!fitting.has(each.zxid) || each.kind === "base"))
      fitting.set(each.zxid, each);
  const all = [...fitting.values()];
  if (count === undefined) return all;
  const some = all.slice(-count);
  // Nothing from before a base is needed.
  return some.slice(
    Math.max(
      some.findLastIndex(({ kind }) => kind === "base"),
      0,
    ),
  );
}

async function bringPiece(piece: Piece, objects: Objects, scratch: Scratch): Promise<Gathered[]> {
  const { from, to } = piece;
  let damage: unknown;
  try {
    const { place } = await scratch.keep(each((await readPiece(piece, objects)).fileOf(from, to)));
    return [{ name: fileName("log", from), place }];
  } catch (error) {
    if (!isDamage(error) || !piece.instead) throw error;
    damage = error;
  }
  // As long as it is not pruned, what it was made of is there.
  try {
    const files: Gathered[] = [];
    for (const other of piece.instead) files.push(...(await bringPiece(other, objects, scratch)));
    return files;
  } catch (error) {
    throw isDamage(error) ? damage : error;
  }
}

/** The transactions of a piece's segment, from the first of its objects that is sound. */
export async function readPiece({ objects: same }: Piece, objects: Objects): Promise<Run> {
  let failure: unknown;
  for (const segment of same) {
    try {
      return await readSegment(segment, objects.plain([segment]));
    } catch (error) {
      if (!(error instanceof ZkRewindError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function bringSnapshot(snapshot: Snapshot, objects: Objects, scratch: Scratch): Promise<Gathered> {
  const { zxid, content, bytes, parts } = snapshot;
  const [first = { name: "" }] = parts;
  const hash = createHash("sha256");
  async function* checked(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of inflated(first.name, objects.plain(parts), bytes)) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const { place } = await scratch.keep(checked());
  if (hash.digest("hex").slice(0, HASH_DIGITS) !== content)
    throw new DamagedObject(first.name, say`what is in it is not what was stored`);
  return { name: fileName("snapshot", zxid), place, isBase: snapshot.kind === "base" };
}

async function bringFile(file: FileObject, objects: Objects, scratch: Scratch): Promise<Gathered> {
  const chunks: Buffer[] = [];
  for await (const chunk of inflated(file.name, objects.plain([file]), MOST_FILE)) chunks.push(chunk);
  const text = Buffer.concat(chunks);
  if (hashOf(text) !== file.content) throw new DamagedObject(file.name, say`what is in it is not what was stored`);
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

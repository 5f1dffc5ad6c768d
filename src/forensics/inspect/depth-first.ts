import type { StoredFile } from "../../recovery/index.js";
import type { Finding } from "../../findings/finding.js";
import { IGNORED } from "../../storage/large-value.js";
import { SnapshotReader } from "../../storage/snapshot-reader.js";
import { aclAt, ChildIndex, type DataTree, dataAt, ROOT, STAT_LENGTH } from "../../tree/index.js";
import { SLASH } from "../../storage/path.js";

/** A znode's record as it passes by: offsets in `bytes`, good only during the call. */
export interface PassingRecord {
  bytes: Buffer;
  pathStart: number;
  pathLength: number;
  /** -1 for null. */
  dataLength: number;
  /** Bytes of the whole record, as a snapshot stores it. */
  recordLength: number;
}

/**
 * Follows znodes that come depth first, as servers write them and as a tree is walked, knowing no more than the znodes
 * above the current one: so a snapshot of any size can be added up in bounded memory.
 */
export abstract class DepthFirst {
  /** Whether each znode came after its parent and with it; once false, what was added up is not to be used. */
  inOrder = true;
  private readonly top: Buffer;
  private readonly lengths: number[] = [];
  private last = Buffer.alloc(256);
  private lastLength = 0;
  /** Whether anything was passed by. */
  begun = false;

  /** `top`: where to begin; everything outside of its subtree is passed over. */
  constructor(top: string) {
    this.top = Buffer.from(top === "/" ? "" : top);
  }

  protected abstract enter(record: PassingRecord, depth: number): void;
  protected abstract leave(depth: number): void;

  add(record: PassingRecord): void {
    if (!this.isBelowTop(record)) return;
    const { bytes, pathStart, pathLength } = record;
    const shared = this.sharedPrefix(bytes, pathStart, pathLength);
    while (this.lengths.length > 0 && !isAbove(this.lengths.at(-1) as number, shared, record)) this.pop();
    const parent = this.lengths.at(-1);
    // Only the top has no parent here, and only one znode is the top.
    const expected = pathLength === this.top.length ? undefined : parentLength(bytes, pathStart, pathLength);
    if (parent !== expected || (expected === undefined && this.begun)) this.inOrder = false;
    this.begun = true;
    this.remember(bytes, pathStart, pathLength);
    this.enter(record, this.lengths.length);
    this.lengths.push(pathLength);
  }

  finish(): void {
    while (this.lengths.length > 0) this.pop();
  }

  /** The path of the current znode or of one above it, by its length. */
  protected pathOf(length: number): string {
    return length === 0 ? "/" : this.last.toString("utf8", 0, length);
  }

  private pop(): void {
    this.lengths.pop();
    this.leave(this.lengths.length);
  }

  private isBelowTop({ bytes, pathStart, pathLength }: PassingRecord): boolean {
    const { top } = this;
    if (pathLength < top.length) return false;
    if (pathLength > top.length && bytes[pathStart + top.length] !== SLASH) return false;
    return top.length === 0 || bytes.compare(top, 0, top.length, pathStart, pathStart + top.length) === 0;
  }

  private sharedPrefix(bytes: Buffer, start: number, length: number): number {
    const { last } = this;
    const most = Math.min(length, this.lastLength);
    let shared = 0;
    while (shared < most && last[shared] === bytes[start + shared]) shared++;
    return shared;
  }

  private remember(bytes: Buffer, start: number, length: number): void {
    if (length > this.last.length) this.last = Buffer.alloc(length * 2);
    bytes.copy(this.last, 0, start, start + length);
    this.lastLength = length;
  }
}

/** Whether a znode with a path of `length`, of which `shared` bytes begin this record's too, is above it. */
function isAbove(length: number, shared: number, { bytes, pathStart, pathLength }: PassingRecord): boolean {
  return length <= shared && length < pathLength && bytes[pathStart + length] === SLASH;
}

function parentLength(bytes: Buffer, start: number, length: number): number {
  for (let at = length - 1; at > 0; at--) if (bytes[start + at] === SLASH) return at;
  return 0;
}

/** Passes every znode of a snapshot file on, in its order. Returns what is wrong with the file. */
export async function passSnapshot(
  file: StoredFile,
  visitor: DepthFirst,
  pause: () => void | Promise<void> = () => {},
): Promise<readonly Finding[]> {
  const reader = new SnapshotReader(file.open());
  reader.passLarge(IGNORED);
  const record: PassingRecord = { bytes: Buffer.alloc(0), pathStart: 0, pathLength: 0, dataLength: 0, recordLength: 0 };
  try {
    if (!(await reader.readHead())) return [...reader.findings];
    while (visitor.inOrder && (await reader.fill())) {
      record.bytes = reader.window.block.bytes;
      while (reader.next()) {
        record.pathStart = reader.pathStart;
        record.pathLength = reader.pathLength;
        record.dataLength = reader.dataLength;
        record.recordLength = reader.recordLength;
        visitor.add(record);
      }
      await pause();
    }
    visitor.finish();
    return [...reader.findings];
  } finally {
    reader.close();
  }
}

/** Passes every znode of a subtree on, siblings in byte order of their names. */
export async function passTree(
  tree: DataTree,
  top: number,
  visitor: DepthFirst,
  pause: () => void | Promise<void> = () => {},
): Promise<void> {
  const { znodes } = tree;
  const record: PassingRecord = { bytes: Buffer.alloc(0), pathStart: 0, pathLength: 0, dataLength: 0, recordLength: 0 };
  let count = 0;
  for (const slot of new ChildIndex(znodes).walk(top)) {
    const view = znodes.viewOf(slot);
    const at = znodes.recordOf(slot);
    record.bytes = znodes.memoryOf(slot).bytes;
    record.pathStart = at + 4;
    record.pathLength = slot === ROOT ? 0 : view.getInt32(at);
    record.dataLength = view.getInt32(dataAt(view, at));
    record.recordLength = aclAt(view, at) + 8 + STAT_LENGTH - at;
    visitor.add(record);
    if (++count % 4096 === 0) await pause();
  }
  visitor.finish();
}

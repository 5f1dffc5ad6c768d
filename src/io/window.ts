import { Block } from "../checksum/index.js";
import type { ByteSource } from "./byte-source.js";

/**
 * The part of a file that is in memory, in a Block so that checksums run on it where it is.
 *
 * Streaming (the default) reuses one small block: unread bytes move to its front when more are wanted, so memory does
 * not grow with the file. With `keep`, whatever was read stays where it is, and a full block is followed by another:
 * that is how a snapshot becomes the tree's own memory without being copied.
 */
export class Window {
  block: Block;
  /** The next unread byte: an offset in the block. */
  position: number;
  /** Where the bytes that were read end: an offset in the block. */
  limit: number;
  /** How far the block may be filled: a large one is not used further than is needed, for what is not is no memory. */
  private end: number;
  /** Adler-32 of everything before `summed`. */
  private sum = 1;
  private summed: number;
  /** What to add to an offset in the block to get an offset in the file. */
  private shift: number;
  private ended = false;
  /** The read of what comes after `limit`, if it has begun. */
  private ahead: Promise<number> | null = null;
  /** Whether more than the first chunk was wanted: many files are opened for their first bytes only. */
  private goesOn = false;
  private readonly source: ByteSource;
  private blocks: BlockSupply | null;
  private kept = -1;
  private readonly sums: boolean;

  constructor(source: ByteSource, { keep = null, sums = false }: WindowOptions = {}) {
    this.source = source;
    this.sums = sums;
    this.blocks = keep;
    this.block = keep ? keep.next(1) : (idle.pop() ?? Block.create(WINDOW));
    this.end = this.block.end;
    this.position = this.block.start;
    this.limit = this.position;
    this.summed = this.position;
    this.shift = -this.position;
  }

  /** The next unread byte's offset in the uncompressed file. */
  get offset(): number {
    return this.position + this.shift;
  }

  fileOffset(position: number): number {
    return position + this.shift;
  }

  /** Says that the bytes from `position` on are `count` bytes further on in the file than those before it. */
  leap(count: number): void {
    this.shift += count;
  }

  get available(): number {
    return this.limit - this.position;
  }

  /** Bytes of the file that are not read yet, where the source knows its size. */
  get unread(): number {
    return this.source.size === undefined ? Number.POSITIVE_INFINITY : this.source.size - this.fileOffset(this.limit);
  }

  /**
   * Makes `count` bytes available from `position` on, if the file has them; false if it ends before. What is left is
   * then available, up to a chunk of it.
   * Never allocates for more than the file holds: a claimed length of 2 GiB costs nothing in a file of 1 KiB, and
   * where the size is not known, memory grows only as bytes arrive.
   */
  need(count: number): boolean | Promise<boolean> {
    if (this.available >= count) return true;
    if (this.ended) return false;
    const rest = this.available + this.unread;
    return count <= rest ? this.readMore(count) : this.readRest(rest);
  }

  /** Moves on to a place in the file, over whatever is before it; false if the file ends first. */
  async goTo(offset: number): Promise<boolean> {
    while (this.fileOffset(this.limit) < offset) {
      this.position = this.limit;
      if (!(await this.need(1))) return false;
    }
    this.position = offset - this.shift;
    return true;
  }

  /** Where in the last block from the supply what was read ends. */
  get keptEnd(): number {
    return this.kept < 0 ? this.limit : this.kept;
  }

  /** Keeps nothing of what is read from here on; what was kept stays. */
  async stopKeeping(): Promise<void> {
    if (!this.blocks) return;
    if (this.ahead) this.limit += await this.ahead;
    this.ahead = null;
    this.kept = this.limit;
    this.blocks = null;
    this.moveTo(Block.create(Math.max(WINDOW, this.available + CHUNK)));
  }

  /**
   * Adler-32 (unsigned) of all bytes of the file before `position`, which is in the window: for a window that `sums`.
   * Asked now and then, it runs over bytes that are still in the processor's cache.
   */
  adlerUpTo(position: number): number {
    if (position > this.summed) {
      this.sum = this.block.adler32(this.summed, position, this.sum);
      this.summed = position;
    }
    return this.sum;
  }

  /**
   * Takes `count` bytes out that are `head` bytes after the position, as if they had been read: the head moves up to
   * what follows them. (Its offset in the file is then `count` less than `fileOffset` says.)
   */
  cut(head: number, count: number): void {
    const { position } = this;
    if (this.sums) this.adlerUpTo(position + head + count);
    this.block.bytes.copyWithin(position + count, position, position + head);
    this.position += count;
  }

  /** Gives a streaming window's memory to the next one: what was read from it must not be used any more. */
  close(): void {
    if (!this.blocks && !this.ahead) {
      if (this.block.end - this.block.start > 2 * WINDOW) spacious = new WeakRef(this.block);
      else if (idle.length < 2) idle.push(this.block);
    }
    this.ended = true;
  }

  private async readRest(rest: number): Promise<false> {
    await this.readMore(Math.min(rest, CHUNK));
    return false;
  }

  private async readMore(count: number): Promise<boolean> {
    while (this.available < count) {
      const answer = this.ahead ?? this.readNow(count);
      const read = typeof answer === "number" ? answer : await answer;
      this.ahead = null;
      if (read === 0) {
        this.ended = true;
        return false;
      }
      this.limit += read;
    }
    this.beginAhead();
    return true;
  }

  private readNow(count: number): number | Promise<number> {
    if (this.limit === this.end || this.end - this.position < Math.min(count, CHUNK)) this.makeRoom(count);
    return this.source.read(this.block.bytes, this.limit, Math.min(this.end - this.limit, CHUNK));
  }

  /** Lets another thread read on while what is there is looked at: copying from the system's cache takes its time. */
  private beginAhead(): void {
    const room = Math.min(this.end - this.limit, CHUNK);
    if (this.goesOn && !this.ahead && room > 0) {
      this.ahead = this.source.readAhead?.(this.block.bytes, this.limit, room) ?? null;
      // Whoever wants the bytes is told; it may be that nobody does.
      this.ahead?.catch(() => {});
    }
    this.goesOn = true;
  }

  /** Moves the unread bytes to where `count` of them fit, or at least twice what there is now. */
  private makeRoom(count: number): void {
    // A size that is known has been held against the count; else memory may grow only as bytes arrive.
    const wanted = Number.isFinite(this.unread) ? count : Math.min(count, Math.max(2 * this.available, WINDOW));
    if (this.blocks) this.moveTo(this.blocks.next(wanted));
    else if (wanted > this.end - this.block.start) this.widen(wanted + CHUNK);
    else this.moveTo(this.block, this.end);
  }

  /** Moves the unread bytes to the beginning of a block, which may be filled up to `end`. */
  private moveTo(block: Block, end = block.end): void {
    if (this.sums) this.adlerUpTo(this.position);
    const { available, block: from, position } = this;
    const offset = this.offset;
    // More than is read is summed while a part is cut out.
    const summedAhead = this.summed - position;
    from.bytes.copy(block.bytes, block.start, position, position + available);
    this.block = block;
    this.end = end;
    this.position = block.start;
    this.limit = this.position + available;
    this.summed = this.position + summedAhead;
    this.shift = offset - this.position;
  }

  /**
   * Has room for `count` bytes. A block that was too small is garbage, and may be for long: so the one that follows it
   * is as large as any record of this file can be, which costs nothing but address space, and is handed on.
   */
  private widen(count: number): void {
    let { block } = this;
    if (count > block.end - block.start) {
      const most = Math.min(this.available + Math.min(this.unread, MOST_RECORD) + CHUNK, Block.maxByteLength);
      const left = spacious?.deref();
      spacious = null;
      block = left && count <= left.end - left.start ? left : Block.create(Math.max(count, most));
    }
    this.moveTo(block, block.start + count);
  }
}

export interface WindowOptions {
  /** Keep all that was read, in blocks from here. */
  keep?: BlockSupply | null;
  /** Whether `adlerUpTo` will be asked for. */
  sums?: boolean;
}

/** Where a keeping window gets its blocks from. */
export interface BlockSupply {
  /** A block with at least `atLeast` usable bytes. */
  next(atLeast: number): Block;
}

/** Blocks of closed windows: a directory of ten thousand logs is read through one. */
const idle: Block[] = [];
/** A larger one, as long as it is not collected: it may have much memory. */
let spacious: WeakRef<Block> | null = null;

/** Small enough that what was just read is still in the processor's cache when it is parsed. */
const CHUNK = 1 << 20;
const WINDOW = 4 << 20;
/** No path or value has more than 2 GiB, nor has a log's record. */
const MOST_RECORD = 2 ** 31 + 2 ** 20;

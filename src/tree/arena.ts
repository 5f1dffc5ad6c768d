import { Block } from "../checksum/index.js";
import type { BlockSupply } from "../io/window.js";

/**
 * The memory that holds the znodes: a list of Blocks, never moved and never given back before the tree is.
 *
 * A snapshot is read straight into the first blocks. Records that are written later come from the room after it, in
 * size classes, and the room of a record that moved or was deleted is used again: a znode that is set ten million
 * times does not grow the arena ten million times.
 *
 * @example
 * import { Arena } from "zkrewind/tree";
 *
 * const arena = new Arena(0);
 * arena.allocate(100);
 * console.log(arena.block, arena.offset, arena.size);
 */
export class Arena implements BlockSupply {
  readonly blocks: Block[] = [];
  /** Where the last `allocate` put its record. */
  block = 0;
  offset = 0;
  sizeClass = 0;

  private readonly free: number[][] = [];
  private nextOffset = 0;
  private nextSize: number;

  /** `expected`: bytes of the snapshot to come, 0 where not known. Room for changes costs nothing until it is used. */
  constructor(expected: number) {
    const headroom = Math.min(Math.max(8 * expected, LEAST_HEADROOM), MOST_HEADROOM);
    this.nextSize = Math.min(expected + headroom, MOST_BLOCK);
  }

  /** A new block for a snapshot's bytes. */
  next(atLeast: number): Block {
    if (this.blocks.length === 255) throw new Error("the tree needs more than 255 blocks of memory");
    const block = Block.create(Math.min(Math.max(this.nextSize, atLeast), MOST_BLOCK));
    this.nextSize = Math.min(Math.max(4 * this.nextSize, 64 << 20), 1 << 30);
    this.blocks.push(block);
    this.nextOffset = block.start;
    return block;
  }

  /** Says that the last block is in use up to `offset`. */
  used(offset: number): void {
    this.nextOffset = offset;
  }

  /** Bytes in use, or given back to be used again. */
  get size(): number {
    const all = this.blocks.slice(0, -1).reduce((sum, { start, end }) => sum + end - start, 0);
    const last = this.blocks.at(-1);
    return last ? all + this.nextOffset - last.start : 0;
  }

  /** Room for `length` bytes: sets `block`, `offset` and `sizeClass`. */
  allocate(length: number): void {
    const sizeClass = classFor(length);
    this.sizeClass = sizeClass;
    const address = this.free[sizeClass]?.pop();
    if (address !== undefined) {
      this.block = Math.floor(address / BLOCK_UNIT);
      this.offset = address % BLOCK_UNIT;
      return;
    }
    const capacity = capacityOf(sizeClass);
    const last = this.blocks[this.blocks.length - 1];
    if (!last || this.nextOffset + capacity > last.end) this.next(capacity);
    this.block = this.blocks.length - 1;
    this.offset = this.nextOffset;
    this.nextOffset += capacity;
  }

  /** Gives back a record's room: by its class, or for one from the snapshot itself (class 0) by its length. */
  release(block: number, offset: number, sizeClass: number, length: number): void {
    const reusable = sizeClass === 0 ? classWithin(length) : sizeClass;
    if (reusable === 0) return;
    (this.free[reusable] ??= []).push(block * BLOCK_UNIT + offset);
  }
}

/** How many bytes a record of this class may have; class 0 is "as long as it is". */
export function capacityOf(sizeClass: number): number {
  return CAPACITIES[sizeClass] ?? 0;
}

/** The smallest class that holds `length` bytes. */
function classFor(length: number): number {
  let low = 1;
  let high = CAPACITIES.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((CAPACITIES[middle] as number) >= length) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The largest class that fits into `length` bytes; 0 if none does. */
function classWithin(length: number): number {
  const above = classFor(length);
  return (CAPACITIES[above] as number) <= length ? above : above - 1;
}

/** An address is block * 2^32 + offset: exact in a double. */
const BLOCK_UNIT = 2 ** 32;
/** A WebAssembly memory has at most 65,536 pages of 64 KiB; a page stays for the kernel. */
const MOST_BLOCK = 2 ** 32 - 2 ** 17;
/** V8 counts a block's whole size as memory and collects garbage the sooner: where little is expected, less is enough. */
const LEAST_HEADROOM = 1 << 20;
const MOST_HEADROOM = 512 << 20;

/** Steps of an eighth: at most 12.5 % of a record's room is unused. Class 0 is not one. */
const CAPACITIES: readonly number[] = capacities();

function capacities(): number[] {
  const list = [0];
  for (let capacity = 80; capacity < 2 ** 32 - 2 ** 18; ) {
    list.push(capacity);
    capacity = Math.ceil((capacity * 9) / 8 / 8) * 8;
  }
  list.push(2 ** 32 - 2 ** 18);
  return list;
}

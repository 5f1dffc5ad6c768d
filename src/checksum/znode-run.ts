import type { Block } from "./block.js";

/**
 * Takes a snapshot's znodes by the hundred, in the kernel: those with a whole frame, an absolute path and a parent among
 * the znode before and those above it. It stops before whatever is not so and says nothing about it: that one is for the
 * code that looks at one znode at a time, which is the reference.
 *
 *     run.begin(block);
 *     for (… the last znode and those above it, root first) run.push(pathLength, slot);
 *     if (run.standBehind(path, length)) while (run.take(position, limit, slot) > 0) { … }
 *
 * What is known of ACL ids, the newest zxid and the like stay from one such beginning to the next.
 */
export class ZnodeRun {
  /** Of each znode that the last `take` took: record, path hash, digest and the parent's slot, four numbers each. */
  results: Uint32Array;
  /** Which of them have an owner, or an ACL id that was not said to be known. */
  odd: Uint32Array;
  /** How many of those there are. */
  oddCount = 0;
  /** Where the znode after them begins. */
  position = 0;
  /** The sum of their digests, modulo 2^64: signed, and unsigned. */
  digestHigh = 0;
  digestLow = 0;

  private readonly longest: number;
  private readonly hashes: number;
  private block: Block;
  private depth = 0;

  /** `longest`: it stops before longer values. `hashes`: whether paths are to be hashed. */
  constructor(block: Block, longest: number, hashes: boolean) {
    this.longest = longest;
    this.hashes = hashes ? 1 : 0;
    this.block = block;
    this.results = wordsAt(block, RESULTS, 4 * MOST_TAKEN);
    this.odd = wordsAt(block, ODD, MOST_TAKEN);
    block.bytes.fill(0, STATE, ACLS);
    block.bytes.fill(0xff, ACLS, STACK);
  }

  begin(block: Block): void {
    if (block !== this.block) this.moveTo(block);
    this.depth = 0;
  }

  /** The length of its path, and what to answer where it is a parent. */
  push(pathLength: number, slot: number): void {
    if (this.depth < MOST_DEEP) {
      const { view } = this.block;
      view.setInt32(STACK + 8 * this.depth, pathLength, true);
      view.setInt32(STACK + 8 * this.depth + 4, slot, true);
    }
    this.depth++;
  }

  /** Where in the block the last znode's path is. False where the kernel can do nothing: too many are above it. */
  standBehind(path: number, length: number): boolean {
    if (this.depth === 0 || this.depth > MOST_DEEP) return false;
    const { view } = this.block;
    view.setInt32(DEPTH, this.depth, true);
    view.setUint32(LAST, path, true);
    view.setInt32(LAST_LENGTH, length, true);
    return true;
  }

  /** The same where it is not in the block. False where it is too long, too. */
  standBehindCopy(path: Uint8Array, length: number): boolean {
    if (length > START - PATH || !this.standBehind(PATH, length)) return false;
    this.block.bytes.set(length === path.length ? path : path.subarray(0, length), PATH);
    return true;
  }

  /** How many znodes of those between `position` and `limit` were taken; their slots begin with `slot`. */
  take(position: number, limit: number, slot: number): number {
    const { kernel, view } = this.block;
    const taken = kernel.take_znodes(position, limit, this.longest, slot, this.hashes);
    this.position = view.getUint32(STATE, true);
    this.oddCount = view.getInt32(ODD_COUNT, true);
    this.digestLow = view.getUint32(SUM, true);
    this.digestHigh = view.getInt32(SUM + 4, true);
    return taken;
  }

  /** Says that the ACL id at a place of the block is known. */
  knowAcl(at: number): void {
    const { bytes } = this.block;
    const lowest = bytes[at + 7] as number;
    bytes.copyWithin(ACLS + 8 * lowest, at, at + 8);
  }

  /** How many znodes there are on the way to the last one, itself included. */
  get stackDepth(): number {
    return this.block.view.getInt32(DEPTH, true);
  }

  lengthAt(depth: number): number {
    return this.block.view.getInt32(STACK + 8 * depth, true);
  }

  slotAt(depth: number): number {
    return this.block.view.getInt32(STACK + 8 * depth + 4, true);
  }

  /** Where in the block the last path is. */
  get lastPath(): number {
    return this.block.view.getUint32(LAST, true);
  }

  get lastLength(): number {
    return this.block.view.getInt32(LAST_LENGTH, true);
  }

  /** The newest zxid, signed and unsigned, of all znodes taken so far. */
  get newestHigh(): number {
    return this.block.view.getInt32(NEWEST + 4, true);
  }

  get newestLow(): number {
    return this.block.view.getUint32(NEWEST, true);
  }

  /** The longest value of all znodes taken so far, in bytes. */
  get longestValue(): number {
    return this.block.view.getInt32(LONGEST, true);
  }

  /** Whether the paths of all znodes taken so far are ASCII. */
  get isAscii(): boolean {
    return this.block.view.getInt32(NOT_ASCII, true) === 0;
  }

  private moveTo(block: Block): void {
    block.bytes.set(this.block.bytes.subarray(STATE, STACK), STATE);
    this.block = block;
    this.results = wordsAt(block, RESULTS, 4 * MOST_TAKEN);
    this.odd = wordsAt(block, ODD, MOST_TAKEN);
  }
}

/** Numbers of a block, as the kernel writes them. */
function wordsAt(block: Block, at: number, count: number): Uint32Array {
  return new Uint32Array(block.bytes.buffer, block.bytes.byteOffset + at, count);
}

// Where things are in a block, as kernel-znodes.wat has it.
const STATE = 32768;
const ODD_COUNT = STATE + 4;
const SUM = STATE + 8;
const NEWEST = STATE + 16;
const LONGEST = STATE + 24;
const NOT_ASCII = STATE + 28;
const LAST = STATE + 32;
const LAST_LENGTH = STATE + 36;
const DEPTH = STATE + 40;
const ACLS = 33792;
const STACK = 35840;
const RESULTS = 37888;
const ODD = 41984;
/** The kernel reads up to 15 bytes before a path. */
const PATH = 43024;
const START = 49152;
const MOST_DEEP = 256;
const MOST_TAKEN = 256;

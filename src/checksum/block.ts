import { kernelBase64 } from "./kernel.js";
import { allocate, kernelMaker, MAX_PAGES, PAGE, type WasmMemory } from "./webassembly.js";

/**
 * The exports of kernel.wat. Pointers are offsets into `Block.bytes`, at least `Block.start`; results are signed.
 * Nothing is checked: for loops that have proven their ranges.
 */
export interface Kernel {
  adler32(ptr: number, length: number, seed: number): number;
  crc32(ptr: number, length: number, seed: number): number;
  znode_digest(record: number): number;
  path_hash(ptr: number, length: number): number;
  /** 1 where they are the same, else 0. */
  bytes_equal(ptrA: number, ptrB: number, length: number): number;
  /** For ZnodeRun. */
  take_znodes(position: number, limit: number, most: number, first: number, hashes: number): number;
}

// The first 48 KiB are the kernel's: its CRC tables, and room to put things together in.
const START = 49152;

const newKernel = kernelMaker(kernelBase64);

/**
 * Bytes that are in a WebAssembly memory, so that checksums, digests and hashes run where the bytes are: files are read
 * straight into `bytes`, and nothing is copied.
 *
 * A block never grows: growing would detach every view of it, those in callers' hands as well. Nor need it: the system
 * gives pages only when they are first written, so a block for the largest case costs what is used of it. What it does
 * take at once is address space, about 10 GiB a block in V8, which matters only under `ulimit -v`.
 * A block holds at most 4 GiB less 112 KiB, because the kernel's pointers have 32 bits: larger files need several.
 */
export class Block {
  /** The most usable bytes that a block can have. */
  static readonly maxByteLength = MAX_PAGES * PAGE - START;

  /** The whole memory, so that an offset in it is a pointer for the kernel. Usable from `start` to `end`. */
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly start = START;
  readonly end: number;
  /** The raw functions, unchecked. */
  readonly kernel: Kernel;

  private constructor(memory: WasmMemory, kernel: Kernel) {
    this.bytes = Buffer.from(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.end = this.bytes.length;
    this.kernel = kernel;
  }

  /** A block of at least `byteLength` usable bytes, all 0. */
  static create(byteLength: number): Block {
    if (!Number.isInteger(byteLength) || byteLength < 0 || byteLength > Block.maxByteLength) {
      throw new RangeError(`a block holds 0 to ${Block.maxByteLength} bytes, not ${byteLength}`);
    }
    const pages = Math.ceil((START + byteLength) / PAGE);
    const memory = allocate(pages, pages);
    return new Block(memory, newKernel(memory) as Kernel);
  }

  /** The Adler-32 of the bytes in [from, to); `seed` is that of the bytes before them. */
  adler32(from: number, to: number, seed = 1): number {
    this.#check(from, to);
    return this.kernel.adler32(from, to - from, seed) >>> 0;
  }

  /** The CRC-32 (IEEE) of the bytes in [from, to); `seed` is that of the bytes before them. */
  crc32(from: number, to: number, seed = 0): number {
    this.#check(from, to);
    return this.kernel.crc32(from, to - from, seed) >>> 0;
  }

  /**
   * What the znode at `record`, in its snapshot form (ustring path, buffer data, long aclId, StatPersisted), adds to
   * the tree's digest of version 2.
   */
  znodeDigest(record: number): number {
    const data = this.#afterBytes(record);
    const stat = this.#afterBytes(data) + 8;
    this.#check(record, stat + 60);
    return this.kernel.znode_digest(record) >>> 0;
  }

  /** A 32-bit hash of the bytes in [from, to), for tables in memory: not to be stored, it may change. */
  pathHash(from: number, to: number): number {
    this.#check(from, to);
    return this.kernel.path_hash(from, to - from) >>> 0;
  }

  /** Whether the `length` bytes at `a` and at `b` are the same. */
  equal(a: number, b: number, length: number): boolean {
    this.#check(a, a + length);
    this.#check(b, b + length);
    return this.kernel.bytes_equal(a, b, length) === 1;
  }

  /** Where the ustring or buffer at `at` ends; -1, null, has no bytes. */
  #afterBytes(at: number): number {
    this.#check(at, at + 4);
    const length = this.view.getInt32(at);
    if (length < -1) {
      throw new RangeError(`the length at ${at} is ${length}`);
    }
    return at + 4 + Math.max(length, 0);
  }

  // Written so that NaN fails too.
  #check(from: number, to: number): void {
    if (!(from >= START && from <= to && to <= this.end)) {
      throw new RangeError(`bytes ${from} to ${to} do not lie in a block of ${START} to ${this.end}`);
    }
  }
}

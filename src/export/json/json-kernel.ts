import { kernelMaker, type WasmMemory } from "../../checksum/index.js";
import { kernelBase64 } from "./kernel.js";

/**
 * The exports of kernel.wat, which says what they write. All take where to and answer where it ended, as a signed
 * number; some answer 0 where the bytes are not as they should be. Nothing is checked: room for what is written and
 * SLACK more must be there, and bytes to be written must be between INPUT and OUTPUT.
 */
export interface JsonKernel {
  text(to: number, from: number, length: number, printable: number): number;
  base64(to: number, from: number, length: number): number;
  hex_bytes(to: number, from: number, length: number): number;
  hex_long(to: number, high: number, low: number): number;
  unsigned_long(to: number, high: number, low: number): number;
  int(to: number, value: number): number;
  time(to: number, high: number, low: number): number;
  znode(
    to: number,
    record: number,
    mode: number,
    acl: number,
    aclLength: number,
    children: number,
    orphan: number,
  ): number;
  znode_end(to: number, stat: number, dataLength: number, children: number, orphan: number): number;
  txn_begin(
    to: number,
    zxidHigh: number,
    zxidLow: number,
    timeHigh: number,
    timeLow: number,
    sessionHigh: number,
    sessionLow: number,
    cxid: number,
  ): number;
  txn_digest(to: number, version: number, high: number, low: number): number;
}

export const newJsonKernel = kernelMaker(kernelBase64) as (memory: WasmMemory) => JsonKernel;

/** Where in a kernel's memory is what is to be written, and what is written. */
export const INPUT = 8192;
export const OUTPUT = 131_072;
/** What may be at INPUT at once: a multiple of three, so that pieces of base64 join. */
export const MOST_INPUT = 3 << 15;
/** Where what is kept is, to be written again and again: after that and its slack. */
export const KEPT = 106_560;
/** A function may read this many bytes after its input, and write this many after its output. */
export const SLACK = 64;

/** The most bytes that a byte of text becomes: \u0000. */
export const MOST_ESCAPED = 6;
/** The most bytes that all but text, base64, hex and what is kept becomes: `znode_end`, with its longest numbers. */
export const MOST_FIXED = 512;

/** What `znode` takes for the ways to write data. */
export const KERNEL_MODE = { none: 0, auto: 1, utf8: 2, base64: 3, hex: 4 } as const;

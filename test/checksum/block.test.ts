import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { blockOf, noise, plainAdler32 } from "./bytes.js";

test("each kernel.ts is what its kernel.wat builds to", () => {
  const build = fileURLToPath(new URL("../../src/build-kernels.mjs", import.meta.url));
  execFileSync(process.execPath, [build, "--check"], { stdio: "pipe" });
});

describe("Block", () => {
  test("has the bytes asked for, all zero, and one memory behind all views", () => {
    for (const length of [0, 1, 32_768, 32_769, 1_000_000]) {
      const block = Block.create(length);
      expect(block.end - block.start).toBeGreaterThanOrEqual(length);
      expect(block.end).toBe(block.bytes.length);
      expect(block.bytes.subarray(block.start).every((byte) => byte === 0)).toBe(true);
      block.view.setUint32(block.end - 4, 0x01020304);
      expect([...block.bytes.subarray(-4)]).toEqual([1, 2, 3, 4]);
    }
  });

  test("checks sizes and ranges", () => {
    for (const length of [-1, 0.5, Number.NaN, Block.maxByteLength + 1]) {
      expect(() => Block.create(length)).toThrow(RangeError);
    }
    const block = Block.create(100);
    const { start, end } = block;
    for (const [from, to] of [
      [start, end + 1],
      [start + 1, start],
      [0, 10],
      [-5, 5],
      [Number.NaN, end],
      [start, Number.NaN],
    ] as const) {
      expect(() => block.adler32(from, to)).toThrow(RangeError);
      expect(() => block.crc32(from, to)).toThrow(RangeError);
      expect(() => block.pathHash(from, to)).toThrow(RangeError);
    }
    expect(() => block.equal(start, end - 3, 4)).toThrow(RangeError);
    expect(() => block.equal(end - 3, start, 4)).toThrow(RangeError);
    expect(() => block.equal(start, start, -1)).toThrow(RangeError);
    expect(block.adler32(end, end)).toBe(1);
  });

  test("many live side by side, each with its own bytes", () => {
    const blocks = Array.from({ length: 50 }, (_, i) => blockOf(noise(1000, i)));
    for (const [i, block] of blocks.entries()) {
      expect(block.adler32(block.start, block.start + 1000)).toBe(plainAdler32(noise(1000, i)));
    }
  });

  test("the largest works up to its last byte, where pointers no longer fit in 31 bits", () => {
    const block = Block.create(Block.maxByteLength);
    expect(block.end).toBe(2 ** 32 - 65_536);
    const data = noise(1000);
    const at = block.end - data.length;
    block.bytes.set(data, at);
    const small = blockOf(data);
    const smallEnd = small.start + data.length;
    expect(block.adler32(at, block.end)).toBe(small.adler32(small.start, smallEnd));
    expect(block.crc32(at, block.end)).toBe(small.crc32(small.start, smallEnd));
    expect(block.pathHash(at, block.end)).toBe(small.pathHash(small.start, smallEnd));
    expect(block.equal(at, at, data.length)).toBe(true);
    block.bytes.copy(block.bytes, block.start, at);
    expect(block.equal(at, block.start, data.length)).toBe(true);
    block.bytes.writeUInt8(block.bytes.readUInt8(block.end - 1) ^ 1, block.end - 1);
    expect(block.equal(at, block.start, data.length)).toBe(false);
    expect(block.equal(at, block.start, data.length - 1)).toBe(true);
  });
});

describe("Block.equal", () => {
  test("sees each single difference, and none outside, at every length up to 100", () => {
    const data = noise(128);
    const block = blockOf(Buffer.concat([data, noise(7, 9), data]));
    const [a, b] = [block.start, block.start + 135];
    for (let length = 0; length <= 100; length++) {
      expect(block.equal(a + 20, b + 20, length)).toBe(true);
      for (let changed = 0; changed < 128; changed++) {
        block.bytes.writeUInt8(block.bytes.readUInt8(b + changed) ^ 0x80, b + changed);
        const inside = changed >= 20 && changed < 20 + length;
        if (block.equal(a + 20, b + 20, length) === inside) {
          expect.fail(`${length} bytes with byte ${changed - 20} changed`);
        }
        block.bytes.writeUInt8(block.bytes.readUInt8(b + changed) ^ 0x80, b + changed);
      }
    }
  });
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adler32, adler32Combine } from "../../src/checksum/index.js";
import { blockOf, noise, plainAdler32, zlibAdler32 } from "./bytes.js";

describe("Block.adler32", () => {
  test("known values", () => {
    const block = blockOf(Buffer.from("Wikipedia"));
    expect(block.adler32(block.start, block.start)).toBe(1);
    expect(block.adler32(block.start, block.start + 9)).toBe(0x11e60398);
  });

  test("every length from 0 to 800 at every alignment equals the definition", () => {
    const data = noise(1000);
    const block = blockOf(data);
    for (let shift = 0; shift < 16; shift++) {
      for (let length = 0; length <= 800; length++) {
        const expected = plainAdler32(data.subarray(shift, shift + length), 0x89ab1234);
        const actual = block.adler32(block.start + shift, block.start + shift + length, 0x89ab1234);
        if (actual !== expected) {
          expect.fail(`${length} bytes at ${shift}: ${actual}, not ${expected}`);
        }
      }
    }
  });

  test("the largest bytes overflow nothing, whatever the length and the seed", () => {
    const data = Buffer.alloc(70_000, 0xff);
    const block = blockOf(data);
    for (const length of [15, 16, 351, 352, 353, 367, 368, 369, 383, 384, 736, 5552, 5553, 11_104, 65_536, 70_000]) {
      for (const seed of [0, 1, (65520 << 16) | 65520]) {
        const actual = block.adler32(block.start, block.start + length, seed);
        expect(actual, `${length} bytes after ${seed}`).toBe(plainAdler32(data.subarray(0, length), seed));
      }
    }
  });

  test("bytes before the range do not count", () => {
    const block = blockOf(Buffer.alloc(64, 0xff));
    block.bytes.fill(0, block.start + 20, block.start + 25);
    expect(block.adler32(block.start + 20, block.start + 25)).toBe(plainAdler32(Buffer.alloc(5)));
  });

  test("several megabytes equal zlib's trailer", () => {
    const data = noise(5_000_011);
    const block = blockOf(data);
    expect(block.adler32(block.start, block.start + data.length)).toBe(zlibAdler32(data));
  });

  test("random bytes, cut anywhere and chained by the seed, equal zlib's trailer", () => {
    const block = blockOf(Buffer.alloc(4096));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), fc.nat(4096), (data, cut) => {
        block.bytes.set(data, block.start);
        const middle = block.start + Math.min(cut, data.length);
        const end = block.start + data.length;
        expect(block.adler32(middle, end, block.adler32(block.start, middle))).toBe(zlibAdler32(data));
      }),
    );
  });
});

describe("adler32 of any bytes", () => {
  test("equals zlib's trailer on both sides of its piece size", () => {
    const data = noise(300_000);
    for (const length of [0, 1, 100, 65_535, 65_536, 65_537, 131_072, 300_000]) {
      expect(adler32(data.subarray(0, length))).toBe(zlibAdler32(data.subarray(0, length)));
    }
    expect(adler32(new Uint8Array(data))).toBe(zlibAdler32(data));
  });

  test("goes on from a seed", () => {
    const data = noise(100_000);
    expect(adler32(data.subarray(777), adler32(data.subarray(0, 777)))).toBe(zlibAdler32(data));
  });
});

/** The Adler-32 of zeros: they leave the low sum at 1 and add 1 each to the high one. */
const zeros = (count: number) => (((count % 65521) << 16) | 1) >>> 0;

describe("adler32Combine", () => {
  test("is the checksum of the parts laid together", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), fc.uint8Array({ maxLength: 1000 }), (a, b) => {
        expect(adler32Combine(adler32(a), adler32(b), b.length)).toBe(adler32(Buffer.concat([a, b])));
      }),
    );
  });

  test("holds where the sums wrap, and for parts over 4 GiB", () => {
    const ones = Buffer.alloc(1_000_000, 0xff);
    const two = adler32Combine(adler32(ones), adler32(ones), ones.length);
    expect(two).toBe(adler32(Buffer.alloc(2_000_000, 0xff)));
    const [a, b] = [5 * 2 ** 32 + 17, 9 * 2 ** 32 + 4];
    expect(adler32Combine(zeros(a), zeros(b), b)).toBe(zeros(a + b));
  });
});

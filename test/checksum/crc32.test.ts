import zlib from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32, crc32c, crc32cImplementation } from "../../src/checksum/index.js";
import { blockOf, noise, plainCrc32 } from "./bytes.js";

describe("Block.crc32", () => {
  test("known values", () => {
    const block = blockOf(Buffer.from("123456789"));
    expect(block.crc32(block.start, block.start)).toBe(0);
    expect(block.crc32(block.start, block.start + 9)).toBe(0xcbf43926);
  });

  test("every length from 0 to 600 at every alignment equals zlib's, and the definition", () => {
    const data = noise(700);
    const block = blockOf(data);
    for (let shift = 0; shift < 16; shift++) {
      for (let length = 0; length <= 600; length++) {
        const part = data.subarray(shift, shift + length);
        const actual = block.crc32(block.start + shift, block.start + shift + length, 0x89abcdef);
        if (actual !== zlib.crc32(part, 0x89abcdef) || (shift === 5 && actual !== plainCrc32(part, 0x89abcdef))) {
          expect.fail(`${length} bytes at ${shift}: ${actual}`);
        }
      }
    }
  });

  test("runs of 0x00 and of 0xff, and several megabytes", () => {
    for (const data of [Buffer.alloc(10_000), Buffer.alloc(10_000, 0xff), noise(5_000_011)]) {
      const block = blockOf(data);
      expect(block.crc32(block.start, block.start + data.length)).toBe(zlib.crc32(data));
    }
  });

  test("random bytes, cut anywhere and chained by the seed", () => {
    const block = blockOf(Buffer.alloc(4096));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), fc.nat(4096), (data, cut) => {
        block.bytes.set(data, block.start);
        const middle = block.start + Math.min(cut, data.length);
        const end = block.start + data.length;
        expect(block.crc32(middle, end, block.crc32(block.start, middle))).toBe(zlib.crc32(data));
      }),
    );
  });
});

test("crc32 of any bytes, chained", () => {
  const data = noise(1000);
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  expect(crc32(data.subarray(300), crc32(data.subarray(0, 300)))).toBe(plainCrc32(data));
});

describe("crc32c", () => {
  const castagnoli = 0x82f63b78;

  test("known values, of Buffers and of plain arrays that are views", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new TextEncoder().encode("xx123456789").subarray(2))).toBe(0xe3069283);
  });

  test("random bytes, chained, equal the definition", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (data, cut) => {
        const chained = crc32c(data.subarray(cut), crc32c(data.subarray(0, cut)));
        expect(chained).toBe(plainCrc32(data, 0, castagnoli));
      }),
    );
  });

  test("says which implementation works", () => {
    expect(["native", "js"]).toContain(crc32cImplementation());
  });
});

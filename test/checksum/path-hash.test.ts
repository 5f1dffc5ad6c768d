import { describe, expect, test } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { noise } from "./bytes.js";

const block = Block.create(1 << 16);

function hash(path: string | Uint8Array, at = block.start): number {
  const bytes = Buffer.from(path as string);
  block.bytes.set(bytes, at);
  return block.pathHash(at, at + bytes.length);
}

/** How many of `count` hashes had been seen before. */
function collisions(count: number, name: (i: number) => string): number {
  const hashes = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const length = block.bytes.write(name(i), block.start, "latin1");
    hashes[i] = block.kernel.path_hash(block.start, length);
  }
  hashes.sort();
  return hashes.reduce((seen, value, i) => seen + (i > 0 && value === hashes[i - 1] ? 1 : 0), 0);
}

describe("path hash", () => {
  test("depends on the bytes alone, not on where they lie nor on what is around them", () => {
    const data = noise(80);
    for (let length = 0; length <= 80; length++) {
      const path = data.subarray(0, length);
      block.bytes.fill(0x55, block.start, block.start + 400);
      const first = hash(path);
      block.bytes.fill(0xaa, block.start, block.start + 400);
      for (let shift = 0; shift < 16; shift++) {
        expect(hash(path, block.start + 200 + shift)).toBe(first);
      }
    }
  });

  test("tells each length of zeros, and each changed bit, apart", () => {
    const seen = new Set<number>();
    for (let length = 0; length <= 40; length++) {
      seen.add(hash(Buffer.alloc(length)));
      for (let bit = 0; bit < length * 8; bit++) {
        const bytes = Buffer.alloc(length);
        bytes[bit >> 3] = 1 << (bit & 7);
        seen.add(hash(bytes));
      }
    }
    expect(seen.size).toBe(41 + (8 * 40 * 41) / 2);
  });

  // A million random 32-bit values repeat 116.4 times on average, 10.8 being the standard deviation.
  const million = 1_000_000;
  const names: Record<string, (i: number) => string> = {
    "partitions of topics": (i) =>
      `/brokers/topics/t-${`${i >> 7}`.padStart(4, "0")}/partitions/${`${i & 127}`.padStart(7, "0")}`,
    "sequential nodes": (i) => `/locks/lock-${`${i}`.padStart(10, "0")}`,
    "short names": (i) => `/${i.toString(36)}`,
    "ids in the middle": (i) => `/app/${i.toString(16).padStart(8, "0")}/state`,
  };
  for (const [kind, name] of Object.entries(names)) {
    test(`a million ${kind} collide as seldom as chance would have it`, () => {
      const count = collisions(million, name);
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(175);
    });
  }

  test("any window of bits fills a table's slots evenly", () => {
    const slots = 1 << 12;
    for (const shift of [0, 10, 20]) {
      const filled = new Uint32Array(slots);
      const count = slots * 64;
      for (let i = 0; i < count; i++) {
        const length = block.bytes.write(`/locks/lock-${`${i}`.padStart(10, "0")}`, block.start, "latin1");
        const slot = (block.kernel.path_hash(block.start, length) >>> shift) & (slots - 1);
        filled[slot] = (filled[slot] ?? 0) + 1;
      }
      const chiSquare = filled.reduce((sum, value) => sum + (value - 64) ** 2 / 64, 0);
      // Mean 4095, standard deviation 90.5.
      expect(Math.abs(chiSquare - 4095)).toBeLessThan(450);
    }
  });
});

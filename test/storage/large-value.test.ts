import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IGNORED, LARGE_VALUE } from "../../src/storage/large-value.js";
import { SnapshotReader } from "../../src/storage/snapshot-reader.js";
import type { ByteSource } from "../../src/io/byte-source.js";
import { snapshotBytes, Trickle } from "../fixtures/memory.js";

interface Seen {
  path: string;
  dataLength: number;
  data: string;
  offset: number;
  length: number;
  aclAndStat: string;
}

/** All that a reader gives, with large values held or passing by. */
async function readAll(source: ByteSource, passing: boolean): Promise<{ records: Seen[]; rest: unknown }> {
  const reader = new SnapshotReader(source);
  const records: Seen[] = [];
  let path = "";
  let pieces: Buffer[] = [];
  if (passing) {
    reader.passLarge({
      begin() {
        const { pathStart, pathLength, window } = reader;
        path = window.block.bytes.toString("utf8", pathStart, pathStart + pathLength);
        pieces = [];
      },
      piece(block, from, to) {
        pieces.push(Buffer.from(block.bytes.subarray(from, to)));
      },
    });
  }
  const roomBefore = reader.window.block.bytes.length;
  if (await reader.readHead()) {
    while (await reader.fill()) {
      while (reader.next()) {
        const { bytes } = reader.window.block;
        const { pathStart, pathLength, dataLength, dataStart, aclAt, recordEnd, passed } = reader;
        const held = bytes.subarray(dataStart, dataStart + Math.max(dataLength, 0));
        const data = passed > 0 ? Buffer.concat(pieces) : held;
        const here = bytes.toString("utf8", pathStart, pathStart + pathLength);
        if (passed > 0) expect(path).toBe(here);
        expect(passed).toBe(passing && dataLength > LARGE_VALUE ? dataLength : 0);
        records.push({
          path: here,
          dataLength,
          data: digest(data),
          offset: reader.recordOffset,
          length: reader.recordLength,
          aclAndStat: bytes.toString("hex", aclAt, recordEnd),
        });
      }
    }
  }
  if (passing) expect(reader.window.block.bytes.length).toBe(roomBefore);
  const { findings, trailers, count, sound } = reader;
  return { records, rest: { findings: [...findings], trailers, count, sound } };
}

function digest(data: Buffer): string {
  let sum = 0;
  for (let at = 0; at < data.length; at += 97) sum = (sum * 31 + (data[at] as number)) | 0;
  return `${data.length} ${sum}`;
}

const size = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -1, max: 50 }) },
  fc.integer({ min: LARGE_VALUE - 2, max: LARGE_VALUE + 3 }),
  fc.integer({ min: LARGE_VALUE, max: 6 * LARGE_VALUE }),
);
const pieces = fc.oneof(
  fc.constant([1 << 20]),
  fc.array(fc.integer({ min: 30_000, max: 1 << 20 }), { minLength: 1, maxLength: 5 }),
);

describe("values that pass by", () => {
  it("give what values that are held give, of whole files", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 6 }), pieces, fc.boolean(), async (sizes, parts, sizeKnown) => {
        const bytes = await snapshotBytes(sizes);
        const held = await readAll(new Trickle(bytes, parts, sizeKnown), false);
        expect(await readAll(new Trickle(bytes, parts, sizeKnown), true)).toEqual(held);
        expect(held.rest).toMatchObject({ sound: true, findings: [], count: sizes.length + 1 });
      }),
      { numRuns: 40 },
    );
  });

  it("give the same findings where the file is cut, wherever that is", async () => {
    const bytes = await snapshotBytes([20, 3 * LARGE_VALUE + 11, LARGE_VALUE + 1]);
    const near = (at: number): fc.Arbitrary<number> => fc.integer({ min: Math.max(at - 90, 0), max: at + 90 });
    const large = 24 + 76 + 20 + 80;
    const place = fc.oneof(
      near(large),
      near(large + 3 * LARGE_VALUE),
      near(bytes.length - 90),
      fc.nat({ max: bytes.length }),
    );
    await fc.assert(
      fc.asyncProperty(place, pieces, fc.boolean(), fc.boolean(), async (at, parts, sizeKnown, sealed) => {
        const cut = Buffer.from(bytes.subarray(0, at));
        // Whoever cut it may have left what looks like a seal's end.
        if (sealed && at > 40) cut.set([0, 0, 0, 1, 0x2f], at - 5);
        const held = await readAll(new Trickle(cut, parts, sizeKnown), false);
        expect(await readAll(new Trickle(cut, parts, sizeKnown), true)).toEqual(held);
      }),
      { numRuns: 150 },
    );
  });

  it("give the same findings where a byte is wrong: a length, the value, the seal", async () => {
    const bytes = await snapshotBytes([20, 2 * LARGE_VALUE + 11, 5]);
    const place = fc.oneof(
      fc.integer({ min: 100, max: 300 }),
      fc.integer({ min: bytes.length - 300, max: bytes.length - 1 }),
      fc.nat({ max: bytes.length - 1 }),
    );
    await fc.assert(
      fc.asyncProperty(
        place,
        fc.integer({ min: 0, max: 7 }),
        pieces,
        fc.boolean(),
        async (at, bit, parts, sizeKnown) => {
          const damaged = Buffer.from(bytes);
          damaged[at] = (damaged[at] as number) ^ (1 << bit);
          const held = await readAll(new Trickle(damaged, parts, sizeKnown), false);
          const passing = await readAll(new Trickle(damaged, parts, sizeKnown), true);
          expect(passing).toEqual(held);
          expect(passing.rest).toMatchObject({ sound: false });
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("a path longer than any", () => {
  it("is a wrong length, and is not read into memory to find out", async () => {
    const bytes = Buffer.concat([await snapshotBytes([20]), Buffer.alloc(20 << 20)]);
    bytes.writeInt32BE(18 << 20, 24 + 76);
    const reader = new SnapshotReader(new Trickle(bytes, [1 << 20], true));
    reader.passLarge(IGNORED);
    expect(await reader.readHead()).toBe(true);
    while (await reader.fill()) while (reader.next());
    expect(reader.count).toBe(1);
    expect([...reader.findings]).toMatchObject([{ code: "snapshot.length", offset: 100 }]);
    expect(reader.window.block.bytes.length).toBeLessThan(8 << 20);
  });
});

describe("values that are held", () => {
  it.each([true, false])(
    "need one larger block, however often one is larger than those before; size known: %s",
    async (sizeKnown) => {
      const sizes = [6, 7, 8, 9, 10].map((size) => size * LARGE_VALUE);
      const bytes = await snapshotBytes(sizes, () => {});
      const reader = new SnapshotReader(new Trickle(bytes, [1 << 20], sizeKnown));
      const blocks = new Set<unknown>();
      const seen: number[] = [];
      expect(await reader.readHead()).toBe(true);
      while (await reader.fill()) {
        while (reader.next()) {
          blocks.add(reader.window.block);
          seen.push(reader.dataLength);
        }
      }
      expect(seen).toEqual([0, ...sizes]);
      expect(reader.sound).toBe(true);
      expect(blocks.size).toBeLessThanOrEqual(2);
      reader.close();
    },
  );
});

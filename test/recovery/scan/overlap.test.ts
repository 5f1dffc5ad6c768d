import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adler32 } from "../../../src/checksum/index.js";
import { JuteWriter } from "../../../src/jute/index.js";
import { type StoredFile, verify } from "../../../src/recovery/index.js";
import { LOG_MAGIC } from "../../../src/storage/header.js";
import { memoryFile } from "../../fixtures/memory.js";
import { encodeTxn } from "../../txn/encode.js";
import { plain } from "../../../src/text/message.js";

/** Which zxids a log holds, from and to, and how its transactions differ from those of other logs. */
interface Range {
  from: number;
  length: number;
  flavour: number;
}

function logOf({ from, length, flavour }: Range): StoredFile {
  const out = new JuteWriter().int(LOG_MAGIC).int(2).long(0n);
  for (let zxid = from; zxid < from + length; zxid++) {
    const payload = encodeTxn({ session: 1n, cxid: flavour, zxid: BigInt(zxid), time: 1n }, { type: -1, error: -101 });
    out
      .long(BigInt(adler32(payload)))
      .bytesOf(payload)
      .raw(Buffer.from("B"));
  }
  return memoryFile(`log.${from.toString(16)}`, Buffer.from(out.bytes));
}

/** What every pair of logs has in common, found by looking at each zxid of both. */
function expected(ranges: readonly Range[]): string[] {
  const found: string[] = [];
  for (const [index, later] of ranges.entries()) {
    for (const earlier of ranges.slice(0, index)) {
      const from = Math.max(earlier.from, later.from);
      const to = Math.min(earlier.from + earlier.length, later.from + later.length);
      if (from >= to) continue;
      const [zxid, name] = [`0x${from.toString(16)}`, `log.${earlier.from.toString(16)}`];
      found.push(
        earlier.flavour === later.flavour
          ? `log.duplicate ${to - from} transactions from ${zxid} on are in ${name} too`
          : `log.conflict ${zxid} is in ${name} too, with other bytes`,
      );
    }
  }
  return found;
}

describe("logs that overlap", () => {
  test("every pair of them is found, and no other", async () => {
    const range = fc.record({
      from: fc.integer({ min: 1, max: 60 }),
      length: fc.integer({ min: 0, max: 20 }),
      flavour: fc.constantFrom(1, 2),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(range, { maxLength: 12, selector: ({ from }) => from }), async (unsorted) => {
        const ranges = unsorted.toSorted((a, b) => a.from - b.from);
        const directory = {
          sources: [],
          snapshots: [],
          logs: ranges.map(logOf),
          copies: [],
          epochs: undefined,
          places: [],
          folders: [],
          findings: [],
        };
        const { findings } = await verify(directory, { replay: false });
        const overlaps = findings.filter(({ code }) => code === "log.duplicate" || code === "log.conflict");
        expect(overlaps.map(({ code, message }) => `${code} ${plain(message)}`).sort()).toEqual(
          expected(ranges).sort(),
        );
      }),
      { numRuns: 200 },
    );
  });
});

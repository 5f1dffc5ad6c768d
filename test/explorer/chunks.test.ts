import fc from "fast-check";
import { expect, test } from "vitest";
import { Chunks, type Counted, KINDS } from "../../src/explorer/timeline/chunks.js";

const txn = (index: number): Counted => ({
  zxidHigh: 1,
  zxidLow: index,
  time: 1000 + index,
  kind: index % KINDS.length,
  bytes: index,
  failed: index % 3 === 0,
  deletes: index % 5,
  sessions: (index % 3) - 1,
  file: index % 2,
  offset: 10 * index,
});

test("nothing is lost where chunks are halved, and every zxid is found in its chunk", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(200), (most, count) => {
      const chunks = new Chunks(most);
      const all = Array.from({ length: count }, (_, index) => txn(index + 1));
      for (const each of all) chunks.add(each);
      expect(chunks.length).toBeLessThanOrEqual(most);
      expect(chunks.count).toBe(count);
      let from = 0;
      for (let at = 0; at < chunks.length; at++) {
        const held = all.slice(from, from + chunks.held(at));
        from += held.length;
        const [first, last] = [held[0] as Counted, held.at(-1) as Counted];
        expect(chunks.firstZxid(at)).toBe((1n << 32n) + BigInt(first.zxidLow));
        expect(chunks.lastZxid(at)).toBe((1n << 32n) + BigInt(last.zxidLow));
        expect([chunks.time(at), chunks.lastTime(at)]).toEqual([first.time, last.time]);
        expect(chunks.placeOf(at)).toEqual({ file: first.file, offset: first.offset });
        const sum = (of: (each: Counted) => number): number => held.reduce((total, each) => total + of(each), 0);
        expect(chunks.bytesOf(at)).toBe(sum(({ bytes }) => bytes));
        expect(chunks.failed(at)).toBe(sum(({ failed }) => (failed ? 1 : 0)));
        expect(chunks.deleted(at)).toBe(sum(({ deletes }) => deletes));
        expect(chunks.sessionsOf(at)).toBe(sum(({ sessions }) => sessions));
        for (const [kind] of KINDS.entries())
          expect(chunks.countOf(at, kind)).toBe(held.filter((each) => each.kind === kind).length);
        for (const { zxidLow } of held) expect(chunks.at((1n << 32n) + BigInt(zxidLow))).toBe(at);
      }
      expect(from).toBe(count);
      expect(chunks.at(0n)).toBe(-1);
    }),
  );
});

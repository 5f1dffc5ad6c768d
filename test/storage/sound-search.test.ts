import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adler32 } from "../../src/checksum/index.js";
import { SoundSearch } from "../../src/storage/sound-search.js";
import { Anywhere, Trickle } from "../fixtures/memory.js";

/** A record of a payload. */
function record(payload: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + payload.length + 1);
  bytes.writeUInt32BE(adler32(payload), 4);
  bytes.writeInt32BE(payload.length, 8);
  payload.copy(bytes, 12);
  bytes[bytes.length - 1] = 0x42;
  return bytes;
}

/** The first sound record at or behind a place, found by trying each byte. */
function tryEach(bytes: Buffer, from: number): number | null {
  for (let at = from; at + 45 <= bytes.length; at++) {
    const length = bytes.readInt32BE(at + 8);
    const end = at + 12 + length;
    if (bytes.readUInt32BE(at) !== 0 || length < 32 || end >= bytes.length || bytes[end] !== 0x42) continue;
    if (adler32(bytes.subarray(at + 12, end)) === bytes.readUInt32BE(at + 4)) return at;
  }
  return null;
}

/** Searches as a reader does: on behind each record that was found, whose neighbours it reads itself. */
async function expectSame(bytes: Buffer, search: SoundSearch, steps: readonly number[]): Promise<void> {
  let from = 0;
  for (let turn = 0; from < bytes.length; turn++) {
    const found = await search.next(from);
    expect(found, `from ${from}`).toBe(tryEach(bytes, from));
    if (found === null) return;
    let end = found + 12 + bytes.readInt32BE(found + 8) + 1;
    while (tryEach(bytes.subarray(0, end + 12 + 5000), end) === end) end += 12 + bytes.readInt32BE(end + 8) + 1;
    from = end + (steps[turn % steps.length] as number);
  }
}

const payload = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 200 }),
  // Mostly zeros, in which heads seem to be everywhere.
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(255)), { minLength: 32, maxLength: 120 }),
);
const part = fc.oneof(
  { weight: 3, arbitrary: payload.map((bytes) => record(Buffer.from(bytes))) },
  // A record that holds another, and one that is damaged around it.
  payload.map((bytes) => record(Buffer.concat([Buffer.alloc(40, 7), record(Buffer.from(bytes)), Buffer.alloc(3)]))),
  payload.map((bytes) => {
    const outer = record(Buffer.concat([Buffer.alloc(40, 7), record(Buffer.from(bytes)), Buffer.alloc(3)]));
    outer[20] = 9;
    return outer;
  }),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.nat(100).map((length) => Buffer.alloc(length)),
  // Heads of records that are none, of any length.
  fc.tuple(fc.nat(0xffff), fc.nat(3000)).map(([sum, length]) => {
    const head = Buffer.alloc(12);
    head.writeUInt32BE(sum, 4);
    head.writeInt32BE(length, 8);
    return head;
  }),
);

describe("the search for the next sound record", () => {
  const steps = fc.array(fc.nat(3), { minLength: 1, maxLength: 4 });
  /** With room for few claims, the search has to go back. */
  const room = fc.constantFrom(1, 2, 8, 1 << 22);

  test("finds what trying every byte finds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 30 }), steps, room, async (parts, each, most) => {
        const bytes = Buffer.concat(parts);
        const search = new SoundSearch(new Anywhere(bytes), most);
        await expectSame(bytes, search, each);
        search.close();
      }),
    );
  });

  test("finds it in what comes in pieces, and cannot be read anywhere", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 30 }),
        steps,
        pieces,
        fc.boolean(),
        room,
        async (parts, each, few, known, most) => {
          const bytes = Buffer.concat(parts);
          const search = new SoundSearch(new Trickle(bytes, few, known), most);
          await expectSame(bytes, search, each);
          search.close();
        },
      ),
    );
  });

  test("finds a record behind megabytes of heads of records that are none", async () => {
    const junk = Buffer.alloc(6 << 20, 0x42);
    for (let at = 0; at + 12 <= junk.length; at += 12) {
      junk.writeUInt32BE(0, at);
      junk.writeInt32BE(Math.max(36, Math.floor((junk.length - at - 40) / 12) * 12 + 4), at + 8);
    }
    const sound = record(Buffer.alloc(100, 5));
    const bytes = Buffer.concat([junk, sound, Buffer.alloc(50)]);
    const search = new SoundSearch(new Anywhere(bytes));
    expect(await search.next(1)).toBe(junk.length);
    expect(await search.next(junk.length + 1)).toBe(null);
    search.close();
  });
});

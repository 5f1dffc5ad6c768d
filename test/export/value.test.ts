import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { DATA_MODES, MemorySink } from "../../src/export/index.js";
import { JsonBytes } from "../../src/export/json/json-bytes.js";
import { LargeTexts } from "../../src/export/value/large-texts.js";
import { LargeData, writeData } from "../../src/export/json/value-json.js";
import { textRule } from "../../src/export/value/data-mode.js";
import { runs } from "../thorough.js";

/** What is text, what nearly is, and what is not; cut anywhere, also within a character. */
const bytes = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => Buffer.from(text)),
  fc
    .tuple(fc.string({ unit: "grapheme", maxLength: 20 }), fc.nat({ max: 20 }))
    .map(([text, most]) => Buffer.from(text).subarray(0, most)),
  fc
    .array(fc.constantFrom(0x00, 0x22, 0x41, 0x80, 0x9f, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0xf0, 0x90, 0xf4, 0xf5, 0xff), {
      maxLength: 12,
    })
    .map((list) => Buffer.from(list)),
  fc.uint8Array({ maxLength: 60 }).map((list) => Buffer.from(list)),
);
const cuts = fc.array(fc.nat({ max: 70 }), { maxLength: 8 });

const block = Block.create(1 << 16);

describe("a value that comes in pieces", () => {
  it.each(DATA_MODES)("is written as one that is whole, as %s", async (mode) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(bytes, cuts), { maxLength: 3 }), async (values) => {
        const rule = textRule(mode);
        const texts = new LargeTexts(rule?.printable ?? false);
        const pieces = values.map(([data, at]) => {
          const ends = [...at.map((each) => Math.min(each, data.length)).sort((a, b) => a - b), data.length];
          return ends.map((end, index) => data.subarray(ends[index - 1] ?? 0, end));
        });
        for (const each of pieces) {
          texts.begin();
          for (const piece of each) {
            piece.copy(block.bytes, block.start);
            texts.piece(block, block.start, block.start + piece.length);
          }
        }
        for (const [index, [data]] of values.entries()) {
          const whole = new JsonBytes();
          writeData(whole, mode, data, 0, data.length);
          const wanted = new MemorySink();
          await whole.drain(wanted);

          const sink = new MemorySink();
          const out = new JsonBytes();
          const large = new LargeData(out, mode, rule !== null && texts.isText(index), sink);
          for (const piece of pieces[index] as Buffer[]) await large.piece(piece, 0, piece.length);
          expect(large.end()).toBe(true);
          await out.drain(sink);
          expect(sink.toString()).toBe(wanted.toString());
        }
      }),
      runs(300, 80),
    );
  });

  it("that is no text after all, is told", async () => {
    const large = new LargeData(new JsonBytes(), "auto", true, new MemorySink());
    await large.piece(Buffer.from([0x41, 0xff]), 0, 2);
    expect(large.end()).toBe(false);
  });
});

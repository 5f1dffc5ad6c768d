import fc from "fast-check";
import { expect, test } from "vitest";
import { JuteReader, JuteWriter } from "../../src/jute/index.js";

function readerOf(bytes: Uint8Array): JuteReader {
  return new JuteReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

const field = fc.oneof(
  fc.record({ kind: fc.constant("byte" as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant("int" as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
  fc.record({ kind: fc.constant("long" as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ kind: fc.constant("string" as const), value: fc.option(fc.string({ unit: "grapheme" })) }),
);

function encode(fields: readonly (typeof field extends fc.Arbitrary<infer T> ? T : never)[]): Buffer {
  const writer = new JuteWriter(1);
  for (const { kind, value } of fields) {
    if (kind === "byte") writer.byte(value);
    else if (kind === "int") writer.int(value);
    else if (kind === "long") writer.long(value);
    else writer.string(value);
  }
  return Buffer.from(writer.bytes);
}

test("what was written is what is read", () => {
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const reader = readerOf(encode(fields));
      for (const { kind, value } of fields) {
        const read =
          kind === "byte"
            ? reader.byte()
            : kind === "int"
              ? reader.int()
              : kind === "long"
                ? reader.bigLong()
                : reader.string();
        expect(read).toEqual(value);
      }
      expect(reader.ok).toBe(true);
      expect(reader.left).toBe(0);
    }),
  );
});

test("bytes cut anywhere end in ok = false, never in a throw", () => {
  const bytes = encode([
    { kind: "string", value: "/a/b" },
    { kind: "long", value: -2n },
    { kind: "int", value: 7 },
  ]);
  for (let cut = 0; cut < bytes.length; cut++) {
    const reader = readerOf(bytes.subarray(0, cut));
    reader.string();
    reader.bigLong();
    reader.int();
    expect(reader.ok).toBe(false);
  }
});

test("lengths under -1 and beyond the end are impossible", () => {
  for (const length of [-2, -(2 ** 31), 5, 2 ** 31 - 1]) {
    const reader = readerOf(Buffer.from(new JuteWriter().int(length).raw(Buffer.alloc(4)).bytes));
    reader.buffer();
    expect(reader.ok).toBe(false);
    expect(reader.spanLength).toBe(0);
  }
});

test("null and empty buffers are told apart", () => {
  const reader = readerOf(Buffer.from(new JuteWriter().bytesOf(null).bytesOf(Buffer.alloc(0)).bytes));
  reader.buffer();
  expect(reader.spanLength).toBe(-1);
  reader.buffer();
  expect(reader.spanLength).toBe(0);
  expect(reader.ok).toBe(true);
});

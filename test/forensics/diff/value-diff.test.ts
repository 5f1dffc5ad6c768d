import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineDiff } from "../../../src/forensics/diff/line-diff.js";
import { diffValues, valueDiffLines } from "../../../src/forensics/diff/value-diff.js";

const shown = (before: string | Buffer | null, after: string | Buffer | null): string[] =>
  valueDiffLines(diffValues(bytes(before), bytes(after))).map(({ mark, text }) => `${mark}${text}`);
const bytes = (value: string | Buffer | null): Buffer | null => (value === null ? null : Buffer.from(value));

describe("values", () => {
  test("text, line by line with context", () => {
    expect(shown("a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nd\nE\nf\ng\n")).toEqual([
      "…2 lines",
      " c",
      " d",
      "-e",
      "+E",
      " f",
      " g",
    ]);
  });
  test("a line feed at the end is a difference", () => {
    expect(shown("a\nb", "a\nb\n")).toEqual([" a", "-b", "+b"]);
  });
  test("JSON, by key", () => {
    const before = '{"host":"a","ports":[1,2],"old":true, "nested":{"x/y":1}}';
    const after = '{"host":"b","ports":[1,3],"new":null,"nested":{"x/y":2}}';
    expect(shown(before, after)).toEqual([
      '-/host: "a"',
      '+/host: "b"',
      "-/ports/1: 2",
      "+/ports/1: 3",
      "-/old: true",
      "-/nested/x~1y: 1",
      "+/nested/x~1y: 2",
      "+/new: null",
    ]);
  });
  test("JSON that parsing would falsify is compared as text", () => {
    expect(shown('{"n":12345678901234567890}', '{"n":12345678901234567891}')).toEqual([
      '-{"n":12345678901234567890}',
      '+{"n":12345678901234567891}',
    ]);
    expect(diffValues(bytes('{"a":1,"a":2}'), bytes('{"a":3,"a":2}')).kind).toBe("text");
    expect(diffValues(bytes('{"a":1}'), bytes('{ "a": 1 }')).kind).toBe("text");
    expect(diffValues(bytes('{"__proto__":1}'), bytes('{"__proto__":2}')).kind).not.toBe("same");
  });
  test("null, empty and binary", () => {
    expect(diffValues(null, null).kind).toBe("same");
    expect(shown(null, "")).toEqual(["-null", "+empty"]);
    expect(shown("abc", null)).toEqual(["-3 bytes of text", "+null"]);
    expect(shown(Buffer.of(1, 0, 2), Buffer.of(1, 0, 3, 2))).toEqual([
      "-3 bytes of binary data",
      "+4 bytes of binary data",
      " the same: the first 2 bytes and the last byte",
    ]);
  });
});

test("a line diff turns the one into the other, for any texts", () => {
  const text = fc.array(fc.constantFrom("a\n", "b\n", "c\n", "d\n"), { maxLength: 30 }).map((lines) => lines.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = lineDiff(before, after, 1000).filter(({ mark }) => mark !== "…");
      const of = (mark: string): string =>
        lines
          .filter((line) => line.mark !== mark)
          .map((line) => `${line.text}\n`)
          .join("");
      if (before === after) return;
      expect(of("+")).toBe(before);
      expect(of("-")).toBe(after);
    }),
    { numRuns: 500 },
  );
});

test("values far apart are shown whole, quickly", () => {
  const many = (from: number): string => Array.from({ length: 20_000 }, (_, index) => `${from + index}\n`).join("");
  const lines = lineDiff(many(0), many(1e6), 2);
  expect(lines.filter(({ mark }) => mark === "-")).toHaveLength(20_000);
  expect(lines.filter(({ mark }) => mark === "+")).toHaveLength(20_000);
});

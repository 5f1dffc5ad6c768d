import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonBytes } from "../../src/export/json/json-bytes.js";
import { MemorySink } from "../../src/io/sink.js";
import { escaped, escapedLines, isPlain, jsonText } from "../../src/text/unsafe.js";

/** By Unicode's properties as this Node knows them; a later Unicode may know more, and fail here. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/u;
/** Named in so many words: a change of the properties must not let them through. */
const NAMED = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x2069],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
  [0xe0100, 0xe01ef],
] as const;

function* everyCharacter(): Generator<[number, string]> {
  for (let code = 0; code <= 0x10ffff; code++) yield [code, String.fromCodePoint(code)];
}

/** Every code point, those that are halves of surrogate pairs too. */
const any = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom("\\", "\n", "\\n", "\u202e", "x", "\\x1b", "\x1b", "\\u{202e}", "\u{e0041}"))
    .map((each) => each.join("")),
);

describe("text for a terminal", () => {
  test("has no hidden character, of all there are, and no blank but the space", () => {
    const through: string[] = [];
    for (const [code, character] of everyCharacter()) {
      const shown = escaped(character);
      const isHidden = HIDDEN.test(character) || /(?! )\p{Zs}|\p{NChar}|\u2800/u.test(character);
      if (isHidden === (shown === character) && character !== "\\") through.push(code.toString(16));
      if (!/^[\x20-\x7e]+$/.test(shown) && shown !== character) through.push(`${code.toString(16)} as ${shown}`);
      if (isPlain(character) === isHidden) through.push(`${code.toString(16)} is plain`);
    }
    expect(through).toEqual([]);
    for (const [first, last] of NAMED)
      for (let code = first; code <= last; code++) expect(escaped(String.fromCodePoint(code))).toMatch(/^\\/);
  });

  test("says what the text is: no two become one", () => {
    fc.assert(
      fc.property(any, (text) => {
        const shown = escaped(text);
        expect(isPlain(shown)).toBe(true);
        expect(unescaped(shown)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test("of several lines keeps them", () => {
    expect(escapedLines("a\n\x1b[31mb\r\n\\ c\u202e")).toBe("a\n\\x1b[31mb\\r\n\\ c\\u{202e}");
  });
});

/** What `escaped` undoes. */
function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|(.))/g, (_, byte: string, code: string, one: string) => {
    if (one !== undefined) return { n: "\n", r: "\r", t: "\t" }[one] ?? one;
    return String.fromCodePoint(Number.parseInt(byte ?? code, 16));
  });
}

describe("JSON", () => {
  test("has no hidden character, and the same value", () => {
    fc.assert(
      fc.property(any, any, (key, value) => {
        const json = jsonText({ [key]: [value, 1] });
        expect(json).not.toMatch(HIDDEN);
        expect(JSON.parse(json)).toEqual({ [key]: [value, 1] });
      }),
      { numRuns: 2000 },
    );
  });

  test("by the kernel is the same as by JavaScript, for every character", () => {
    const out = new JsonBytes();
    const different: string[] = [];
    for (let first = 0; first <= 0x10ffff; first += 0x100) {
      if (first >= 0xd800 && first < 0xe000) continue;
      // With something of its own between them, so that each is looked at by itself.
      const value = Array.from({ length: 0x100 }, (_, index) => String.fromCodePoint(first + index)).join("a");
      const bytes = Buffer.from(value);
      const sink = new MemorySink();
      const isText = out.text(bytes, 0, bytes.length, false);
      void out.drain(sink);
      if (!isText || sink.toString() !== jsonText(value)) different.push(first.toString(16));
    }
    expect(different).toEqual([]);
  });
});

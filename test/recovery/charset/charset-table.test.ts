import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { CHARSETS, codeOf, encoderOf } from "../../../src/recovery/charset/charset-table.js";

/**
 * The CRC-32 of what Java 17 encodes the characters as that a path can have, four bytes each, 0 where it has "?".
 * The tables are made of what Node.js decodes, which is not the same in all its releases.
 */
const JAVA: Record<string, number> = {
  "US-ASCII": 0x54a398f1,
  "windows-1252": 0xfa5ed350,
  "ISO-8859-1": 0x9f130c73,
  GBK: 0x07d0443e,
  "windows-31j": 0xdd8b2a4f,
  "x-windows-949": 0xdd8ac139,
  "x-windows-950": 0xbe350694,
  "windows-1251": 0x515d6ee0,
  "windows-1250": 0xe0104491,
  "ISO-8859-15": 0x9ab750b7,
  "ISO-8859-2": 0xcd2ff9d1,
  "windows-1254": 0x60c27108,
  "windows-1253": 0x4b33a5fe,
  "windows-1255": 0x5704c5cd,
  "windows-1256": 0x26ac8b68,
  "windows-1257": 0xda2904bf,
  "windows-1258": 0x23edbe31,
  "x-windows-874": 0x6f06db55,
  GB18030: 0x432b3819,
  GB2312: 0x7c5a370a,
  "x-euc-jp-linux": 0xa298fe9d,
  "EUC-JP": 0x7a9ece37,
  "EUC-KR": 0x0a6c7466,
  "KOI8-R": 0xa673ad4a,
  "KOI8-U": 0x1ea6314b,
  "ISO-8859-5": 0xf5fe9a0c,
  "ISO-8859-7": 0x62e70276,
  "ISO-8859-9": 0x6f0080ac,
  "ISO-8859-13": 0x42d7c3a5,
  "ISO-8859-3": 0xd8682fef,
  "ISO-8859-4": 0xa549f30c,
  "ISO-8859-6": 0x6f589bf7,
  "ISO-8859-8": 0x2fe21847,
  "TIS-620": 0x6930f8a1,
};

/** As PathUtils.validatePath has it: no controls, surrogates or private characters, and not the end of the plane. */
function inPaths(character: number): boolean {
  return (character >= 0xa0 && character < 0xd800) || (character >= 0xf900 && character < 0xfff0);
}

test.each(CHARSETS)("$name is Java's", (charset) => {
  const encoder = encoderOf(charset);
  const codes = Buffer.alloc(4 * 0x10000);
  let length = 0;
  for (let character = 0; character <= 0xffff; character++) {
    if (inPaths(character)) length = codes.writeUInt32BE(codeOf(encoder, character), length);
  }
  expect(crc32(codes.subarray(0, length))).toBe(JAVA[charset.name]);
});

test("of characters beyond U+FFFF only GB18030 has any", () => {
  const having = CHARSETS.map(encoderOf).filter((encoder) => codeOf(encoder, 0x1f600) !== 0);
  expect(having.map(({ name }) => name)).toEqual(["GB18030"]);
  const [encoder] = having;
  for (const character of [0x10000, 0x1f600, 0x20000, 0x10ffff]) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(encoder ? codeOf(encoder, character) : 0);
    expect(new TextDecoder("gb18030").decode(bytes).codePointAt(0)).toBe(character);
  }
});

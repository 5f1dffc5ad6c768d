import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fileBytes } from "../../src/io/file-bytes.js";
import type { StoredSource } from "../../src/io/stored-bytes.js";
import { convertedLineEnds, WithoutTextMode } from "../../src/io/text-mode.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();

/** What a text mode does. */
function converted(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}

function readAll(source: StoredSource, pieces: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  for (let turn = 0; ; turn++) {
    const part = Buffer.alloc(pieces[turn % pieces.length] as number);
    const count = source.read(part, 0, part.length);
    if (count === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, count));
  }
}

const ends = fc.array(fc.constantFrom(0x0a, 0x0d, 0x00, 0x41), { maxLength: 60 }).map((bytes) => Buffer.from(bytes));

test("whatever the bytes are, they come back", () => {
  fc.assert(
    fc.property(ends, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), fc.nat(70), (bytes, pieces, at) => {
      const path = join(folder(), "file");
      writeFileSync(path, converted(bytes));
      const stored = fileBytes(path);
      const lineEnds = bytes.filter((byte) => byte === 0x0a).length;
      expect(convertedLineEnds(stored)).toBe(lineEnds === 0 ? null : lineEnds);
      const cured = new WithoutTextMode(stored, lineEnds);
      expect(cured.size).toBe(bytes.length);
      const source = cured.open();
      expect(source.peek(8)).toEqual(bytes.subarray(0, 8));
      expect(readAll(source, pieces)).toEqual(bytes);
      expect(readAll(source.again(), pieces)).toEqual(bytes);
      expect(cured.readAt(at, 5)).toEqual(bytes.subarray(at, at + 5));
      source.close();
    }),
  );
});

test("line ends across the pieces that are read", () => {
  const bytes = Buffer.alloc(1 << 20, "\r\n");
  for (const shift of [0, 1, 2, 3]) {
    const path = join(folder(), `${shift}`);
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
    writeFileSync(path, converted(whole));
    const cured = new WithoutTextMode(fileBytes(path), convertedLineEnds(fileBytes(path)) as number);
    expect(readAll(cured.open(), [100_000]).equals(whole)).toBe(true);
  }
});

test("an LF without a CR tells that no text mode was there", () => {
  const path = join(folder(), "file");
  writeFileSync(path, "one\r\ntwo\nthree\r\n");
  expect(convertedLineEnds(fileBytes(path))).toBeNull();
});

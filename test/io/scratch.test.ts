import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gunzipped } from "../../src/io/chunks.js";
import { Scratch } from "../../src/io/scratch.js";
import { plain } from "../../src/text/message.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();

async function* chunks(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

const KIB = 1 << 10;
const part = fc
  .tuple(fc.constantFrom(0, 0, 7), fc.constantFrom(1, 100, 64 * KIB, 64 * KIB + 1, 200 * KIB))
  .map(([byte, length]) => Buffer.alloc(length, byte));

test("what is kept is what came, in whatever pieces, and takes no room for zeros", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
      const scratch = new Scratch(folder());
      const { place, damage } = await scratch.keep(chunks(parts));
      expect(damage).toBeNull();
      expect(readFileSync(place.path).equals(Buffer.concat(parts))).toBe(true);
      expect(place.status?.size).toBe(Buffer.concat(parts).length);
      scratch.remove();
    }),
    { numRuns: 50 },
  );
  const scratch = new Scratch(folder());
  const { place } = await scratch.keep(chunks(Array<Buffer>(64).fill(Buffer.alloc(1 << 20))));
  expect(statSync(place.path)).toMatchObject({ size: 64 << 20, blocks: 0 });
  scratch.remove();
});

test("nothing is made before it is needed, and nothing is left", async () => {
  const scratch = new Scratch(folder());
  expect(readdirSync(folder())).toEqual([]);
  const { place } = await scratch.keep(chunks([Buffer.from("secret")]));
  expect(statSync(join(place.path, "..")).mode & 0o777).toBe(0o700);
  scratch.remove();
  scratch.remove();
  expect(existsSync(place.path)).toBe(false);
  expect(readdirSync(folder())).toEqual([]);
});

test("a compressed stream that is cut is kept up to there; what is no damage of it is thrown", async () => {
  const scratch = new Scratch(folder());
  const whole = Buffer.concat(Array.from({ length: 5000 }, (_, index) => Buffer.from(`line ${index}\n`)));
  const { place, damage } = await scratch.keep(gunzipped(chunks([gzipSync(whole).subarray(0, -9)])));
  expect(plain(damage as NonNullable<typeof damage>)).toBe("gzip: unexpected end of file");
  expect(readFileSync(place.path).equals(whole)).toBe(true);
  async function* failing(): AsyncGenerator<Buffer> {
    yield gzipSync(whole).subarray(0, 50);
    throw new Error("the disk is gone");
  }
  await expect(scratch.keep(gunzipped(failing()))).rejects.toThrow("the disk is gone");
  scratch.remove();
});

test("a folder where nothing can be made is named", async () => {
  mkdirSync(join(folder(), "there"));
  const scratch = new Scratch(join(folder(), "nowhere"));
  await expect(scratch.keep(chunks([Buffer.from("x")]))).rejects.toThrow(/nowhere/);
});

import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adler32, Block } from "../../src/checksum/index.js";
import { openBytes } from "../../src/io/open-bytes.js";
import { Window } from "../../src/io/window.js";

const MB = 1 << 20;
const folder = mkdtempSync(join(tmpdir(), "window-"));
const path = join(folder, "file");
let content: Buffer;

beforeAll(() => {
  // Seven chunks and a bit, nowhere the same for long.
  const words = new Uint32Array((7 * MB) / 4 + 300);
  for (let index = 0, seed = 1; index < words.length; index++)
    words[index] = seed = (seed * 1664525 + 1013904223) >>> 0;
  content = Buffer.from(words.buffer).subarray(0, 7 * MB + 1001);
  writeFileSync(path, content);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads to the end in steps of these sizes, again and again, and answers what was there. */
async function readAll(window: Window, steps: readonly number[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let index = 0; ; index++) {
    const step = steps[index % steps.length] as number;
    const whole = await window.need(step);
    // Where less is left than was asked for, only a chunk of it need be there.
    const count = Math.min(step, window.available);
    pieces.push(Buffer.from(window.block.bytes.subarray(window.position, window.position + count)));
    window.position += count;
    if (!whole && !(await window.need(1))) return Buffer.concat(pieces);
  }
}

describe("a window over a file of many chunks", () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 1000, max: 300_000 }), fc.integer({ min: MB, max: 5 * MB })), {
    minLength: 1,
    maxLength: 8,
  });

  test("gives every byte once, in steps of any size, and sums them", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (sizes, keeps) => {
        const source = openBytes(path);
        const keep = keeps ? { next: (atLeast: number) => Block.create(Math.max(atLeast, 3 * MB)) } : null;
        const window = new Window(source, { keep, sums: true });
        const read = await readAll(window, sizes);
        const sum = window.adlerUpTo(window.position);
        expect(window.offset).toBe(content.length);
        expect(source.storedRead).toBe(content.length);
        window.close();
        source.close();
        expect(read.equals(content)).toBe(true);
        expect(sum).toBe(adler32(content));
      }),
      { numRuns: 30 },
    );
  });

  test("gives every byte where more was asked for than is left, and more than a chunk of it was there", async () => {
    const source = openBytes(path);
    const window = new Window(source);
    const read = await readAll(window, [Math.ceil(content.length / 2) + 1]);
    window.close();
    source.close();
    expect(read.equals(content)).toBe(true);
  });

  test("closed in the midst of reading ahead, leaves the next one's memory alone", async () => {
    for (let round = 0; round < 20; round++) {
      const first = openBytes(path);
      const left = new Window(first);
      await left.need(10);
      left.position = left.limit;
      await left.need(10);
      left.close();
      first.close();
      const second = openBytes(path);
      const window = new Window(second);
      const read = await readAll(window, [100_000]);
      window.close();
      second.close();
      expect(read.equals(content)).toBe(true);
    }
  });

  test("ends early where the file was cut while it was read", async () => {
    const cut = join(folder, "cut");
    writeFileSync(cut, content);
    const source = openBytes(cut);
    const window = new Window(source);
    await window.need(MB + 1);
    const descriptor = openSync(cut, "r+");
    ftruncateSync(descriptor, 3 * MB + 5);
    closeSync(descriptor);
    const read = await readAll(window, [300_000]);
    window.close();
    source.close();
    expect(read.equals(readFileSync(cut))).toBe(true);
  });
});

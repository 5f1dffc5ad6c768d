import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { endWriting, FollowedFile, haveWritten, nothingWritten } from "../../../src/io/new/followed-file.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

/** Appends to a file in steps, and says after each how much there is. */
const WRITER = `
const { workerData: { path, bytes, steps } } = require("node:worker_threads");
const { appendFileSync } = require("node:fs");
let count = 0;
for (const [index, step] of steps.entries()) {
  appendFileSync(path, Buffer.alloc(step, index));
  count += step;
  Atomics.store(bytes, 0, BigInt(count));
  Atomics.notify(bytes, 0);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, index % 3);
}
Atomics.store(bytes, 1, 1n);
Atomics.notify(bytes, 0);
`;

test("a file is read while another thread writes it: all of it, and nothing before it is there", async () => {
  const path = join(folder(), "growing");
  writeFileSync(path, "");
  const steps = [1, 70_000, 3, 3, 200_000, 65_536, 1];
  const written = nothingWritten();
  const size = steps.reduce((sum, step) => sum + step, 0);
  const worker = new Worker(WRITER, { eval: true, workerData: { path, bytes: written.bytes, steps } });
  const file = new FollowedFile(path, size, written);
  const target = Buffer.alloc(size + 100, 0xff);
  let end = 0;
  for (let count = -1; count !== 0; end += count) count = file.read(target, end, 50_000);
  file.close();
  expect(end).toBe(size);
  const expected = Buffer.concat(steps.map((step, index) => Buffer.alloc(step, index)));
  expect(target.subarray(0, end).equals(expected)).toBe(true);
  await worker.terminate();
});

test("a file that is given up ends where it is; bytes that are on disk, but not said to be written, are not read", () => {
  const path = join(folder(), "given-up");
  writeFileSync(path, "abcdef");
  const written = nothingWritten();
  haveWritten(written, 4);
  endWriting(written);
  const file = new FollowedFile(path, 100, written);
  const target = Buffer.alloc(10);
  expect([file.read(target, 0, 10), file.read(target, 4, 10), target.toString("latin1", 0, 5)]).toEqual([
    4,
    0,
    "abcd\0",
  ]);
  file.close();
});

import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { crc32c } from "../../src/checksum/index.js";
import { openBytes } from "../../src/io/open-bytes.js";
import { createStored } from "../../src/io/stored-writer.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();

async function read(path: string): Promise<Buffer> {
  const source = openBytes(path);
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(1 << 20);
    const count = await source.read(part, 0, part.length);
    if (count === 0) break;
    parts.push(part.subarray(0, count));
  }
  source.close();
  return Buffer.concat(parts);
}

test.each(["none", "gzip", "snappy"] as const)("%s: what is written in many pieces reads back", async (compression) => {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listener);
  const path = join(folder(), compression);
  const writer = createStored(path, compression);
  const whole: Buffer[] = [];
  // The caller fills the same memory again.
  const piece = Buffer.alloc(256 << 10);
  for (let index = 0; index < 100; index++) {
    randomBytes(64).copy(piece, index * 7);
    whole.push(Buffer.from(piece));
    await writer.write(piece);
  }
  const stored = await writer.finish();
  await new Promise(setImmediate);
  process.off("warning", listener);
  expect(warnings).toEqual([]);
  const bytes = readFileSync(path);
  expect(stored).toEqual({ size: bytes.length, crc32c: crc32c(bytes) });
  expect((await read(path)).equals(Buffer.concat(whole))).toBe(true);
  if (compression === "gzip") expect(gunzipSync(bytes).equals(Buffer.concat(whole))).toBe(true);
});

test("a failing disk is the error of the next write, whatever the compression", async () => {
  for (const compression of ["gzip", "snappy"] as const) {
    const writer = createStored(join(folder(), compression), compression);
    // As a disk that is full: the system refuses to write to it.
    const file = Reflect.get(writer, "file") as { writeNow(bytes: Buffer): void };
    file.writeNow = () => {
      throw Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
    };
    const failing = (async () => {
      for (let index = 0; index < 50; index++) await writer.write(randomBytes(1 << 20));
      await writer.finish();
    })();
    await expect(failing).rejects.toThrow("full");
    writer.abandon();
  }
});

test("a file that is given up while a large piece is on its way is closed when that is done, and not before", async () => {
  const path = join(folder(), "given-up");
  const writer = createStored(path, "none");
  const piece = randomBytes(8 << 20);
  const writing = writer.write(piece);
  writer.abandon();
  // Whatever gets the descriptor's number by now must not get what is still to be written.
  const other = join(folder(), "other");
  const descriptors = Array.from({ length: 20 }, (_, index) => openSync(`${other}${index}`, "w"));
  await writing;
  for (const [index, descriptor] of descriptors.entries()) {
    closeSync(descriptor);
    expect(readFileSync(`${other}${index}`).length).toBe(0);
  }
  expect(readFileSync(path).equals(piece)).toBe(true);
});

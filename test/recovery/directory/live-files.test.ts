import {
  appendFileSync,
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { discover, verify } from "../../../src/recovery/index.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

/** A copy of a real data directory; its last log, cut where its records end. */
function copy(): { version: string; last: string; size: number } {
  cpSync(fixtureDir("3.8.6-standalone"), folder(), { recursive: true });
  const version = join(folder(), "version-2");
  const last = join(version, "log.e40");
  const bytes = readFileSync(last);
  let size = 16;
  while (size + 12 < bytes.length && bytes.readInt32BE(size + 8) > 0) size += 13 + bytes.readInt32BE(size + 8);
  truncateSync(last, size);
  return { version, last, size };
}

/** Half a record, as a server's write can look from outside: checksum, length, some of the payload. */
const HALF = Buffer.concat([Buffer.from("000000001234567800000040", "hex"), Buffer.alloc(20, 1)]);

async function found(directory: ReturnType<typeof discover>): Promise<string[]> {
  const { findings } = await verify(directory);
  return findings.filter(({ code }) => !code.startsWith("session.")).map(({ code, severity }) => `${severity} ${code}`);
}

/** Makes the time of its last change another than it was. */
function touch(path: string): void {
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
}

test("a log that grew is no finding, and what is being written at its end is not torn", async () => {
  const { last } = copy();
  const directory = discover([folder()]);
  const before = await found(directory);
  appendFileSync(last, HALF);
  touch(last);
  expect(await found(directory)).toEqual(before);
  // The same file, found as it is now, is torn.
  expect(await found(discover([folder()]))).toContain("warning log.torn-tail");
});

test("a record written into the padding is no finding", async () => {
  const { last, size } = copy();
  appendFileSync(last, Buffer.alloc(100_000));
  const directory = discover([folder()]);
  const before = await found(directory);
  const descriptor = openSync(last, "r+");
  writeSync(descriptor, HALF, 0, HALF.length, size);
  closeSync(descriptor);
  touch(last);
  expect(await found(directory)).toEqual(before);
});

test("a log that became shorter, and a snapshot that changed, are told", async () => {
  const { version, last, size } = copy();
  const directory = discover([folder()]);
  truncateSync(last, size - 5);
  const snapshot = readdirSync(version).find((name) => name.startsWith("snapshot.e")) as string;
  touch(join(version, snapshot));
  const findings = await found(directory);
  expect(findings.filter((each) => each === "note file.changed")).toHaveLength(2);
  expect(findings).toContain("note log.torn-tail");
});

test("a file that vanishes is that file's finding", async () => {
  const { version } = copy();
  const directory = discover([folder()]);
  rmSync(join(version, "log.76d"));
  rmSync(join(version, "snapshot.207"));
  const { findings, sound, logs } = await verify(directory);
  expect(sound).toBe(false);
  const gone = findings.filter(({ code }) => code === "file.unreadable").map(({ file }) => file);
  expect(gone).toEqual([join(version, "log.76d"), join(version, "snapshot.207")]);
  expect(logs.reduce((sum, { transactions }) => sum + transactions, 0)).toBeGreaterThan(1000);
});

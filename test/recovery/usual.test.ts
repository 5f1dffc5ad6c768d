import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { adler32 } from "../../src/checksum/index.js";
import { discover, verify } from "../../src/recovery/index.js";
import { TxnCursor } from "../../src/txn/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
let version = "";

beforeEach(() => {
  version = join(folder(), "data/version-2");
  cpSync(join(fixtureDir("3.8.6-standalone"), "version-2"), version, { recursive: true });
});

const named = (prefix: string): string[] =>
  readdirSync(version)
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => zxidOf(a) - zxidOf(b));
const zxidOf = (name: string): number => Number.parseInt(name.split(".")[1] as string, 16);
const pathOf = (name: string): string => join(version, name);

/** `severity code file` of what is found beyond what is found in the directory as it was. */
async function found(): Promise<string[]> {
  const { findings } = await verify(discover([join(folder(), "data")]));
  return findings
    .filter(({ code }) => code !== "acl.dangling")
    .map(({ severity, code, file }) => `${severity} ${code} ${file?.slice(version.length + 1) ?? ""}`);
}

/** The records of a log, without the digests that follow their bodies. */
function withoutDigests(log: Buffer): Buffer {
  const frames = [log.subarray(0, 16)];
  const cursor = new TxnCursor();
  for (let at = 16; at + 12 < log.length && log.readInt32BE(at + 8) > 0; ) {
    const length = log.readInt32BE(at + 8);
    cursor.parse(new DataView(log.buffer, log.byteOffset, log.length), at + 12, at + 12 + length);
    const payload = log.subarray(at + 12, cursor.hasDigest ? cursor.bodyEnd : at + 12 + length);
    const head = Buffer.alloc(12);
    head.writeBigInt64BE(BigInt(adler32(payload)));
    head.writeInt32BE(payload.length, 8);
    frames.push(head, payload, Buffer.from("B"));
    at += 12 + length + 1;
  }
  return Buffer.concat(frames);
}

/** Bytes of a digest and its seal. */
const DIGEST = 33;

test("the directory itself", async () => {
  expect(await found()).toEqual([]);
});

describe("the first snapshot after digests were switched off, or after a downgrade", () => {
  // The server was started anew with it: the log before it ends with its zxid.
  const last = (): string => "snapshot.a9f";
  beforeEach(() => {
    truncateSync(pathOf(last()), readFileSync(pathOf(last())).length - DIGEST);
    rmSync(pathOf("snapshot.e3c"));
  });
  const later = (): string[] => named("log").filter((name) => zxidOf(name) > zxidOf(last()));

  test("is none of a kind: transactions without digests follow", async () => {
    expect(later().length).toBeGreaterThan(0);
    for (const name of later()) writeFileSync(pathOf(name), withoutDigests(readFileSync(pathOf(name))));
    expect((await found()).filter((each) => /snapshot.layout|^warning|^error/.test(each))).toEqual([]);
  });

  test("may be so where nothing follows", async () => {
    for (const name of later()) rmSync(pathOf(name));
    expect(await found()).toContain(`note snapshot.layout ${last()}`);
    expect((await found()).filter((each) => !each.startsWith("note"))).toEqual([]);
  });

  test("is not that where transactions with digests follow: it was cut", async () => {
    expect(await found()).toContain(`warning snapshot.layout ${last()}`);
  });
});

describe("a snapshot of 0 bytes", () => {
  test("is left by a server that was killed", async () => {
    writeFileSync(pathOf("snapshot.f08"), "");
    expect(await found()).toEqual(["note file.empty snapshot.f08"]);
  });

  test("of what no log has come to is more than that", async () => {
    writeFileSync(pathOf("snapshot.f09"), "");
    expect(await found()).toEqual(["warning file.empty snapshot.f09"]);
  });
});

describe("two snapshots of one zxid", () => {
  test("are left where compression was switched on", async () => {
    const name = named("snapshot").at(-1) as string;
    writeFileSync(pathOf(`${name}.gz`), gzipSync(readFileSync(pathOf(name))));
    expect(await found()).toEqual([`note file.duplicate ${name}.gz`]);
  });

  test("that hold other znodes are a warning", async () => {
    const [before, name] = named("snapshot").slice(-2) as [string, string];
    writeFileSync(pathOf(`${name}.gz`), gzipSync(readFileSync(pathOf(before))));
    expect(await found()).toContain(`warning file.duplicate ${name}.gz`);
  });
});

describe("a torn tail", () => {
  /** Appends the beginning of a record whose rest was never written. */
  const tear = (name: string): void => {
    const bytes = readFileSync(pathOf(name));
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    writeFileSync(pathOf(name), Buffer.concat([bytes.subarray(0, end), bytes.subarray(16, 60)]));
  };

  test("is no matter where the next log goes on", async () => {
    const name = named("log").at(-3) as string;
    tear(name);
    expect(await found()).toEqual([`note log.torn-tail ${name}`]);
  });

  test("where the next log does not go on from it is a warning", async () => {
    const [name, next] = named("log").slice(-3) as [string, string];
    tear(name);
    rmSync(pathOf(next));
    expect(await found()).toContain(`warning log.torn-tail ${name}`);
  });

  test("of the newest log is a warning", async () => {
    const name = named("log").at(-1) as string;
    tear(name);
    expect(await found()).toEqual([`warning log.torn-tail ${name}`]);
  });
});

test("a snapshot that the admin server gave: without a zxid in its name, and beside the others", async () => {
  const name = named("snapshot").at(-1) as string;
  const path = join(folder(), "downloaded");
  cpSync(pathOf(name), path);
  const { findings } = await verify(discover([path]));
  expect(findings.filter(({ severity }) => severity !== "note")).toEqual([]);
});

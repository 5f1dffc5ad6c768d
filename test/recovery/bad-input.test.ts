import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { adler32 } from "../../src/checksum/index.js";
import { JuteWriter } from "../../src/jute/index.js";
import { discover, rebuild, verify } from "../../src/recovery/index.js";
import { encodeAcl } from "../../src/storage/acl.js";
import { fixtureDir } from "../fixtures/index.js";

/** A copy of a real data directory, to be damaged. */
let folder: string;
let version: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-"));
  cpSync(fixtureDir("3.8.6-standalone"), folder, { recursive: true });
  version = join(folder, "version-2");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const byZxid = (a: string, b: string): number =>
  Number(BigInt(`0x${a.split(".")[1]}`) - BigInt(`0x${b.split(".")[1]}`));
const logs = (): string[] =>
  readdirSync(version)
    .filter((name) => name.startsWith("log."))
    .sort(byZxid);
const snapshots = (): string[] =>
  readdirSync(version)
    .filter((name) => name.startsWith("snapshot."))
    .sort(byZxid);
const at = <T>(list: readonly T[], index: number): T => list.at(index) as T;

async function codes(path = folder): Promise<string[]> {
  const { findings, sound } = await verify(discover([path]));
  const serious = findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);
  expect(sound).toBe(findings.every(({ severity }) => severity !== "error"));
  return [...new Set(serious)];
}

function edit(name: string, change: (bytes: Buffer) => Buffer | void): void {
  const path = join(version, name);
  const bytes = readFileSync(path);
  writeFileSync(path, change(bytes) ?? bytes);
}

/** Where the records of a log begin and end. */
function records(bytes: Buffer): { start: number; end: number }[] {
  const list = [];
  for (let start = 16; start + 12 < bytes.length; ) {
    const length = bytes.readInt32BE(start + 8);
    if (length === 0) break;
    list.push({ start, end: start + 12 + length + 1 });
    start += 12 + length + 1;
  }
  return list;
}

describe("files", () => {
  test("empty", async () => {
    writeFileSync(join(version, at(logs(), -1)), "");
    expect(await codes()).toEqual(["file.empty", "snapshot.ahead"]);
  });

  test("header cut short", async () => {
    truncateSync(join(version, at(logs(), -1)), 9);
    expect(await codes()).toContain("file.short-header");
  });

  test("wrong magic, wrong version", async () => {
    edit(at(logs(), 0), (bytes) => void bytes.writeUInt32BE(0x12345678, 0));
    edit(at(logs(), 1), (bytes) => void bytes.writeInt32BE(3, 4));
    expect(await codes()).toEqual(expect.arrayContaining(["log.header", "file.version"]));
  });

  test("a path that does not exist", () => {
    expect(() => discover([join(folder, "nothing")])).toThrowError(expect.objectContaining({ exitCode: 3 }));
  });

  test("a folder without a data directory names those below it", () => {
    mkdirSync(join(folder, "above/server1"), { recursive: true });
    cpSync(version, join(folder, "above/server1/version-2"), { recursive: true });
    expect(() => discover([join(folder, "above")])).toThrowError(
      expect.objectContaining({
        exitCode: 2,
        hint: expect.stringContaining("above/server1"),
      }),
    );
  });

  test("a name that lies about its zxid, and a log under a snapshot's name", async () => {
    const [, log] = logs();
    copyFileSync(join(version, log as string), join(version, "log.f0000"));
    expect(await codes()).toEqual(expect.arrayContaining(["file.name", "log.duplicate"]));
    rmSync(join(version, "log.f0000"));
    copyFileSync(join(version, log as string), join(version, "snapshot.f0000"));
    expect(await codes()).toEqual(expect.arrayContaining(["file.name"]));
  });

  test("a symlink is followed, one that leads nowhere is a finding", async () => {
    const linked = join(folder, "linked");
    symlinkSync(version, linked);
    expect(await codes(linked)).toEqual([]);
    symlinkSync(join(folder, "nowhere"), join(version, "log.fffff"));
    expect(await codes()).toEqual(["file.unreadable", "server.start"]);
  });

  test("a folder under a log's name", async () => {
    mkdirSync(join(version, "log.fffff"));
    expect(await codes()).toEqual(["file.unreadable", "server.start"]);
  });

  test("what a crash left behind, and strangers, are notes", async () => {
    writeFileSync(join(version, "snapshot.5.tmp"), "half");
    writeFileSync(join(version, "acceptedEpoch.tmp"), "3");
    writeFileSync(join(version, "README"), "hello");
    const { findings, sound } = await verify(discover([folder]));
    expect(sound).toBe(true);
    expect(findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["file.leftover", "file.set-aside", "file.unknown"]),
    );
  });

  test("files that change while they are read are a note, and their tail is not called torn", async () => {
    const directory = discover([folder]);
    const name = at(logs(), -1);
    const last = at(records(readFileSync(join(version, name))), -1);
    truncateSync(join(version, name), last.end - 5);
    const { findings } = await verify(directory);
    const found = findings.filter(({ file }) => file?.endsWith(name));
    expect(found.map(({ code }) => code)).toEqual(expect.arrayContaining(["file.changed", "log.torn-tail"]));
    expect(found.every(({ severity }) => severity === "note")).toBe(true);
  });
});

describe("logs", () => {
  test("zero padding in the middle", async () => {
    edit(at(logs(), 0), (bytes) => {
      const middle = at(records(bytes), 20).start;
      return Buffer.concat([bytes.subarray(0, middle), Buffer.alloc(100), bytes.subarray(middle)]);
    });
    expect(await codes()).toEqual(["log.after-padding"]);
  });

  test("a length that is negative, or larger than the file", async () => {
    edit(at(logs(), 0), (bytes) => void bytes.writeInt32BE(-5, at(records(bytes), 20).start + 8));
    expect(await codes()).toContain("log.length");
    edit(at(logs(), 1), (bytes) => void bytes.writeInt32BE(0x7fffffff, at(records(bytes), 20).start + 8));
    expect(await codes()).toContain("log.length");
  });

  test("a flipped bit stops the server and is a hole for a replay", async () => {
    edit(at(logs(), -1), (bytes) => {
      const { end } = at(records(bytes), 3);
      bytes[end - 10] = (bytes[end - 10] as number) ^ 4;
    });
    const result = await verify(discover([folder]));
    expect(result.findings.map(({ code }) => code)).toContain("log.crc");
    expect(result.startable.starts).toBe(false);
    await expect(rebuild(discover([folder]))).rejects.toMatchObject({ exitCode: 4 });
    const state = await rebuild(discover([folder]), undefined, { inexact: true });
    expect(state.exact).toBe(false);
  });

  test("a hole between files", async () => {
    rmSync(join(version, at(logs(), 2)));
    const found = await verify(discover([folder]));
    expect(found.coverage.gaps.length).toBe(1);
    expect(
      found.findings.map(({ code }) => code).some((code) => code === "coverage.gap" || code === "coverage.bridged-gap"),
    ).toBe(true);
  });

  test("an unknown transaction type is reported and does not stop the reading of the rest", async () => {
    let zxid = 0n;
    edit(at(logs(), -1), (bytes) => {
      const { start, end } = at(records(bytes), -2);
      bytes.writeInt32BE(77, start + 12 + 28);
      bytes.writeUInt32BE(adler32(bytes.subarray(start + 12, end - 1)), start + 4);
      zxid = bytes.readBigInt64BE(start + 12 + 12);
    });
    const { findings, logs: scans } = await verify(discover([folder]));
    expect(findings.find(({ code }) => code === "log.unknown-type")).toMatchObject({ zxid });
    expect(scans.at(-1)?.end).toBe("clean");
  });

  test("a body that does not parse, under a right checksum", async () => {
    edit(at(logs(), 0), (bytes) => {
      const { start, end } = at(records(bytes), 2);
      bytes.writeInt32BE(0x00ffffff, start + 12 + 32);
      bytes.writeUInt32BE(adler32(bytes.subarray(start + 12, end - 1)), start + 4);
    });
    expect(await codes()).toEqual(expect.arrayContaining(["log.malformed"]));
  });

  test("the same zxid with other bytes", async () => {
    const [first] = logs();
    edit(first as string, (bytes) => {
      const { start, end } = at(records(bytes), 4);
      const other = Buffer.from(bytes.subarray(start, end));
      other.writeBigInt64BE(other.readBigInt64BE(12 + 20) + 1n, 12 + 20);
      other.writeUInt32BE(adler32(other.subarray(12, -1)), 4);
      return Buffer.concat([bytes.subarray(0, end), other, bytes.subarray(end)]);
    });
    expect(await codes()).toEqual(["log.conflict"]);
  });
});

describe("snapshots", () => {
  test("damaged newest: the next older one is taken, and that is said", async () => {
    const name = at(snapshots(), -1);
    edit(name, (bytes) => {
      bytes[2000] = (bytes[2000] as number) ^ 1;
    });
    const state = await rebuild(discover([folder]));
    expect(state.exact).toBe(true);
    expect(state.findings.map(({ code }) => code)).toContain("snapshot.seal");
    expect(state.plan[0]).toMatchObject({ file: name, use: "rejected" });
  });

  test("trailing garbage", async () => {
    appendFileSync(join(version, at(snapshots(), 1)), "garbage");
    expect(await codes()).toEqual(expect.arrayContaining(["snapshot.trailing"]));
  });

  test("two of one zxid, plain and gzip", async () => {
    const name = at(snapshots(), 1);
    const other = at(snapshots(), 2);
    writeFileSync(join(version, `${name}.gz`), gzipSync(readFileSync(join(version, other))));
    expect(await codes()).toContain("file.duplicate");
  });

  test("a gzip stream that is cut, damaged or followed by bytes; one without its suffix", async () => {
    const name = at(snapshots(), -1);
    const packed = gzipSync(readFileSync(join(version, name)));
    rmSync(join(version, name));
    const path = join(version, `${name}.gz`);
    writeFileSync(path, packed.subarray(0, packed.length - 100));
    expect(await codes()).toContain("file.compression");
    const damaged = Buffer.from(packed);
    damaged[packed.length >> 1] = (damaged[packed.length >> 1] as number) ^ 0x10;
    writeFileSync(path, damaged);
    expect((await codes()).length).toBeGreaterThan(0);
    writeFileSync(path, Buffer.concat([packed, Buffer.from("more")]));
    expect(await codes()).toEqual(["file.compression"]);
    rmSync(path);
    writeFileSync(join(version, name), packed);
    expect(await codes()).toEqual(["file.suffix"]);
  });

  test("a znode without its parent, a dangling ACL id, an owner without its session", async () => {
    rmSync(version, { recursive: true });
    mkdirSync(version);
    const znode = (path: string, acl: bigint, owner = 0n): Buffer =>
      Buffer.from(
        new JuteWriter()
          .string(path)
          .bytesOf(Buffer.from("x"))
          .long(acl)
          .long(1n)
          .long(1n)
          .long(0n)
          .long(0n)
          .int(0)
          .int(0)
          .int(0)
          .long(owner)
          .long(1n).bytes,
      );
    const body = Buffer.concat([
      Buffer.from(
        new JuteWriter()
          .int(0x5a4b534e)
          .int(2)
          .long(-1n)
          .int(0)
          .int(1)
          .long(1n)
          .raw(encodeAcl([{ perms: 1, scheme: "world", id: "anyone" }])).bytes,
      ),
      znode("", -1n),
      znode("/a", 1n),
      znode("/a/b", 9n),
      znode("/lost/child", 1n),
      znode("/mine", 1n, 0x1234n),
      Buffer.from(new JuteWriter().string("/").bytes),
    ]);
    const seal = new JuteWriter().long(BigInt(adler32(body))).string("/").bytes;
    writeFileSync(join(version, "snapshot.1"), Buffer.concat([body, seal]));
    const { findings, snapshots: scans } = await verify(discover([folder]));
    const found = new Map(findings.map((each) => [each.code, each]));
    expect(found.get("snapshot.orphan")).toMatchObject({ path: "/lost/child", severity: "error" });
    expect(found.get("acl.dangling")).toMatchObject({ path: "/a/b" });
    expect(found.get("session.missing-owner")).toMatchObject({ path: "/mine" });
    expect(scans[0]?.trailers?.sealed).toBe(true);
  });
});

describe("directories", () => {
  test("without snapshots, with the logs from the beginning: rebuilt from nothing, but no server starts", async () => {
    for (const name of snapshots()) rmSync(join(version, name));
    const { startable } = await verify(discover([folder]));
    expect(startable.starts).toBe(false);
    const state = await rebuild(discover([folder]));
    expect(state).toMatchObject({ exact: true, digest: { verified: true } });
  });

  test("without snapshots and without the first log: nothing can be rebuilt", async () => {
    for (const name of [...snapshots(), at(logs(), 0)]) rmSync(join(version, name));
    expect(await codes()).toEqual(expect.arrayContaining(["coverage.no-snapshot", "coverage.gap", "coverage.none"]));
    await expect(rebuild(discover([folder]))).rejects.toMatchObject({ exitCode: 4 });
  });

  test("without logs: a snapshot that is not fuzzy is an exact point, a fuzzy one is not", async () => {
    for (const name of logs()) rmSync(join(version, name));
    const { findings } = await verify(discover([folder]));
    expect(findings.map(({ code }) => code)).toContain("coverage.no-log");
  });

  test("with nothing in it", async () => {
    for (const name of readdirSync(version)) rmSync(join(version, name));
    expect(await codes()).toEqual(["coverage.none"]);
  });

  test("epoch files that a server stops on", async () => {
    writeFileSync(join(version, "currentEpoch"), "five");
    expect(await codes()).toEqual(["epoch.unreadable", "server.start"]);
    writeFileSync(join(version, "currentEpoch"), "7");
    writeFileSync(join(version, "acceptedEpoch"), "6\n");
    expect(await codes()).toEqual(["epoch.order", "server.start"]);
  });

  test("nothing that is read is changed", async () => {
    const before = readdirSync(version).map((name) => [name, readFileSync(join(version, name)).toString("base64")]);
    await verify(discover([folder]));
    await rebuild(discover([folder]));
    expect(readdirSync(version).map((name) => [name, readFileSync(join(version, name)).toString("base64")])).toEqual(
      before,
    );
  });
});

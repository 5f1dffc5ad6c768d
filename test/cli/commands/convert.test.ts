import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneOfEach } from "../../fixtures/index.js";
import { fixtureDir } from "../../fixtures/index.js";
import { zkrewind } from "../run.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-convert-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const fresh = (name = ""): string => join(folder, `${++made}${name}`);
const VERSION = join(fixtureDir("3.8.6-standalone"), "version-2");

function convert(
  source: string,
  target: string,
  ...args: string[]
): { code: number | null; stdout: string; stderr: string } {
  return zkrewind(["convert", source, "-o", target, ...args]);
}

/** A snapshot's znodes, sessions and header as an export has them. */
function exported(path: string): string {
  const { code, stdout, stderr } = zkrewind([
    "export",
    path,
    "--order",
    "file",
    "--format",
    "ndjson",
    "--data",
    "base64",
  ]);
  expect(code, stderr).toBe(0);
  return stdout.replaceAll(JSON.stringify(path), '""');
}

describe("a snapshot in its own layout is the same file again, to the byte", () => {
  const all = oneOfEach.flatMap(({ title, path }) => {
    const version = readdirSync(path).includes("version-2") ? join(path, "version-2") : path;
    return readdirSync(version)
      .filter((name) => /^snapshot\.[0-9a-f]+(\.gz|\.snappy)?$/.test(name))
      .map((name) => [`${title} ${name}`, join(version, name)] as const);
  });
  test.each(all.filter((_, at) => at % 4 === 0))("%s", (_, path) => {
    const suffix = /\.(gz|snappy)$/.exec(path)?.[0] ?? "";
    const [plain, packed, again] = [fresh(), fresh(suffix), fresh()];
    expect(convert(path, plain).code).toBe(0);
    if (suffix === "") expect(readFileSync(plain).equals(readFileSync(path))).toBe(true);
    expect(convert(plain, packed).code).toBe(0);
    expect(convert(packed, again).code).toBe(0);
    expect(readFileSync(again).equals(readFileSync(plain))).toBe(true);
  });
});

describe("another layout", () => {
  test("has the same znodes, and the digest of the server that wrote it", () => {
    // Fuzzy: its digest is of a later zxid than its name.
    const source = join(VERSION, "snapshot.5c1");
    for (const release of ["3.5.10", "3.6.4", "3.9.5"]) {
      const target = fresh(".dir");
      const { code, stdout, stderr } = convert(source, target, "--release", release, "--json");
      expect([code, stderr]).toEqual([0, ""]);
      expect(JSON.parse(stdout)).toMatchObject({ type: "converted", zxid: "0x5c1", znodes: 1266, compression: "none" });
      expect(exported(target).split("\n").slice(1)).toEqual(exported(source).split("\n").slice(1));
      expect(zkrewind(["verify", target, "--no-replay"]).stdout).toContain("1 of 1 sealed and sound in structure");
    }
    const [late, back] = [fresh(), fresh()];
    convert(source, late, "--release", "3.9.5");
    convert(late, back, "--release", "3.6.4");
    expect(readFileSync(back).equals(readFileSync(source))).toBe(true);
  });

  test("with a digest needs a snapshot that has one", () => {
    const old = join(fixtureDir("3.5.10-standalone"), "version-2");
    const name = readdirSync(old).find((each) => each.startsWith("snapshot.") && each !== "snapshot.0") ?? "";
    expect(convert(join(old, name), fresh(), "--release", "3.9.5")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("has no digest"),
    });
    expect(convert(join(old, name), fresh(), "--release", "3.9.5", "--no-digest").code).toBe(0);
  });

  test("for 3.4 is refused where 3.4 would delete znodes", () => {
    const target = fresh();
    expect(convert(join(VERSION, "snapshot.e3c"), target, "--release", "3.4.14")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is a (container|TTL znode): 3\.4\.14 deletes it/),
    });
    expect(readdirSync(folder)).not.toContain(target);
  });
});

describe("what cannot be converted", () => {
  test("damage, other things than one snapshot, names that would lie: nothing is written", () => {
    const source = join(VERSION, "snapshot.a9f");
    const damaged = fresh();
    const bytes = readFileSync(source);
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
    writeFileSync(damaged, bytes);
    const before = readdirSync(folder);
    const refused: [string, string, string[], number][] = [
      [damaged, fresh(), [], 1],
      [VERSION, fresh(), [], 2],
      [join(VERSION, "log.1"), fresh(), [], 2],
      [source, join(folder, "snapshot.5"), [], 2],
      [source, join(folder, "snapshot.a9f.gz"), ["--compress", "snappy"], 2],
      [source, join(folder, "snapshot.a9f"), ["--compress", "gzip"], 2],
      [source, join(folder, "snapshot.a9f.gz"), ["--release", "3.5.10"], 2],
      [source, damaged, [], 3],
      [join(folder, "nowhere"), fresh(), [], 3],
    ];
    for (const [from, to, args, code] of refused)
      expect([from, to, convert(from, to, ...args).code]).toEqual([from, to, code]);
    expect(readdirSync(folder)).toEqual(before);
  });
});

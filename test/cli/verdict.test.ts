import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { zkrewind } from "./run.js";

const SOUND = fixtureDir("3.8.6-standalone");
let folder: string;
/** The server died while it wrote its last record: a warning, and no damage. */
let torn: string;
let damaged: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-verdict-"));
  torn = join(folder, "torn");
  damaged = join(folder, "damaged");
  for (const copy of [torn, damaged]) cpSync(SOUND, copy, { recursive: true });
  const log = join(torn, "version-2/log.e40");
  const bytes = readFileSync(log);
  truncateSync(log, bytes.findLastIndex((byte) => byte !== 0) - 10);
  bytes[4000] = (bytes[4000] as number) ^ 1;
  writeFileSync(join(damaged, "version-2/log.e40"), bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the exit code", () => {
  test.each([
    ["verify", []],
    ["info", []],
    ["log", ["-n", "1"]],
    ["log", ["--reverse", "-n", "1"]],
    ["history", ["/counters/c7"]],
    ["session", ["0x10000337d0c0015"]],
    ["export", ["--txns"]],
    ["du", []],
  ] as const)("of %s %j is 0 with nothing but warnings, 1 with --strict", (command, args) => {
    const plain = zkrewind([command, torn, ...args]);
    const strict = zkrewind([command, torn, ...args, "--strict"]);
    expect(plain.code, plain.stderr).toBe(0);
    expect(strict.stdout).toBe(plain.stdout);
    // What reads no further than it must comes by no warning.
    const warned = `${plain.stdout}${plain.stderr}`.includes("warning log.torn-tail");
    expect(strict.code).toBe(warned ? 1 : 0);
    if (["verify", "info"].includes(command)) expect(warned).toBe(true);
    expect(zkrewind([command, SOUND, ...args, "--strict"]).code).toBe(0);
  });

  test("of verify goes with its verdict", () => {
    expect(zkrewind(["verify", torn]).stdout).toMatch(/\nSOUND, with 1 warning\n$/);
    const { code, stdout } = zkrewind(["verify", damaged]);
    expect([code, stdout.trimEnd().split("\n").at(-1)]).toEqual([1, expect.stringMatching(/^NOT SOUND: /)]);
  });
});

describe("that a server would not start", () => {
  test.each([
    // Only 3.4 starts on logs without a snapshot, as it left them.
    ["3.4.14-first-start", [], 0, "SOUND, with 1 warning"],
    ["3.4.14-first-start", ["--strict"], 1, "SOUND, with 1 warning"],
    ["3.4.14-first-start", ["--release", "3.4.14", "--strict"], 0, "SOUND"],
    ["3.4.14-first-start", ["--release", "3.9"], 1, "NOT SOUND: 1 error, 0 warnings"],
    // It needs an ACL that the snapshot lacks, which releases from 3.8 on stop at (ZOOKEEPER-4846).
    ["3.7.2-standalone", [], 0, "SOUND, with 1 warning"],
    ["3.7.2-standalone", ["--release", "3.7.2", "--strict"], 0, "SOUND"],
    ["3.7.2-standalone", ["--release", "3.8.6"], 1, "NOT SOUND: 1 error, 0 warnings"],
    // No release that reads all that is there starts on it.
    ["3.8.6-standalone", ["--jute-maxbuffer", "100"], 1, "NOT SOUND: 1 error, 0 warnings"],
  ] as const)("is an error unless another release is meant: %s %j", (name, args, code, verdict) => {
    const run = zkrewind(["verify", fixtureDir(name), "--brief", ...args]);
    expect([run.code, run.stdout.trimEnd().split("\n").at(-1)]).toEqual([code, verdict]);
  });
});

test("verify of several servers' directories points to compare", () => {
  const several = ["server1", "server2"].map((each) => join(fixtureDir("ensemble-lagging"), each));
  const { stderr } = zkrewind(["verify", ...several, "--brief"]);
  expect(stderr).toContain(`to compare the members of an ensemble: zkrewind compare ${several.join(" ")}`);
  expect(zkrewind(["verify", several[0] as string, "--brief"]).stderr).not.toContain("compare");
});

test("a member of an ensemble needs no recovery while the others are well", () => {
  const member = join(folder, "member");
  cpSync(join(fixtureDir("ensemble-lagging"), "server2"), member, { recursive: true });
  const saying =
    "needs no recovery: stop it, move version-2 aside (in dataDir and in dataLogDir), keep myid, and start it";
  expect(zkrewind(["verify", member]).stdout).not.toContain(saying);
  writeFileSync(join(member, "version-2/currentEpoch"), "");
  const { code, stdout } = zkrewind(["verify", member]);
  expect([code, stdout]).toEqual([1, expect.stringContaining(saying)]);
  expect(zkrewind(["verify", damaged]).stdout).not.toContain(saying);
});

describe("--quiet", () => {
  test.each([
    [["verify", "sound"], 0],
    [["verify", "torn"], 0],
    [["verify", "torn", "--strict"], 1],
    [["verify", "damaged"], 1],
    [["compare", "sound", "sound"], 0],
    [["compare", "sound", "damaged"], 1],
    [["diff", "sound", "--from", "0xe40", "--to", "0xe40"], 0],
    [["diff", "sound", "--txn", "0xe40"], 1],
    [["find", "sound", "--audit", "oversize"], 0],
    [["find", "sound", "--audit", "digest-acl"], 1],
  ])("prints nothing and ends with the verdict: %j", (args, code) => {
    const copies: Record<string, string> = { sound: SOUND, torn, damaged };
    expect(zkrewind([...args.map((each) => copies[each] ?? each), "-q"])).toMatchObject({
      code,
      stdout: "",
      stderr: "",
    });
  });

  test("says nothing of what is set aside, which is told once otherwise", () => {
    const aside = join(folder, "aside");
    cpSync(damaged, aside, { recursive: true });
    renameSync(join(aside, "version-2/log.e40"), join(aside, "version-2/log.e40.bad"));
    expect(zkrewind(["verify", aside, "-q"])).toMatchObject({ code: 1, stdout: "", stderr: "" });
    const { stdout, stderr } = zkrewind(["verify", aside, "--brief"]);
    expect(`${stdout}${stderr}`.match(/file\.set-aside/g)).toHaveLength(1);
  });

  test("says all the same why there is no verdict", () => {
    const { code, stderr } = zkrewind(["verify", join(folder, "nowhere"), "-q"]);
    expect([code, stderr !== ""]).toEqual([3, true]);
    expect(zkrewind(["verify", SOUND, "-q", "-o", join(folder, "report")]).code).toBe(2);
  });
});

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { zkrewind } from "../run.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-nodes-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const [one, two, three] = [1, 2, 3].map((id) => join(fixtureDir("ensemble-divergent"), `server${id}`)) as [
  string,
  string,
  string,
];
const STANDALONE = fixtureDir("3.8.6-standalone");

/** A copy of the fixture with a byte of a log's value, and one of a snapshot's, changed. */
function damaged(): string {
  const copy = mkdtempSync(join(scratch, "damaged-"));
  cpSync(STANDALONE, copy, { recursive: true });
  for (const [name, at] of [
    ["log.2ea", 30000],
    ["snapshot.a9f", 40000],
  ] as const) {
    const path = join(copy, "version-2", name);
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
  }
  return copy;
}

describe("--node", () => {
  test("a dead leader's orphans are gone once the others are asked", () => {
    const leader = [one, two, three].find((each) => zkrewind(["ls", each, "/"]).stdout.includes("orphan")) as string;
    const others = [one, two, three].filter((each) => each !== leader);
    const { code, stdout, stderr } = zkrewind(["ls", leader, "/", ...others.flatMap((each) => ["--node", each])]);
    expect(stdout).not.toContain("orphan");
    expect(stdout).toContain("after\n");
    expect(stderr).toContain("ensemble.divergent-tail");
    expect(code).toBe(0);
  });

  test("a damaged transaction comes from another server", () => {
    const copy = damaged();
    expect(zkrewind(["verify", copy]).stdout).toContain("NOT SOUND");
    const { stdout, stderr } = zkrewind(["cat", copy, "/", "--at", "0x450", "--node", STANDALONE]);
    expect(stderr).toContain("at 0x450");
    expect(stderr).toContain("exact, digest verified");
    expect(stderr).toContain("log.crc");
    expect(stdout).toBe("");
  });
});

describe("compare", () => {
  test("text and JSON say the same, exit code 1 where the servers disagree", () => {
    const text = zkrewind(["compare", one, two, three]);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain("DIVERGENCE");
    expect(text.stdout).toContain("never committed");
    expect(text.stdout).toMatch(/restore from server\d/);
    const { code, stdout } = zkrewind(["compare", one, two, three, "--format", "json"]);
    expect(code).toBe(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ type: "compare", schema: 1, majority: 2, divergence: { kind: "fork" } });
    expect(result.tails[0].transactions[0]).toMatchObject({ op: "create" });
    expect(result.tails[0].firstTime).toMatch(/Z$/);
    expect(result.best.nodes).toHaveLength(1);
  });

  test("exit code 0 where they agree", () => {
    const { code, stdout } = zkrewind(["compare", one, two, "--no-trees"]);
    expect(code).toBe(0);
    expect(stdout).toContain("logs agree");
  });
});

describe("salvage", () => {
  test("writes, accounts, and refuses what exists", () => {
    const copy = damaged();
    const target = join(scratch, "salvaged");
    const { code, stdout } = zkrewind(["salvage", copy, "-o", target]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/log\.2ea: rewritten/);
    expect(stdout).toMatch(/in doubt +0x3ff/);
    expect(stdout).toMatch(/snapshot\.a9f: rebuilt|snapshot\.a9f: scavenged/);
    const account = JSON.parse(readFileSync(join(target, "salvage.json"), "utf8"));
    expect(account.lost).toEqual([{ first: "0x3ff", last: "0x3ff" }]);
    expect(existsSync(join(target, "suspect", "log.2ea"))).toBe(true);
    const again = zkrewind(["salvage", copy, "-o", target]);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain("exists already");
  });

  test("with another server's directory everything is there again, and verifies", () => {
    const target = join(scratch, "filled");
    const { stdout } = zkrewind(["salvage", damaged(), "--node", STANDALONE, "-o", target, "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ type: "salvage", schema: 1, whole: true, lost: [] });
    const { code, stdout: verdict } = zkrewind(["verify", target]);
    expect(code).toBe(0);
    expect(verdict).toContain("SOUND");
  });
});

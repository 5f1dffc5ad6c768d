import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { ndjsonOf, zkrewind } from "../run.js";

let folder: string;
const file = (name: string): string => join(folder, "version-2", name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-damage-"));
  cpSync(fixtureDir("3.8.6-standalone"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function flip(name: string, offset: number): void {
  const bytes = readFileSync(file(name));
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 0x10, offset);
  writeFileSync(file(name), bytes);
}

describe("over damage, a history says what it cannot know", () => {
  it("a record whose checksum is wrong is a hole, and what it did shows as unseen", () => {
    const [record] = ndjsonOf(
      zkrewind(["log", folder, "--from", "0x77c", "--limit", "1", "--format", "ndjson"]).stdout,
    ).filter(({ type }) => type === "txn");
    expect(record).toMatchObject({ op: "setData", path: "/counters/c7" });
    flip(String(record?.["file"]), Number(record?.["offset"]) + 60);
    const { code, stdout, stderr } = zkrewind(["history", folder, "/counters/c7"]);
    expect(code).toBe(1);
    expect(stderr).toContain("log.crc");
    expect(stdout).toContain("\ntransactions after 0x77b and before 0x77d are missing\n");
    expect(stdout).not.toMatch(/^0x77c /m);
    // The next change knows the version before it, and not the value.
    expect(stdout).toMatch(/^0x805 .* set {2}version 4, what it was before is not known$/m);
    expect(zkrewind(["session", folder, "0x100003361740006"]).code).toBe(1);
  });

  it("a log that was cut in the middle: what was known is known no more", () => {
    truncateSync(file("log.76d"), 40_000);
    const lines = ndjsonOf(zkrewind(["history", folder, "/counters", "-r", "--format", "ndjson"]).stdout);
    const hole = lines.find(({ type }) => type === "hole");
    expect(hole?.["before"]).toBe("0xaa0");
    // The snapshot behind the hole tells what became of them.
    const unseen = lines.filter(({ change }) => change === "unseen");
    expect(unseen.length).toBeGreaterThan(0);
    for (const each of unseen) expect(each["snapshot"]).toBe("snapshot.a9f");
  });

  it("a base that is damaged is passed over, and said to be", () => {
    for (const name of ["log.1", "log.2ea", "log.5de", "snapshot.0", "snapshot.207", "snapshot.5c1"])
      rmSync(file(name));
    const whole = zkrewind(["history", folder, "/counters/c7"]);
    expect(whole.stdout).toMatch(/^0x76c .* existed .* by snapshot.76c/m);
    flip("snapshot.76c", 50_000);
    const { code, stdout, stderr } = zkrewind(["history", folder, "/counters/c7"]);
    expect(code).toBe(1);
    expect(stderr).toContain("snapshot.76c");
    expect(stdout).not.toContain("by snapshot.76c");
    expect(stdout).toMatch(/^0x77c .* set/m);
  });
});

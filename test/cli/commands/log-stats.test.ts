import { describe, expect, it } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { zkrewind } from "../run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

describe("zkrewind log --stats", () => {
  it("counts by all that there is, with ids folded", () => {
    const { code, stdout, stderr } = zkrewind(["log", SOURCE, "--stats"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("3,848 transactions, 636,056 bytes, 194 failed\n");
    for (const title of ["by operation", "errors", "by path", "by session", "by minute", "the largest"])
      expect(stdout).toContain(`\n${title}\n`);
    expect(stdout).toMatch(/^1,260 .* {2}\/wide\/w\*$/m);
  });

  it("counts what the filters and the range leave", () => {
    const args = ["log", SOURCE, "--op", "setData", "--from", "0xe00", "--stats=op", "--format", "json"];
    const stats = JSON.parse(zkrewind(args).stdout) as { ops: { op: string }[]; paths?: unknown };
    expect(stats.ops.map(({ op }) => op)).toContain("setData");
    expect(stats.paths).toBeUndefined();
  });

  it("says how to write it where a source was taken for a group", () => {
    const { code, stderr } = zkrewind(["log", "--stats", SOURCE]);
    expect(code).toBe(2);
    expect(stderr).toContain("write --stats=op; or put --stats last");
  });
});

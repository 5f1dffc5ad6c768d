import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { ndjsonOf, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
/** The first line on standard error, which says what a point resolved to. */
const at = (...args: string[]): string => zkrewind(["stat", SOURCE, "/", ...args]).stderr.split("\n")[0] as string;

describe("points on the command line", () => {
  test.each([
    [["--at", "-5s"]],
    [["--at=-5s"]],
    [["--at", "2026-11-23T01:34:44.944Z"]],
    [["--at", "2026-11-23T02:34:44.944", "--tz", "Europe/Berlin"]],
    [["--tz=utc", "--at", "2026-11-23 01:34:44.944"]],
    [["--before", "2026-11-23T01:34:44.944000001Z"]],
    [["--at", "e0:2739"]],
    [["--at", "e0:0xab3"]],
    [["--at", "0xab3"]],
    [["--at", "@/var/lib/zookeeper/version-2/snapshot.ab3"]],
  ])("%j", (args) => {
    expect(at(...args)).toBe("at 0xab3 (epoch 0, counter 2739, 2026-11-23T01:34:44.944Z), exact, digest verified");
  });

  test("a state that is a snapshot's as it is has the time that the log has", () => {
    expect(at("--at", "0xa9f")).toBe(
      "at 0xa9f (epoch 0, counter 2719, 2026-11-23T01:34:42.880Z), exact, digest verified",
    );
    expect(zkrewind(["compare", SOURCE, SOURCE, "--at", "@snapshot.a9f"]).stderr).toContain(
      "at 0xa9f (epoch 0, counter 2719, 2026-11-23T01:34:42.880Z)\n",
    );
  });

  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "zkrewind-points-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("a clock's time is never restored from as an epoch and a counter", () => {
    const target = join(folder, "restored");
    for (const point of ["01:34", "1:34"]) {
      const { code, stderr } = zkrewind(["restore", SOURCE, "--at", point, "-o", target]);
      expect([code, existsSync(target)]).toEqual([2, false]);
      expect(stderr).toMatch(/Did you mean e1:34, or \d{4}-\d\d-\d\dT01:34:00Z\?/);
    }
  });

  test("a zone that does not exist is refused, though no time needs it to be read", () => {
    const { code, stderr } = zkrewind(["stat", SOURCE, "/", "--at", "0x5c1", "--tz", "Berlin"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean Europe/Berlin?");
  });

  test("ranges take the same points", () => {
    const count = (...args: string[]): number =>
      ndjsonOf(zkrewind(["log", SOURCE, "--format", "ndjson", ...args]).stdout).length - 2;
    expect(count("--from", "-5s")).toBe(count("--from", "2026-11-23T01:34:44.944Z"));
    expect(count("--from", "2026-11-23T03:34:40", "--to", "-1s", "--tz", "Europe/Kyiv")).toBe(
      count("--from", "2026-11-23T01:34:40Z", "--to", "2026-11-23T01:34:48.944Z"),
    );
    expect(zkrewind(["log", SOURCE, "--from", "01:34"]).code).toBe(2);
  });
});

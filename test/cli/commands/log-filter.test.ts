import { describe, expect, it } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { ndjsonOf, zkrewind } from "../run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

describe("zkrewind log, filtered", () => {
  it("finds what a session did, to the closeSession that the server made", () => {
    const { code, stdout } = zkrewind(["log", SOURCE, "--session", "0x10000337d0c0015"]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/0x10000337d0c0015 {2} +0 {2}createSession timeout 1000 ms$/);
    expect(lines.at(-1)).toMatch(/ 0 {2}closeSession +deletes 4 ephemerals: /);
  });

  it("writes the newest first", () => {
    const { stdout } = zkrewind(["log", SOURCE, "--reverse", "--limit", "3", "--format", "ndjson"]);
    const zxids = ndjsonOf(stdout).flatMap(({ zxid }) => (zxid === undefined ? [] : [zxid]));
    expect(zxids).toEqual(["0xf08", "0xf07", "0xf06"]);
  });

  it("lists the operations", () => {
    const { code, stdout } = zkrewind(["log", SOURCE, "--op", "list"]);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toContain("deleteContainer");
  });

  it("counts what passes, in JSON as well", () => {
    const args = ["log", SOURCE, "--errors", "--path", "/counters/**", "--op", "multi"];
    const json = JSON.parse(zkrewind([...args, "--format", "json"]).stdout) as { transactions: unknown };
    const text = zkrewind([...args, "--format", "ndjson"]).stdout;
    expect(ndjsonOf(text).length).toBeGreaterThan(2);
    expect(JSON.stringify(json)).toContain("error");
  });

  it("refuses what can never match", () => {
    for (const args of [
      ["--op", "creat"],
      ["--path", "app"],
      ["--session", "7"],
      ["--cxid", "x"],
    ])
      expect(zkrewind(["log", SOURCE, ...args]).code, args.join(" ")).toBe(2);
  });

  it("says where nothing matches", () => {
    const { code, stdout, stderr } = zkrewind(["log", SOURCE, "--path", "/nope"]);
    expect([code, stdout, stderr]).toEqual([0, "", "no such transaction in this range\n"]);
  });
});

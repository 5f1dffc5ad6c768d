import { describe, expect, it } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { ndjsonOf, zkrewind } from "../run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

describe("zkrewind session", () => {
  it("tells a session's life, and that it expired, most probably", () => {
    const { code, stdout, stderr } = zkrewind(["session", SOURCE, "0x10000337d0c0015"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("ended by the server (cxid 0) 1178 ms after its last transaction: expired, most probably");
    expect(stdout).toContain("/members/abandoned-1000-0000000029  made 0xec0");
  });

  it("tells it as of a point", () => {
    const { stdout } = zkrewind(["session", SOURCE, "0x10000337d0c0015", "--before", "0xeeb", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ type: "session", open: true, end: null, timeout: 1000, writes: 4 });
  });

  it("counts from the beginning of a range on, and leaves out what was gone by then", () => {
    const told = (...range: string[]) =>
      JSON.parse(zkrewind(["session", SOURCE, "0x10000337d0c0015", "--json", ...range]).stdout);
    const { writes, ephemeralZnodes } = told("--from", "0xec1");
    expect([writes, ephemeralZnodes.length]).toEqual([3, 4]);
    expect(told("--from", "0xef0").ephemeralZnodes).toEqual([]);
    const { stderr } = zkrewind(["session", SOURCE, "0x10000337d0c0015", "--from", "2026-11-23T01:34:49Z"]);
    expect(stderr).toMatch(/^from 0x[0-9a-f]+ \(epoch 0, counter \d+, 2026-11-23T01:34:49\.\d{3}Z\)\n$/);
  });

  it("needs an id", () => {
    expect(zkrewind(["session", SOURCE]).code).toBe(2);
  });

  it("answers 1 where there is no trace, 2 where it is no id", () => {
    expect(zkrewind(["session", SOURCE, "0x1234"])).toMatchObject({ code: 1, stdout: "" });
    expect(zkrewind(["session", SOURCE, "1234"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("zkrewind sessions", () => {
  it("lists those that are open, and with --all the others", () => {
    const open = zkrewind(["sessions", SOURCE]);
    expect([open.code, open.stdout.trimEnd().split("\n").length]).toEqual([0, 14]);
    expect(open.stderr).toContain("13 sessions open\n");
    const all = ndjsonOf(zkrewind(["sessions", SOURCE, "--all", "--format", "ndjson"]).stdout);
    const sessions = all.filter(({ type }) => type === "session");
    expect(sessions).toHaveLength(78);
    expect(sessions.filter((each) => each["open"])).toHaveLength(13);
    expect(all.at(-1)).toEqual({ type: "end", sessions: 78 });
  });

  it("counts the ephemerals that each has at the point", () => {
    const { stdout } = zkrewind(["sessions", SOURCE, "--at", "0xeea", "--format", "json"]);
    const { sessions } = JSON.parse(stdout) as { sessions: { id: string; ephemerals: number }[] };
    expect(sessions.find(({ id }) => id === "0x10000337d0c0015")?.ephemerals).toBe(4);
  });
});

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { shell, zkrewind } from "./run.js";

/** What a point resolved to, as every document has it. */
const PROVEN_BY_ITS_DIGEST = {
  zxid: "0xa9f",
  epoch: 0,
  counter: 0xa9f,
  time: null,
  exact: true,
  unproven: ["sessions", "acls", "/zookeeper"],
};
const NOT_PROVEN = "  not proven: sessions, ACLs, what is below /zookeeper\n";

describe("what of an exact state is not proven", () => {
  let folder: string;
  let source: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "zkrewind-at-"));
    source = join(folder, "snapshot.a9f");
    cpSync(join(fixtureDir("3.8.6-standalone"), "version-2", "snapshot.a9f"), source);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each<[at: string, args: (source: string) => string[]]>([
    ["at", (file) => ["export", file]],
    ["at", (file) => ["export", file, "--format", "json"]],
    ["at", (file) => ["export", file, "--order", "file"]],
    ["at", (file) => ["ls", file, "/", "--json"]],
    ["at", (file) => ["tree", file, "/", "--format", "ndjson"]],
    ["at", (file) => ["find", file, "--basename", "c*", "--format", "ndjson"]],
    ["at", (file) => ["find", file, "--audit", "all", "--json"]],
    ["at", (file) => ["find", file, "--audit", "all", "--format", "ndjson"]],
    ["at", (file) => ["sessions", file, "--json"]],
    ["at", (file) => ["sessions", file, "--format", "ndjson"]],
    ["at", (file) => ["du", file, "--at", "0xa9f", "--json"]],
    ["at", (file) => ["du", file, "--at", "0xa9f", "--format", "ndjson"]],
    ["from", (file) => ["du", file, "--from", "0xa9f", "--json"]],
    ["to", (file) => ["du", file, "--from", "0xa9f", "--json"]],
    ["from", (file) => ["diff", file, file, "--json"]],
    ["to", (file) => ["diff", file, file, "--format", "ndjson"]],
    ["from", (file) => ["undo", file, "--from", "0xa9f", "--json"]],
    ["to", (file) => ["undo", file, "--from", "0xa9f", "--format", "ndjson"]],
    ["at", (file) => ["restore", file, "-o", join(file, "..", "restored"), "--json"]],
  ])("is in %s of JSON, and told", (at, args) => {
    const { stdout, stderr } = zkrewind(args(source));
    const text = stdout.trimStart();
    const [line = ""] = text.split("\n");
    const isLine = /^\{.*\}$/.test(line);
    expect((JSON.parse(isLine ? line : text) as Record<string, unknown>)[at]).toMatchObject(PROVEN_BY_ITS_DIGEST);
    expect(stderr).toContain(NOT_PROVEN);
  });

  test("is told by commands that give no point", () => {
    for (const args of [
      ["stat", source, "/"],
      ["cat", source, "/zookeeper"],
      ["ls", source, "/"],
      ["du", source, "--at", "0xa9f"],
    ])
      expect(zkrewind(args).stderr, args.join(" ")).toContain(NOT_PROVEN);
    const { stderr } = shell(`printf 'at 0xa9f\\nbefore 0xaa0\\n' | $ZKREWIND shell ${source}`);
    expect(stderr.split(NOT_PROVEN)).toHaveLength(4);
  });

  test("is in the manifest", () => {
    const target = join(folder, "again");
    zkrewind(["restore", source, "-o", target]);
    const { at } = JSON.parse(readFileSync(join(target, "zkrewind-manifest.json"), "utf8")) as { at: unknown };
    expect(at).toEqual(PROVEN_BY_ITS_DIGEST);
  });

  test("is nothing where the logs prove it", () => {
    const whole = zkrewind(["export", fixtureDir("3.8.6-standalone"), "--at", "0xa9f"]);
    const { at } = JSON.parse(whole.stdout.split("\n")[0] as string) as { at: object };
    expect(at).toEqual({ zxid: "0xa9f", epoch: 0, counter: 0xa9f, time: "2026-11-23T01:34:42.880Z", exact: true });
  });

  test("a state that is not the latest says so", () => {
    const fuzzy = join(folder, "fuzzy");
    mkdirSync(fuzzy);
    for (const name of ["snapshot.a9f", "snapshot.e3c"])
      cpSync(join(fixtureDir("3.8.6-standalone"), "version-2", name), join(fuzzy, name));
    const { stdout } = zkrewind(["export", fuzzy, "--newest-exact"]);
    const { at } = JSON.parse(stdout.split("\n")[0] as string) as { at: object };
    expect(at).toMatchObject({ zxid: "0xa9f", exact: true, later: { zxid: "0xe5d" } });
  });
});

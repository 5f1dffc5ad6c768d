import { describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { ndjsonOf, shell, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

describe("--sort, --reverse and -n", () => {
  const ephemerals = (...args: string[]): number[] =>
    ndjsonOf(zkrewind(["sessions", SOURCE, "--format", "ndjson", ...args]).stdout)
      .filter(({ type }) => type === "session")
      .map((each) => Number(each["ephemerals"]));

  test("of sessions", () => {
    const all = ephemerals();
    const most = all.toSorted((a, b) => b - a);
    expect(most).not.toEqual(all);
    expect(ephemerals("--sort", "ephemerals")).toEqual(most);
    expect(ephemerals("--sort", "ephemerals", "--reverse")).toEqual(most.toReversed());
    expect(ephemerals("--sort", "ephemerals", "-n", "3")).toEqual(most.slice(0, 3));
    expect(ephemerals("--reverse")).toEqual(all.toReversed());
    // How many there are is said of all.
    expect(zkrewind(["sessions", SOURCE, "-n", "3"]).stderr).toContain("13 sessions open\n");
    expect(zkrewind(["sessions", SOURCE, "--sort", "size"]).code).toBe(2);
  });

  interface Node {
    path: string;
    stat: { dataLength: number; mzxid: string; numChildren: number };
  }
  const nodes = (...args: string[]): Node[] =>
    ndjsonOf(zkrewind(["ls", SOURCE, "/", "-R", "--format", "ndjson", ...args]).stdout).filter(
      ({ type }) => type === "node",
    ) as unknown as Node[];

  test.each([
    ["bytes", ({ stat }: Node) => stat.dataLength],
    ["children", ({ stat }: Node) => stat.numChildren],
    ["mzxid", ({ stat }: Node) => Number(stat.mzxid)],
  ] as const)("of ls by %s", (key, by) => {
    const all = nodes();
    const expected = all.toSorted((a, b) => by(b) - by(a));
    expect(nodes("--sort", key)).toEqual(expected);
    expect(nodes("--sort", key, "-n", "7")).toEqual(expected.slice(0, 7));
    expect(nodes("--sort", key, "--reverse", "-n", "7")).toEqual(expected.toReversed().slice(0, 7));
    expect(nodes("--reverse")).toEqual(all.toReversed());
  });

  test.each(["records", "values", "znodes"])("of du by %s", (key) => {
    const { subtrees, patterns } = JSON.parse(
      zkrewind(["du", SOURCE, "--depth", "3", "--sort", key, "-n", "1000", "--json"]).stdout,
    );
    for (const list of [subtrees, patterns] as Record<string, number>[][]) {
      const sizes = list.map((each) => each[key] as number);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    }
    const few = JSON.parse(zkrewind(["du", SOURCE, "--depth", "3", "--sort", key, "-n", "3", "--json"]).stdout);
    expect(few.subtrees).toEqual(subtrees.slice(0, 3));
  });

  test("of a history, and its JSON is whole", () => {
    const changes = (...args: string[]): unknown[] =>
      JSON.parse(zkrewind(["history", SOURCE, "/counters", "-r", "--json", ...args]).stdout).changes;
    const all = changes();
    expect(all.length).toBeGreaterThan(100);
    expect(changes("--reverse")).toEqual(all.toReversed());
    expect(changes("--reverse", "-n", "5")).toEqual(all.toReversed().slice(0, 5));
    expect(changes("-n", "5")).toEqual(all.slice(0, 5));
    const text = zkrewind(["history", SOURCE, "/counters/c7"]).stdout;
    const blocks = (each: string): string[] => each.trimEnd().split(/\n(?=\S)/);
    expect(blocks(zkrewind(["history", SOURCE, "/counters/c7", "--reverse"]).stdout)).toEqual(
      blocks(text).toReversed(),
    );
  });
});

describe("cat", () => {
  const path = "/counters/c13";
  const bytes = zkrewind(["cat", SOURCE, path]).bytes;

  test.each([
    ["auto", `${bytes.toString()}\n`],
    ["utf8", `${bytes.toString()}\n`],
    ["hex", `${bytes.toString("hex")}\n`],
    ["base64", `${bytes.toString("base64")}\n`],
    ["none", ""],
  ])("--data %s says how", (mode, expected) => {
    expect(zkrewind(["cat", SOURCE, path, "--data", mode]).stdout).toBe(expected);
  });

  test("escapes on a terminal, and gives a pipe the bytes", () => {
    const binary = ndjsonOf(zkrewind(["export", SOURCE, "--data", "hex"]).stdout).find(
      (each) => typeof each["data"] === "string" && /^(..)*1b/.test(each["data"]),
    ) as unknown as { path: string; data: string };
    const line = `$ZKREWIND cat '${SOURCE}' '${binary.path}'`;
    expect(shell(line).bytes.toString("hex")).toBe(binary.data);
    const { stdout } = shell(`script -qec "${line.replaceAll('"', '\\"')}" /dev/null 2>&1 | cat`);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain(`0x${binary.data.slice(0, 20)}`);
  });
});

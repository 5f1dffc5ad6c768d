import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldName, PathPatterns } from "../../../src/forensics/inspect/path-pattern.js";
import { DiskUsage } from "../../../src/forensics/inspect/du.js";

describe("a name's ids are folded", () => {
  test.each([
    ["lock-0000000012", "lock-*"],
    ["0", "*"],
    ["partition12", "partition*"],
    ["123e4567-e89b-12d3-a456-426614174000", "*"],
    ["_c_123e4567-e89b-12d3-a456-426614174000-lock-0000000001", "_c_*-lock-*"],
    ["0x1000012120c0001", "*"],
    ["d41d8cd98f00b204e9800998ecf8427e", "*"],
    ["10.0.0.1:2181", "*"],
    ["topics", "topics"],
    ["deadbeef", "deadbeef"],
    ["日本語", "日本語"],
  ])("%s is %s", (name, folded) => expect(foldName(name)).toBe(folded));
});

function count(paths: readonly string[], mostSiblings?: number): Record<string, number> {
  const patterns = new PathPatterns(
    () => ({ paths: 0 }),
    (into, from) => {
      into.paths += from.paths;
    },
    mostSiblings,
  );
  for (const path of paths) patterns.at(path).paths++;
  return Object.fromEntries(patterns.entries().map(([pattern, value]) => [pattern, value.paths]));
}

describe("paths are collected by their patterns", () => {
  test("what only one path falls under is that path", () => {
    expect(count(["/", "/a1", "/a1", "/b1", "/b2"])).toEqual({ "/": 1, "/a1": 2, "/b*": 2 });
  });

  test("siblings of high cardinality fold, whatever is below them", () => {
    const topics = Array.from({ length: 40 }, (_, index) => String.fromCharCode(97 + (index % 26), 97 + index));
    const paths = topics.flatMap((topic) => [0, 1, 2].map((id) => `/brokers/topics/${topic}/partitions/${id}`));
    expect(count(["/brokers/ids/1", ...paths])).toEqual({
      "/brokers/ids/1": 1,
      "/brokers/topics/*/partitions/*": 120,
    });
  });

  test("nothing is lost by folding", () => {
    const name = fc.stringMatching(/^[a-c]?[0-9]?[a-z]?$/).filter((each) => each !== "");
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`);
    fc.assert(
      fc.property(fc.array(path, { maxLength: 200 }), fc.integer({ min: 1, max: 6 }), (paths, most) => {
        const forward = count(paths, most);
        const sum = Object.values(forward).reduce((a, b) => a + b, 0);
        expect(sum).toBe(paths.length);
      }),
    );
  });
});

describe("a walk that knows the branches above it", () => {
  const digits = fc.stringMatching(/^[0-9]{1,9}$/);
  const name = fc.oneof(
    fc.stringMatching(/^[ab]{1,2}[0-9]{0,3}$/),
    fc.tuple(fc.constantFrom("n-", "0x", "dead", "e", "x", "_c_"), digits).map((parts) => parts.join("")),
    fc.tuple(digits, fc.constantFrom("x1", "-a", ".", "f")).map((parts) => parts.join("")),
    fc.uuid(),
    fc.constantFrom("é1", "é2", "日本", "0x12345678", "1x12345678"),
  );
  const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 150 }).map((list) => {
    const all = new Set<string>([""]);
    for (const names of list) names.forEach((_, index) => all.add(`/${names.slice(0, index + 1).join("/")}`));
    // Depth first: "/" sorts before whatever else a name may go on with.
    return [...all].sort((a, b) => (a.replaceAll("/", "\0") < b.replaceAll("/", "\0") ? -1 : 1));
  });

  test("finds the same patterns as whole paths do", () => {
    fc.assert(
      fc.property(paths, (sorted) => {
        const du = new DiskUsage({ top: "/", depth: 0, most: 10_000, patterns: true });
        for (const path of sorted) {
          const bytes = Buffer.from(`##${path}##`);
          du.add({ bytes, pathStart: 2, pathLength: bytes.length - 4, dataLength: 1, recordLength: 80 });
        }
        du.finish();
        expect(du.inOrder).toBe(true);
        const found = du.report().patterns.map(({ pattern, znodes }) => [pattern, znodes] as const);
        expect(Object.fromEntries(found)).toEqual(count(sorted.map((path) => path || "/")));
      }),
      { numRuns: 300 },
    );
  });
});

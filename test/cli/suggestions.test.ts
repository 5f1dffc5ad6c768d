import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearest } from "../../src/cli/options/nearest.js";
import { fixtureDir } from "../fixtures/index.js";
import { zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

/** Slips between two words, by their definition. */
function slips(a: string, b: string): number {
  const known = new Map<string, number>();
  const from = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i} ${j}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const ways = [from(i - 1, j) + 1, from(i, j - 1) + 1, from(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)];
    if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) ways.push(from(i - 2, j - 2) + 1);
    const least = Math.min(...ways);
    known.set(key, least);
    return least;
  };
  return from(a.length, b.length);
}

describe("the nearest words", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 9 });

  test("are those that the fewest slips lead to", () => {
    fc.assert(
      fc.property(word, fc.uniqueArray(word, { maxLength: 20 }), (wanted, candidates) => {
        const allowed = Math.max(1, Math.floor(wanted.length / 3));
        const expected = candidates
          .map((text) => ({ text, distance: slips(wanted, text) }))
          .filter(({ distance }) => distance <= allowed)
          .sort((a, b) => a.distance - b.distance || (a.text < b.text ? -1 : 1))
          .slice(0, 3)
          .map(({ text }) => text);
        expect(nearest(wanted, candidates)).toEqual(expected);
      }),
    );
  });

  test("of very many are found in one pass", () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `member-${String(index).padStart(10, "0")}`);
    expect(nearest("member-0000049999x", many)[0]).toBe("member-0000049999");
  });
});

describe("what was probably meant", () => {
  test.each([
    [["verfy", SOURCE], 2, "(Did you mean verify?)"],
    [["verify", SOURCE, "--no-repaly"], 2, "(Did you mean --no-replay?)"],
    [["cat", SOURCE, "/coutners/c7"], 1, "Did you mean /counters/c7?"],
    [["cat", SOURCE, "/counters/c77"], 1, "Did you mean /counters/c17, or /counters/c7?"],
    [["stat", SOURCE, "/Counters"], 1, "Did you mean /counters?"],
    // The rest of the path is nowhere.
    [["ls", SOURCE, "/coutners/nowhere"], 1, "Did you mean /counters?"],
    [["ls", SOURCE, "/something/else"], 1, "The nearest znode above it is /, with 13 children."],
    [["history", SOURCE, "/coutners/c7"], 1, "Did you mean /counters/c7?"],
    [["find", SOURCE, "--audit", "digest-acls"], 2, "Did you mean digest-acl?"],
    [["log", SOURCE, "--op", "creat"], 2, "Did you mean create?"],
    [["session", SOURCE, "0x10000337d0c015"], 1, "Did you mean 0x10000337d0c0015"],
    [["diff", SOURCE, "--txn", "0xf09"], 1, "The nearest is 0xf08"],
  ])("%j", (args, code, hint) => {
    const result = zkrewind(args);
    expect(result.stderr).toContain(hint);
    expect([result.code, result.stdout]).toEqual([code, ""]);
  });
});

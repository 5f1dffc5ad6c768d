import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Case, makeCase } from "../fuzz/case.js";
import { describe as lines } from "../fuzz/keep.js";
import { KINDS } from "../fuzz/mutations/index.js";
import { evidenceOf } from "../fuzz/oracle/evidence.js";
import { vouches } from "../fuzz/oracle/lines.js";
import { runCase } from "../fuzz/run-case.js";
import { sameTree } from "../fuzz/model/tree.js";
import { generate } from "../fuzz/seeds/generate.js";
import { THOROUGH } from "./thorough.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Milliseconds: on a machine that has other things to do. */
const LONG = 300_000;
async function failuresOf(each: Case): Promise<string[]> {
  const result = await runCase(each, scratch);
  return result.failures.length === 0 ? [] : lines(each, result);
}

test("the harness agrees with itself: each replay of a made-up directory comes to the state that the server had", () => {
  for (let number = 0; number < 30; number++) {
    const { folder, truth } = generate(`self ${number}`);
    const { lines: replays, troubles, reading } = evidenceOf(folder);
    const torn = new Set(reading.logs.filter((log) => log.reading.damage.length > 0).map(({ name }) => name));
    expect(troubles.filter(({ file }) => file === null || !torn.has(file))).toEqual([]);
    for (const line of replays) {
      for (const zxid of line.moments.keys()) {
        const vouched = vouches(line, zxid);
        const known = truth.at(zxid)?.tree;
        if (vouched) expect(known && sameTree(known, vouched.tree), `${number}: ${line.base} at ${zxid}`).toBe(true);
      }
    }
  }
});

test(
  "each kind of mutation, two at a time",
  async () => {
    const failures: string[] = [];
    for (let index = 0; index < KINDS.length; index += 2) {
      const { directory } = makeCase("alone", index);
      const mutations = KINDS.slice(index, index + 2).map((kind) => ({ kind, seed: String(index) }));
      failures.push(...(await failuresOf({ directory, mutations, live: null, checks: String(index) })));
    }
    expect(failures).toEqual([]);
  },
  LONG,
);

test(
  "cases that once failed",
  async () => {
    const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../fuzz/found.json"), "utf8")) as Case[];
    const failures: string[] = [];
    for (const each of cases.filter((_, index) => THOROUGH || index % 3 === 0))
      failures.push(...(await failuresOf(each)));
    expect(failures).toEqual([]);
  },
  LONG,
);

test(
  "some cases of `npm run fuzz`",
  async () => {
    const failures: string[] = [];
    for (let index = 0; index < 8; index++) failures.push(...(await failuresOf(makeCase("short", index))));
    expect(failures).toEqual([]);
  },
  LONG,
);

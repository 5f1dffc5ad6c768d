import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { adler32 } from "../../../src/checksum/index.js";
import { compareNodes } from "../../../src/forensics/replicas/compare.js";
import { discover } from "../../../src/recovery/index.js";
import { LogReader } from "../../../src/storage/log-reader.js";
import { openBytes } from "../../../src/io/open-bytes.js";
import { hex } from "../../../src/storage/zxid.js";
import { plain } from "../../../src/text/message.js";
import { shell, zkrewind } from "../../cli/run.js";
import { fixtureDir, fixtures } from "../../fixtures/index.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-compare-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let next = 0;

const STANDALONE = fixtureDir("3.8.6-standalone");

/** A copy of a data directory that may be changed. */
function copyOf(path: string): string {
  const copy = join(scratch, `node${next++}`);
  cpSync(path, copy, { recursive: true });
  return copy;
}

function serversOf(name: string): string[] {
  const fixture = fixtures.find((each) => each.name === name);
  return (fixture?.sources ?? []).map(({ path }) => join(fixtureDir(name), path));
}

function compare(
  paths: readonly string[],
  options: Parameters<typeof compareNodes>[1] = {},
): ReturnType<typeof compareNodes> {
  return compareNodes(
    paths.map((path) => discover([path])),
    options,
  );
}

/** Changes a byte of the value of a log's record, and makes its checksum right: what no checksum shows. */
async function forge(path: string, index: number): Promise<bigint> {
  const reader = new LogReader(openBytes(path));
  const bytes = readFileSync(path);
  await reader.readHead();
  while (await reader.fill()) {
    while (reader.next()) {
      if (reader.count !== index) continue;
      const from = reader.recordOffset;
      const length = bytes.readInt32BE(from + 8);
      // The TxnHeader's time: any transaction has one, and no structure hangs on it.
      bytes[from + 12 + 27] = (bytes[from + 12 + 27] as number) ^ 1;
      bytes.writeBigInt64BE(BigInt(adler32(bytes.subarray(from + 12, from + 12 + length))), from);
      writeFileSync(path, bytes);
      reader.close();
      return bytes.readBigInt64BE(from + 12 + 12);
    }
  }
  throw new Error(`${path} has no record ${index}`);
}

describe("real ensembles", () => {
  for (const name of ["ensemble-divergent", "ensemble-divergent-3.4"]) {
    test(`${name}: the tail, the fork, and which to restore from`, async () => {
      const special = fixtures.find((each) => each.name === name)?.special ?? "";
      const [shared, last] = [...special.matchAll(/0x[0-9a-f]+/g)].map(([zxid]) => BigInt(zxid)) as [bigint, bigint];
      const leader = Number(/server(\d) led/.exec(special)?.[1]) - 1;
      const others = [0, 1, 2].filter((node) => node !== leader);
      const result = await compare(serversOf(name), { limit: 5 });
      expect(result.shared).toMatchObject({ first: 0x100000001n, last: shared });
      expect(result.last).toBe(last);
      expect(result.divergence).toMatchObject({ kind: "fork", zxid: shared + 1n, after: shared });
      expect(result.divergence?.sides.map(({ nodes }) => nodes)).toEqual([[leader], others]);
      expect(result.tails).toHaveLength(1);
      expect(result.tails[0]).toMatchObject({ kind: "dead", nodes: [leader], first: shared + 1n });
      expect(result.tails[0]?.transactions).toHaveLength(5);
      expect(result.trees?.zxid).toBe(shared);
      expect(result.trees?.results.map(({ same }) => same)).toEqual([true, true, true]);
      expect(result.best.nodes).toHaveLength(1);
      expect(others).toContain(result.best.nodes[0]);
      expect(result.findings.map(({ code }) => code)).toEqual(["ensemble.divergent-tail"]);
    });
  }

  test("ensemble-lagging: a hole that a snapshot bridges is no divergence", async () => {
    const special = fixtures.find((each) => each.name === "ensemble-lagging")?.special ?? "";
    const away = Number(/server(\d) was away/.exec(special)?.[1]) - 1;
    const result = await compare(serversOf("ensemble-lagging"));
    expect(result.divergence).toBeNull();
    expect(result.tails).toEqual([]);
    const { holes } = result.nodes[away] as (typeof result.nodes)[number];
    expect(holes).toHaveLength(1);
    expect(holes[0]).toMatchObject({ filledBy: [0, 1, 2].filter((node) => node !== away) });
    expect(holes[0]?.bridgedBy).toMatch(/^snapshot\./);
    expect(result.findings.every(({ severity }) => severity === "note")).toBe(true);
    expect(result.best.nodes).not.toContain(away);
  });

  test("a failed multi's members are logged with other types here and there: no conflict", async () => {
    for (const name of ["ensemble-lagging", "ensemble-reconfig", "ensemble-reconfig-3.5"]) {
      const result = await compare(serversOf(name), { trees: false });
      expect(result.findings.map(({ code }) => code)).not.toContain("ensemble.conflict");
    }
  });
});

describe("what servers can disagree about", () => {
  test("one directory twice: all is shared", async () => {
    const result = await compare([STANDALONE, copyOf(STANDALONE)]);
    expect(result.findings).toEqual([]);
    expect(result.shared?.count).toBe(result.nodes[0]?.transactions);
    expect(result.divergence).toBeNull();
  });

  test("one zxid with other bytes, though both checksums are right", async () => {
    const copy = copyOf(STANDALONE);
    const zxid = await forge(join(copy, "version-2", "log.2ea"), 100);
    const result = await compare([STANDALONE, copyOf(STANDALONE), copy], { trees: false });
    expect(result.divergence).toMatchObject({ kind: "conflict", zxid, sides: [{ nodes: [0, 1] }, { nodes: [2] }] });
    expect(result.findings.map(({ code, zxid: at }) => [code, at])).toEqual([["ensemble.conflict", zxid]]);
    expect(result.shared?.first).toBe(zxid + 1n);
  });

  test("of two servers that went on from one state, neither is behind: restoring from one loses the other's", async () => {
    const copy = copyOf(STANDALONE);
    const zxid = await forge(join(copy, "version-2", "log.2ea"), 100);
    const { best } = await compare([STANDALONE, copy], { trees: false });
    const reasons = best.reasons.map(plain).join("\n");
    expect(best.nodes).toEqual([]);
    expect(best.sides?.map(({ nodes, first }) => [nodes, first])).toEqual([
      [[0], zxid],
      [[1], zxid],
    ]);
    expect(reasons).toContain(
      `no majority has the transactions after ${hex(zxid - 1n)}: the files do not show whose were committed`,
    );
    expect(reasons).toContain("restoring from any of them loses the transactions of the others");
    expect(reasons).not.toContain("behind");
    const { stdout, code } = zkrewind(["compare", STANDALONE, copy, "--no-trees"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("whose transactions to keep is for you to say")]);
    expect(stdout).not.toContain("restore from");
    for (const source of [STANDALONE, copy]) {
      expect(stdout).toContain(`zkrewind restore ${source} -o NEW-DIRECTORY`);
      const [line = ""] = new RegExp(`zkrewind log ${source} .*`).exec(stdout) ?? [];
      expect(shell(line.replace("zkrewind", "$ZKREWIND")).code).toBe(0);
    }
    const three = await compare([STANDALONE, copyOf(STANDALONE), copy], { trees: false });
    expect(three.best.reasons.map(plain).join("\n")).not.toContain("no majority");
  });

  test("what a forged transaction does to the tree", async () => {
    const copy = copyOf(STANDALONE);
    const version = join(copy, "version-2");
    for (let index = 5; index < 60; index++) await forge(join(version, "log.e40"), index);
    const result = await compare([STANDALONE, copy]);
    expect(result.findings.map(({ code }) => code)).toContain("ensemble.conflict");
    const tree = result.trees?.results[1];
    // The forged time is in a znode's mtime: either the digests refuse the replay, or the trees are told apart.
    expect(tree?.reason !== null || (tree?.same === false && tree.differing > 0)).toBe(true);
  });

  test("damage in one is found, and another is recommended", async () => {
    const copy = copyOf(STANDALONE);
    const path = join(copy, "version-2", "log.76d");
    const bytes = readFileSync(path);
    bytes.fill(0, 3000, 3400);
    writeFileSync(path, bytes);
    const result = await compare([copy, STANDALONE]);
    expect(result.best.nodes).toEqual([1]);
    expect(result.nodes[0]?.damage.length).toBeGreaterThan(0);
    expect(result.nodes[0]?.holes[0]?.filledBy).toEqual([1]);
  });

  test("a server that is behind, and one whose older logs are purged, disagree with nobody", async () => {
    const behind = copyOf(STANDALONE);
    const purged = copyOf(STANDALONE);
    for (const name of readdirSync(join(behind, "version-2"))) {
      if (/\.(e40|e3c|aa0)$/.test(name)) rmSync(join(behind, "version-2", name));
      if (/\.(0|1|207|2ea|5c1|5de)$/.test(name)) rmSync(join(purged, "version-2", name));
    }
    const result = await compare([behind, purged, STANDALONE]);
    expect(result.divergence).toBeNull();
    expect(result.nodes.map(({ holes }) => holes.length)).toEqual([0, 0, 0]);
    expect(result.nodes[0]?.behind).toBeGreaterThan(1000);
    expect(result.nodes[1]?.behind).toBe(0);
    expect(result.findings.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(result.best.nodes).toEqual([2]);
  });

  test("what a minority holds at the end may have been committed", async () => {
    const behind = copyOf(STANDALONE);
    rmSync(join(behind, "version-2", "log.e40"));
    const result = await compare([STANDALONE, behind, copyOf(behind)], { trees: false });
    expect(result.tails).toMatchObject([{ kind: "uncommitted", nodes: [0] }]);
    const enough = await compare([STANDALONE, behind], { trees: false, voters: 2 });
    expect(enough.majority).toBe(2);
    const five = await compare([STANDALONE, copyOf(STANDALONE), behind], { trees: false, voters: 5 });
    expect(five.tails[0]).toMatchObject({ nodes: [0, 1] });
  });

  test("no transactions at all", async () => {
    const empty = join(scratch, "empty");
    mkdirSync(join(empty, "version-2"), { recursive: true });
    const result = await compare([empty, STANDALONE]);
    expect(result.nodes[0]).toMatchObject({ transactions: 0, reach: null });
    expect(result.trees).toBeNull();
    expect(result.best.nodes).toEqual([1]);
  });
});

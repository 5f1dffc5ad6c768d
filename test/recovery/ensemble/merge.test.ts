import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { discover, rebuild, verify } from "../../../src/recovery/index.js";
import { merge } from "../../../src/recovery/ensemble/merge.js";
import { LogReader } from "../../../src/storage/log-reader.js";
import { readZnode, type DataTree } from "../../../src/tree/index.js";
import { fixtureDir, fixtures, sampledPoints } from "../../fixtures/index.js";
import { THOROUGH } from "../../thorough.js";

const ensembles = fixtures.filter(({ sources }) => sources.length > 1);

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-merge-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function serversOf(name: string): ReturnType<typeof discover>[] {
  const fixture = ensembles.find((each) => each.name === name);
  return (fixture?.sources ?? []).map(({ path }) => discover([join(fixtureDir(name), path)]));
}

/** What a server keeps on its own account is left out: the quota statistics. */
function contentOf(tree: DataTree): Map<string, string> {
  const content = new Map<string, string>();
  for (let slot = 0; slot < tree.znodes.slots; slot++) {
    if (!tree.znodes.exists(slot)) continue;
    const { path, data, stat } = readZnode(tree, slot);
    if (!path.startsWith("/zookeeper")) content.set(path, `${data?.toString("base64")} ${stat.mzxid} ${stat.pzxid}`);
  }
  return content;
}

describe("several servers' directories read as one are every server's own truth", () => {
  for (const { name, sources } of ensembles) {
    test(name, async () => {
      const { directory, line } = await merge(serversOf(name));
      // The first has what the others lack, and the last what it lacks.
      for (const { truth } of THOROUGH ? sources : [sources[0], sources.at(-1)].filter((each) => each !== undefined)) {
        for (const point of sampledPoints(truth as string)) {
          const dead = line.dead.some(({ first, last }) => point.zxid >= first && point.zxid <= last);
          if (dead) continue;
          const request = { point: { kind: "zxid" as const, zxid: point.zxid, text: "" }, inclusive: true };
          const state = await rebuild(directory, request);
          expect(state.exact).toBe(true);
          const expected = new Map<string, string>();
          for (const { path, data, stat } of point.nodes.values()) {
            if (!path.startsWith("/zookeeper"))
              expected.set(path, `${data === null ? undefined : data} ${BigInt(stat[1])} ${BigInt(stat[2])}`);
          }
          expect(contentOf(state.tree)).toEqual(expected);
        }
      }
    });

    test(`${name}: nothing is found but what the servers disagree about`, async () => {
      const { directory } = await merge(serversOf(name));
      const { findings } = await verify(directory);
      const serious = findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);
      expect(serious).toEqual(
        name.startsWith("ensemble-divergent") || name === "ensemble-reconfig" ? ["ensemble.divergent-tail"] : [],
      );
    });
  }
});

describe("what one server lost comes from another", () => {
  test("a flipped bit and a missing file", async () => {
    const name = "ensemble-divergent";
    const [, whole] = serversOf(name);
    const damaged = join(scratch, "server1");
    cpSync(join(fixtureDir(name), "server1"), damaged, { recursive: true });
    const logs = discover([damaged]).logs;
    const first = logs[1]?.path as string;
    const bytes = readFileSync(first);
    bytes[1000] = (bytes[1000] as number) ^ 1;
    writeFileSync(first, bytes);
    rmSync(logs[3]?.path as string);
    const { directory } = await merge([discover([damaged]), whole as NonNullable<typeof whole>]);
    const state = await rebuild(directory);
    expect(state.exact).toBe(true);
    expect(state.digest.verified).toBe(true);
    expect(state.findings.some(({ code }) => code === "log.crc")).toBe(true);
    const alone = await verify(discover([damaged]));
    expect(alone.exact?.length).toBeGreaterThan(1);
    expect((await verify(directory)).exact).toHaveLength(1);
  });

  test("offsets in a part of a log are those of the file", async () => {
    const { directory } = await merge(serversOf("ensemble-lagging"));
    const part = directory.logs.at(-1) as (typeof directory.logs)[number];
    const own = new LogReader((await import("../../../src/io/open-bytes.js")).openBytes(part.path));
    const inPart = new LogReader(part.open());
    const offsets = async (reader: LogReader): Promise<number[]> => {
      const list: number[] = [];
      await reader.readHead();
      while (await reader.fill()) while (reader.next()) list.push(reader.recordOffset);
      reader.close();
      return list;
    };
    const all = await offsets(own);
    expect(all).toEqual(expect.arrayContaining(await offsets(inPart)));
  });
});

test("the servers that went on decide what an epoch began after", async () => {
  const name = "ensemble-divergent";
  // The fixture says where: what its driver saw of the servers when it was made.
  const special = ensembles.find((each) => each.name === name)?.special ?? "";
  const [shared, last] = [...special.matchAll(/0x[0-9a-f]+/g)].map(([zxid]) => BigInt(zxid));
  const leader = Number(/server(\d) led/.exec(special)?.[1]) - 1;
  const { line } = await merge(serversOf(name));
  expect(line.cuts[0]).toMatchObject({ after: shared, ambiguous: false, dissenters: [] });
  expect(line.dead.map(({ first, versions }) => [first, versions.map(Boolean)])).toEqual([
    [(shared as bigint) + 1n, [0, 1, 2].map((node) => node === leader)],
  ]);
  expect(line.reach).toEqual([0, 1, 2].map((node) => (node === leader ? shared : last)));
});

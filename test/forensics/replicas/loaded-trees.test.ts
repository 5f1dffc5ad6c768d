import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareNodes, type Comparison } from "../../../src/forensics/replicas/compare.js";
import { AS_IT_IS, carryOut, discover, rebuild, restore } from "../../../src/recovery/index.js";
import { pathOf } from "../../../src/tree/index.js";
import { zkrewind } from "../../cli/run.js";
import { observersIn } from "../../../src/recovery/ensemble/observers.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** A member whose logs are those of the others and whose newest snapshot is not the tree of its zxid (facts: "silently diverged"). */
describe.each([
  ["ensemble-lagging", { digest: true, lastZxid: true }],
  ["ensemble-reconfig-3.5", { digest: false, lastZxid: false }],
] as const)("equal zxids and different trees: %s", (name, layout) => {
  const folder = temporaryFolder();
  let members: string[] = [];
  let result: Comparison;

  async function made(): Promise<void> {
    const source = join(fixtureDir(name), "server2");
    const files = readdirSync(join(source, "version-2"));
    const zxidOf = (file: string): bigint => BigInt(`0x${file.split(".")[1]}`);
    const last = files
      .filter((each) => each.startsWith("snapshot."))
      .map(zxidOf)
      .reduce((a, b) => (b > a ? b : a));
    const directory = discover([source]);
    const point = { kind: "zxid" as const, zxid: last, text: "" };
    const state = await rebuild(directory, { point, inclusive: true });
    const chosen = (slot: number): boolean => !pathOf(state.tree, slot).startsWith("/app/client-1/");
    const plan = { ...AS_IT_IS, epoch: "leap" as const, sessions: "keep" as const, chosen, now: 0 };
    const trimmed = await carryOut(state, directory, plan);
    members = ["good", "other", "wrong"].map((each) => join(folder(), each));
    for (const member of members) cpSync(source, member, { recursive: true });
    const wrong = join(members[2] as string, "version-2");
    for (const each of files.filter((file) => file.startsWith("snapshot.") && zxidOf(file) >= last))
      rmSync(join(wrong, each));
    const restored = join(folder(), "restored");
    mkdirSync(folder(), { recursive: true });
    const { snapshot } = await restore({ ...trimmed, zxid: last, point: last }, restored, { layout });
    cpSync(snapshot, join(wrong, `snapshot.${last.toString(16)}`));
    result = await compareNodes(members.map((each) => discover([each])));
  }

  test("are found by what each would load", async () => {
    await made();
    expect(result.divergence).toBeNull();
    expect(result.loaded?.results.map(({ same }) => same)).toEqual([true, true, false]);
    expect(result.loaded?.results[2]?.differences.map(({ path }) => path)).toContainEqual(
      expect.stringMatching(/^\/app\/client-1\//),
    );
    expect(result.findings.map(({ code, severity }) => `${severity} ${code}`)).toContain("error ensemble.trees");
    const { code, stdout } = zkrewind(["compare", ...members]);
    expect(code).toBe(1);
    expect(stdout).not.toContain("no divergence");
    expect(stdout).toContain("DIVERGENCE      the logs agree, but the trees differ");
  });
});

describe("what is not known", () => {
  const folder = temporaryFolder();

  test("is never no divergence", async () => {
    const source = join(fixtureDir("ensemble-lagging"), "server2");
    const blind = join(folder(), "blind");
    cpSync(source, blind, { recursive: true });
    // Logs without a snapshot: neither a server nor a replay has a tree.
    for (const each of readdirSync(join(blind, "version-2")))
      if (each.startsWith("snapshot.") || each === "log.100000001") rmSync(join(blind, "version-2", each));
    const { stdout } = zkrewind(["compare", source, blind]);
    expect(stdout).not.toContain("no divergence");
    expect(stdout).toContain("logs agree");
  });
});

test("two that went on from one state: each one's own transactions are shown", async () => {
  const result = await compareNodes([
    discover([fixtureDir("3.8.6-standalone")]),
    discover([fixtureDir("3.9.5-standalone")]),
  ]);
  expect(result.divergence?.kind).toBe("conflict");
  for (const side of result.divergence?.sides ?? []) {
    expect(side.own.length).toBeGreaterThan(1);
    expect(side.own[0]).toEqual(side.next);
    expect(side.count).toBeGreaterThanOrEqual(side.own.length);
  }
});

describe("observers", () => {
  const folder = temporaryFolder();

  /** Two voters, one of which lacks the last log, and a third server that has it. */
  function members(): { ahead: string; behind: string; third: string } {
    const [ahead, behind, third] = ["ahead", "behind", "third"].map((each) => join(folder(), each)) as [
      string,
      string,
      string,
    ];
    for (const each of [ahead, behind, third]) cpSync(fixtureDir("3.8.6-standalone"), each, { recursive: true });
    rmSync(join(behind, "version-2/log.e40"));
    return { ahead, behind, third };
  }

  test("hold what they were told, and do not make a majority", async () => {
    const { ahead, behind, third } = members();
    const directories = [ahead, behind, third].map((each) => discover([each]));
    const all = await compareNodes(directories, { trees: false });
    expect([all.majority, all.tails]).toEqual([2, []]);
    const observed = await compareNodes(directories, { trees: false, observers: [2] });
    expect(observed).toMatchObject({ voters: 2, majority: 2, observers: [2], tails: [{ nodes: [0, 2] }] });
    const { stdout } = zkrewind(["compare", ahead, behind, "--observer", third, "--no-trees"]);
    expect(stdout).toContain("2 of 2; observers, which do not vote: third");
  });

  test("are known by zoo.cfg, its newest dynamic file, the other servers' zoo.cfg, and peerType", async () => {
    const { ahead, behind, third } = members();
    const folders = [ahead, behind, third];
    for (const [node, each] of folders.entries()) writeFileSync(join(each, "myid"), `${node + 1}\n`);
    const seen = async (): Promise<number[]> =>
      (
        await compareNodes(
          folders.map((each) => discover([each])),
          { trees: false },
        )
      ).observers;
    expect(await seen()).toEqual([]);
    const lines = (role: string): string =>
      `server.1=h1:2888:3888\nserver.2 = h2:2888:3888;2181\n# server.2=h:1:2:observer\nserver.3=h3:2888:3888${role}\n`;
    writeFileSync(join(ahead, "zoo.cfg"), `dataDir=${ahead}\n${lines(":observer")}`);
    expect(await seen()).toEqual([2]);
    writeFileSync(join(third, "zoo.cfg"), `dataDir=${third}\n`);
    writeFileSync(join(third, "zoo.cfg.dynamic.2ff"), lines(":observer;2181"));
    expect(await seen()).toEqual([2]);
    // Its own newest counts.
    writeFileSync(join(third, "zoo.cfg.dynamic.300000001"), lines(";2181"));
    expect(await seen()).toEqual([]);
    writeFileSync(join(behind, "zoo.cfg"), `dataDir=${behind}\npeerType=observer\n`);
    expect(await seen()).toEqual([1]);
    // The same where the zoo.cfg is what is named.
    const config = join(folder(), "etc.cfg");
    writeFileSync(config, `dataDir=${third}\n${lines(":observer")}`);
    const named = await compareNodes([discover([ahead]), discover([config])], { trees: false });
    expect(named.observers).toEqual([1]);
  });

  test("are known by /zookeeper/config", () => {
    const lines = [
      "server.1=h1:2888:3888:participant;0.0.0.0:2181",
      "server.2=h2:2888:3888;2181",
      "server.12=h3:2888:3888:observer;0.0.0.0:2181",
      "server.13=h4:2888:3888:OBSERVER",
      "version=100000000",
    ];
    expect([...observersIn(lines.join("\n"))]).toEqual([12, 13]);
  });
});

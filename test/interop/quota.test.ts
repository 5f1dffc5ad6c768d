import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { discover, rebuild } from "../../src/recovery/index.js";
import { ChildIndex, type DataTree, freshTree, readZnode, refreshQuotas } from "../../src/tree/index.js";
import { logBytes } from "../fixtures/memory.js";
import { PlainServer } from "../tree/plain-server.js";
import type { Step } from "../tree/steps.js";
import { expectSame, Replay, run } from "../tree/same-tree.js";
import { quotaSteps } from "../tree/steps.js";
import { clientOf, compiled, ended, startJava } from "./java.js";
import { scratchFolder, serve } from "./scratch.js";

/** Every `zookeeper_stats` after a transaction. */
interface Told {
  zxid: bigint;
  stats: Record<string, string>;
}

describe("the values of zookeeper_stats are those of ZooKeeper's own classes, after every transaction", () => {
  for (const [version, from36] of [
    ["3.5.10", false],
    ["3.6.4", true],
    ["3.8.6", true],
    ["3.9.5", true],
  ] as const) {
    test(version, async () => {
      const server = new PlainServer(from36);
      for (const steps of fc.sample(quotaSteps, { seed: 8, numRuns: 60 }))
        for (const each of steps) if (isPlain(each)) run(server, each);
      const folder = scratchFolder();
      writeFileSync(join(folder, "log.1"), logBytes(server.log.map(({ payload }) => payload)));
      const told = await java(version, compiled(version, "java-quota"), "QuotaReplay", [folder]);
      expect(told.length).toBeGreaterThan(300);

      const tree = freshTree();
      const replay = new Replay(tree);
      for (const logged of server.log) {
        replay.apply(logged);
        if (told[1] && told[1].zxid <= logged.zxid) told.shift();
        if (told[0] && told[0].zxid > logged.zxid) continue;
        refreshQuotas(tree);
        expect({ zxid: logged.zxid, stats: statsOf(tree) }).toEqual({ zxid: logged.zxid, stats: told[0]?.stats ?? {} });
      }
      expectSame(tree, server);
    });
  }
});

/** Some releases skip a multi with a create2. */
function isPlain(step: Step): boolean {
  return step.op !== "multi" || step.members.every((each) => !("kind" in each) || each.kind !== "create2");
}

/** Those of the root count /zookeeper/config as well. */
const OF_ROOT = "/zookeeper/quota/zookeeper_stats";

describe("they are a real server's, whatever became of limits and stats, and after it has started again", () => {
  test.each(["3.4.14", "3.5.10", "3.6.4", "3.8.6", "3.9.5"])("%s", async (version) => {
    const dataDir = scratchFolder();
    mkdirSync(join(dataDir, "version-2"), { recursive: true });
    const told: Told[] = [];
    // Up to 3.5 nothing bounds the window of a snapshot that a server writes as it starts: what is rebuilt can go on from
    // an earlier one, as if there had been no third start, which counts anew what a client wrote.
    const runs = /^3\.[45]\./.test(version) ? RUNS.slice(0, 2) : RUNS;
    for (const commands of runs) {
      const server = await serve(version, { dataDir });
      const file = join(scratchFolder(), "commands");
      writeFileSync(file, commands.join("\n"));
      const client = clientOf(version);
      told.push(...(await java(client, compiled(client, "java-quota"), "QuotaClient", [server.address, file])));
      await server.stop();
    }
    expect(told.length).toBe(runs.flat().filter((command) => command === "tell").length);
    for (const { zxid, stats } of told) {
      const point = { kind: "zxid" as const, zxid, text: "" };
      const { tree, exact } = await rebuild(discover([dataDir]), { point, inclusive: true });
      expect(exact).toBe(true);
      expect({ zxid, stats: statsOf(tree) }).toEqual({ zxid, stats });
    }
  });
});

const quota = (path: string, ...names: string[]): string[] =>
  names.map((name) => `create /zookeeper/quota${path}/zookeeper_${name} count=${name === "limits" ? 1000 : 0},bytes=0`);
const folder = (path: string): string => `create /zookeeper/quota${path}`;
const change = (path: string): string[] => [`create ${path} 12345`, `set ${path} 1234567`, "tell"];

/** Each is what clients do with a server that has just started. */
const RUNS: string[][] = [
  [
    "create /clock",
    "create /a 1",
    "create /a/b 22",
    "create /a/b/c 333",
    "create /d 4444",
    "tell",
    folder("/a"),
    ...quota("/a", "limits", "stats"),
    ...change("/a/x"),
    // Nested: the outer one does not see what the inner one does.
    folder("/a/b"),
    ...quota("/a/b", "limits", "stats"),
    ...change("/a/b/x"),
    ...change("/a/y"),
    // Without limits: counted once.
    folder("/d"),
    ...quota("/d", "stats"),
    ...change("/d/x"),
    // By a client.
    "set /zookeeper/quota/a/zookeeper_stats count=500,bytes=5000",
    ...change("/a/z"),
  ],
  [
    "tell",
    ...change("/a/run2"),
    ...change("/a/b/run2"),
    ...change("/d/run2"),
    "delete /zookeeper/quota/a/b/zookeeper_limits",
    ...change("/a/b/gone"),
    ...quota("/d", "limits"),
    ...change("/d/limits"),
    "delete /zookeeper/quota/d/zookeeper_stats",
    ...change("/d/none"),
    ...quota("/d", "stats"),
    ...change("/d/again"),
  ],
  ["tell", ...change("/a/run3"), ...change("/a/b/run3"), "delete /d/again", "delete /d/none", "tell"],
];

function statsOf(tree: DataTree): Record<string, string> {
  const stats: Record<string, string> = {};
  for (const slot of new ChildIndex(tree.znodes).walk()) {
    const { path, data } = readZnode(tree, slot);
    if (/^\/zookeeper\/quota\/.*\/zookeeper_stats$/.test(path)) stats[path] = String(data);
  }
  return stats;
}

/** What a program prints of quotas, between what its classes log. */
async function java(version: string, classes: string, main: string, args: string[]): Promise<Told[]> {
  const file = join(scratchFolder(), "out");
  const log = openSync(file, "a");
  const code = await ended(startJava(classes, {}, main, args, { log }));
  closeSync(log);
  const text = readFileSync(file, "utf8");
  if (code !== 0) throw new Error(`${main} of ${version} failed:\n${text.slice(-3000)}`);
  return [...text.matchAll(/^(\d+)((?: \/zookeeper\/quota\/\S+=\S+)*)$/gm)].map(([, zxid, values]) => ({
    zxid: BigInt(zxid as string),
    stats: Object.fromEntries(
      (values as string)
        .split(" ")
        .filter((each) => each !== "" && !each.startsWith(`${OF_ROOT}=`))
        .map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
    ),
  }));
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { diffTrees } from "../../src/forensics/diff/diff.js";
import { discover, parsePoint, rebuild, type State } from "../../src/recovery/index.js";
import { NONE, pathOf } from "../../src/tree/index.js";
import { scratchFolder } from "./scratch.js";
import { Server } from "./server.js";
import { zkCli } from "./zkcli.js";
import { zkrewind } from "./zkrewind.js";

const QUOTA = "/zookeeper/quota";
const limits = (owner: string, text: string): string => `create ${QUOTA}${owner}/zookeeper_limits ${text}`;
const stats = (owner: string): string => `create ${QUOTA}${owner}/zookeeper_stats count=0,bytes=0`;

/** What zkCli says where it does not do what it is told. */
const REFUSED =
  /not empty|does not exist|already exists|not valid|Exception|has a (parent|child)|has child|Insufficient|exceed|usage|ZooKeeper -server/i;

/** What is there before, and what is done then. */
const SCENARIOS: Record<string, [before: string[], after: string[]]> = {
  "a quota is set": [["create /set x"], ["setquota -n 5 /set"]],
  "the first quota below a path is set, with the path": [
    [],
    ["create /new x", "create /new/path x", "create /new/path/below x", "setquota -b 100 /new/path/below"],
  ],
  "a quota is deleted": [
    ["create /gone x", "setquota -b 100 /gone", `setAcl ${QUOTA}/gone/zookeeper_limits world:anyone:cdrw`],
    ["delquota /gone"],
  ],
  "limits are changed": [
    ["create /changed x", "setquota -n 5 /changed"],
    [`set ${QUOTA}/changed/zookeeper_limits count=9,bytes=50`],
  ],
  "a quota within another is deleted with it": [
    [
      "create /nested x",
      "create /nested/in x",
      "setquota -n 50 /nested",
      `create ${QUOTA}/nested/in`,
      limits("/nested/in", "count=7,bytes=-1"),
      stats("/nested/in"),
    ],
    [
      ...["limits", "stats"].map((name) => `delete ${QUOTA}/nested/in/zookeeper_${name}`),
      `delete ${QUOTA}/nested/in`,
      "delquota /nested",
    ],
  ],
  "a quota around another, and beside it, is made": [
    ["create /around x", "create /around/in x", "create /around/too x"],
    ["setquota -n 5 /around/in", "setquota -n 6 /around/too", limits("/around", "count=9,bytes=-1"), stats("/around")],
  ],
  "a subtree with quotas is deleted": [
    [
      "create /tree x",
      "create /tree/a xx",
      "create /tree/a/1 xxx",
      "create /tree/b x",
      "create /tree/b/1 x",
      "setquota -n 9 /tree/a",
      "setquota -b 90 /tree/b",
    ],
    [
      "delquota /tree/a",
      "delquota /tree/b",
      "delete /tree/a/1",
      "delete /tree/a",
      "delete /tree/b/1",
      "delete /tree/b",
      "delete /tree",
    ],
  ],
  "a client deletes limits, and leaves stats": [
    ["create /half x", "setquota -n 9 /half"],
    [`delete ${QUOTA}/half/zookeeper_limits`],
  ],
  "a client makes stats without limits": [["create /stats x"], [`create ${QUOTA}/stats`, stats("/stats")]],
  "a client makes limits without stats": [
    ["create /limits x"],
    [`create ${QUOTA}/limits`, limits("/limits", "count=3,bytes=-1")],
  ],
};

/** From 3.7 on, where changes beyond the limits are refused. */
const HARD: typeof SCENARIOS = {
  "a hard limit is lowered, after the znodes that it would not allow": [
    ["create /hard x", "create /hard/a x", "create /hard/b x", "setquota -N 3 /hard"],
    ["delete /hard/a", "setquota -N 2 /hard"],
  ],
  "a hard limit is deleted": [["create /soft x", "setquota -N 3 /soft"], ["delquota /soft"]],
};

test.each(["3.5.10", "3.6.4", "3.8.6", "3.9.5"])(
  "a real server of %s takes each step that undoes quotas, and has them as they were",
  async (version) => {
    const hasHard = !/^3\.[56]\./.test(version);
    const scenarios = Object.values({ ...SCENARIOS, ...(hasHard ? HARD : {}) });
    const dataDir = scratchFolder();
    mkdirSync(join(dataDir, "version-2"));
    const work = scratchFolder();
    const server = new Server(version, { dataDir }, work, { "zookeeper.enforceQuota": true });
    onTestFinished(() => server.stop());
    await server.start();
    let answered = 0;
    const run = async (commands: readonly string[]): Promise<string> => {
      const answers = await zkCli(version, server.port, work, commands);
      expect(answers.slice(answered).replaceAll(/^.* INFO .*$/gm, "")).not.toMatch(REFUSED);
      answered = answers.length;
      return /Zxid: (0x[0-9a-f]+)/.exec(await server.ask("srvr"))?.[1] ?? "";
    };
    const empty = await run([]);
    const before = await run(scenarios.flatMap(([each]) => each));
    const after = await run(scenarios.flatMap(([, each]) => each));
    const undone = await runScript(dataDir, before, after, run);
    const emptied = await runScript(dataDir, empty, undone, run);
    await server.stop();

    // That the commands before it have done what they say.
    expect((await differing(dataDir, before, after)).length).toBeGreaterThan(30);
    expect(await differing(dataDir, before, undone)).toEqual([
      // zkCli sets no quota around another.
      `- ${QUOTA}/nested/zookeeper_stats`,
      // No client is to delete stats.
      `+ ${QUOTA}/stats`,
      `+ ${QUOTA}/stats/zookeeper_stats`,
    ]);
    expect(await differing(dataDir, empty, emptied)).toEqual([`+ ${QUOTA}/stats`, `+ ${QUOTA}/stats/zookeeper_stats`]);
  },
);

/** Gives a real zkCli the script that leads from one point back to another; the zxid that the server is at then. */
async function runScript(
  dataDir: string,
  from: string,
  to: string,
  run: (commands: readonly string[]) => Promise<string>,
): Promise<string> {
  const script = await zkrewind("undo", dataDir, "--from", from, "--to", to);
  const commands = script.split("\n").filter((line) => !line.startsWith("#") && line !== "");
  expect(commands.join("\n")).not.toContain("zookeeper_stats");
  return run(commands);
}

/** The values of stats as well: with the same tree a server counts the same. */
async function differing(dataDir: string, from: string, to: string): Promise<string[]> {
  const [before, after] = [await stateAt(dataDir, from), await stateAt(dataDir, to)];
  return [...diffTrees(before.tree, after.tree, { oneHistory: false })].map((change) => {
    const path = change.before === NONE ? pathOf(after.tree, change.after) : pathOf(before.tree, change.before);
    return `${{ added: "+", removed: "-", changed: "~" }[change.change]} ${path}`;
  });
}

function stateAt(folder: string, point: string): Promise<State> {
  return rebuild(discover([folder]), { point: parsePoint(point), inclusive: true });
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffTrees } from "../../../src/forensics/diff/diff.js";
import { type Undo, undo, type UndoStep } from "../../../src/forensics/diff/undo.js";
import { zkCliCommands } from "../../../src/forensics/diff/zkcli.js";
import { isMessage } from "../../../src/text/message.js";
import { treeOf } from "../../export/trees.js";
import { PlainZkCli } from "./plain-zkcli.js";

/** Data by path; what a server has in any case is left out. */
type Nodes = Record<string, string | null>;

const QUOTA = "/zookeeper/quota";
const LIMITS = "count=5,bytes=-1";

/** A quota as zkCli sets it. */
function quota(owner: string, limits = LIMITS): Nodes {
  const nodes: Nodes = {};
  for (let at = owner.indexOf("/", 1); at > 0; at = owner.indexOf("/", at + 1))
    nodes[QUOTA + owner.slice(0, at)] = null;
  nodes[QUOTA + owner] = null;
  nodes[`${QUOTA}${owner}/zookeeper_limits`] = limits;
  nodes[`${QUOTA}${owner}/zookeeper_stats`] = "count=1,bytes=2";
  return nodes;
}

function undone(before: Nodes, after: Nodes): Undo & { lines: string[] } {
  const [from, to] = [before, after].map((nodes) => treeOf(sorted(nodes).map(([path, data]) => ({ path, data })))) as [
    ReturnType<typeof treeOf>,
    ReturnType<typeof treeOf>,
  ];
  const result = undo(from, to, [...diffTrees(from, to, { oneHistory: false })]);
  return { ...result, lines: result.steps.flatMap(commandsOf) };
}

function sorted(nodes: Nodes): [string, string | null][] {
  return Object.entries(nodes).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function commandsOf(step: UndoStep): string[] {
  const commands = zkCliCommands(step);
  return isMessage(commands) ? [] : commands;
}

const SERVER: Nodes = { "/zookeeper": null, [QUOTA]: null };

function byZkCli(release: "3.5" | "3.9", after: Nodes, lines: readonly string[]): Nodes {
  const server = new PlainZkCli(release, Object.entries({ ...SERVER, ...after }));
  for (const line of lines) server.run(line);
  return nodesOf(server);
}

/** As a program does it that knows nothing of quotas. */
function bySteps(after: Nodes, steps: readonly UndoStep[]): Nodes {
  const server = new PlainZkCli("3.9", Object.entries({ ...SERVER, ...after }));
  for (const step of steps) {
    if (step.op === "delete") server.delete(step.path, step.version);
    else if (step.op === "create") server.create(step.path, step.data && step.data.toString());
    else if (step.op === "setData") server.set(step.path, step.data && step.data.toString(), step.version);
  }
  return nodesOf(server);
}

function nodesOf(server: PlainZkCli): Nodes {
  return Object.fromEntries([...server.nodes].map(([path, { data }]) => [path, data]));
}

/** The values of stats are the server's. */
function withoutCounts(nodes: Nodes): Nodes {
  return Object.fromEntries(
    sorted({ ...SERVER, ...nodes }).map(([path, data]) => [path, path.endsWith("/zookeeper_stats") ? "counted" : data]),
  );
}

describe("a quota", () => {
  const app: Nodes = { "/app": "x", "/app/one": "1" };

  test("that was set is deleted by delquota", () => {
    const { lines, steps, kept } = undone(app, { ...app, ...quota("/app") });
    expect(lines).toEqual(["delquota /app"]);
    expect(steps.map(({ op, path }) => [op, path])).toEqual([["delete", `${QUOTA}/app/zookeeper_limits`]]);
    expect(kept.map(({ path, goes }) => [path, goes])).toEqual([
      [`${QUOTA}/app/zookeeper_stats`, true],
      [`${QUOTA}/app`, true],
    ]);
  });

  test("that was deleted is set again by setquota, with its limits to the byte", () => {
    const { lines, steps } = undone({ ...app, ...quota("/app", "count=7,bytes=9=;countHardLimit=8") }, app);
    expect(lines).toEqual([
      `create ${QUOTA}/app`,
      "setquota -n 7 /app",
      `set -v 0 ${QUOTA}/app/zookeeper_limits count=7,bytes=9=;countHardLimit=8`,
    ]);
    expect(steps.map(({ op, path }) => [op, path])).toEqual([
      ["create", `${QUOTA}/app`],
      ["create", `${QUOTA}/app/zookeeper_limits`],
    ]);
    expect(undone({ ...app, ...quota("/app", "count=-1,bytes=0") }, app).lines[1]).toBe("setquota -b 0 /app");
    expect(undone({ ...app, ...quota("/app", "count=-1,bytes=-1=;countHardLimit=8") }, app).lines[1]).toBe(
      "setquota -n 2147483647 /app",
    );
  });

  test("whose limits were changed gets them back, and before the znodes that they would hinder", () => {
    const before = { ...app, ...quota("/app", "count=-1,bytes=-1=;countHardLimit=9") };
    const after = { "/app": "x", ...quota("/app", "count=-1,bytes=-1=;countHardLimit=1") };
    const set = `set -v 0 ${QUOTA}/app/zookeeper_limits count=-1,bytes=-1=;countHardLimit=`;
    expect(undone(before, after).lines).toEqual([`${set}9`, "create /app/one 1"]);
    const lowered = undone({ ...app, ...quota("/app", LIMITS) }, { "/app": "x", ...quota("/app", "count=4,bytes=-1") });
    expect(lowered.lines.map((line) => line.split(" ")[0])).toEqual(["create", "set"]);
  });

  test("comes back after the subtree that it is for, wherever that is in order", () => {
    for (const owner of ["/app", "/zz"]) {
      const nodes = { [owner]: "x", [`${owner}/one`]: "1" };
      const { lines } = undone({ ...nodes, ...quota(`${owner}/one`) }, {});
      expect(lines.at(-2)).toBe(`setquota -n 5 ${owner}/one`);
    }
  });

  test("within another: both are deleted, and set again, the inner one first; the outer one's stats are missing, which is said", () => {
    const nodes = { "/app": "x", "/app/one": "1" };
    const both = { ...nodes, ...quota("/app"), ...quota("/app/one") };
    expect(undone(nodes, both).lines).toEqual(["delquota /app/one", "delquota /app"]);
    const { steps, lines } = undone(both, nodes);
    expect(lines).toEqual([
      `create ${QUOTA}/app`,
      `create ${QUOTA}/app/one`,
      "setquota -n 5 /app/one",
      `set -v 0 ${QUOTA}/app/one/zookeeper_limits ${LIMITS}`,
      `create ${QUOTA}/app/zookeeper_limits ${LIMITS}`,
    ]);
    expect(
      steps.filter(({ note }) => note?.includes("without zookeeper_stats, which")).map(({ path }) => path),
    ).toEqual([`${QUOTA}/app/zookeeper_limits`]);
  });

  test("whose limits a client has made or deleted, with stats that stay", () => {
    const stats = { ...app, [`${QUOTA}/app`]: null, [`${QUOTA}/app/zookeeper_stats`]: "count=1,bytes=1" };
    const whole = { ...app, ...quota("/app") };
    expect(undone(stats, whole).lines).toEqual([`delete -v 0 ${QUOTA}/app/zookeeper_limits`]);
    expect(undone(whole, stats).lines).toEqual([`create ${QUOTA}/app/zookeeper_limits ${LIMITS}`]);
    // Stats alone: their folder cannot go.
    const { lines, kept } = undone(app, stats);
    expect(lines).toEqual([]);
    expect(kept.map(({ path, goes }) => [path, goes])).toEqual([
      [`${QUOTA}/app/zookeeper_stats`, false],
      [`${QUOTA}/app`, false],
    ]);
  });

  test("delquota is not used where it would delete a folder that is to stay, or cannot read the limits", () => {
    const folder = { ...app, [`${QUOTA}/app`]: null };
    expect(undone(folder, { ...folder, ...quota("/app/one") }).lines).toEqual([
      `delete -v 0 ${QUOTA}/app/one/zookeeper_limits`,
    ]);
    expect(undone(app, { ...app, ...quota("/app", "many") }).lines).toEqual([
      `delete -v 0 ${QUOTA}/app/zookeeper_limits`,
    ]);
  });
});

const OWNERS = ["/a", "/a/b", "/a/b/c", "/d", "/zz"];
const anyLimits = fc.constantFrom(
  LIMITS,
  "count=-1,bytes=8",
  "count=-1,bytes=-1=;byteHardLimit=2;countHardLimit=1",
  "?",
);

/** Any of the owners with those above, with quotas that zkCli can have made. */
const zkCliTree = fc
  .record({ owners: fc.subarray(OWNERS), quotas: fc.subarray(["/a/b", "/d", "/zz"]), limits: anyLimits })
  .map(({ owners, quotas, limits }) => {
    const nodes: Nodes = {};
    for (const owner of owners) Object.assign(nodes, withParents(owner));
    for (const owner of quotas)
      if (owner in nodes) Object.assign(nodes, quota(owner, limits === "?" ? LIMITS : limits));
    return nodes;
  });

/** And what clients can make of that: nested, halves, of nothing, of the root, with other znodes in between. */
const oddTree = fc
  .tuple(
    zkCliTree,
    fc.array(
      fc.tuple(
        fc.constantFrom("", ...OWNERS, "/none"),
        fc.subarray(["limits", "stats", "odd", "below limits"]),
        anyLimits,
      ),
      { maxLength: 5 },
    ),
  )
  .map(([nodes, quotas]) => {
    const all = { ...nodes };
    for (const [owner, parts, limits] of quotas) {
      const folder = QUOTA + owner;
      if (owner !== "") Object.assign(all, withParents(folder));
      if (parts.includes("limits")) all[`${folder}/zookeeper_limits`] = limits;
      if (parts.includes("limits") && parts.includes("below limits")) all[`${folder}/zookeeper_limits/x`] = null;
      if (parts.includes("stats")) all[`${folder}/zookeeper_stats`] = "count=1,bytes=1";
      if (parts.includes("odd")) all[`${folder}/odd`] = null;
    }
    delete all["/zookeeper"];
    delete all[QUOTA];
    return all;
  });

function withParents(path: string): Nodes {
  const nodes: Nodes = {};
  for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) nodes[path.slice(0, at)] = null;
  return nodes;
}

describe.each(["3.5", "3.9"] as const)("by zkCli of %s", (release) => {
  test("what zkCli has made comes back whole", () => {
    fc.assert(
      fc.property(zkCliTree, zkCliTree, (before, after) => {
        const { lines } = undone(before, after);
        expect(withoutCounts(byZkCli(release, after, lines))).toEqual(withoutCounts(before));
      }),
      { numRuns: 200 },
    );
  });

  test("whatever clients have made, each step can be done, limits are as they were, and only what holds stats is left", () => {
    fc.assert(
      fc.property(oddTree, oddTree, (before, after) => {
        const { lines, steps, kept } = undone(before, after);
        const now = byZkCli(release, after, lines);
        expectBack(before, after, now);
        expect(Object.keys(after).filter((path) => kept.some((each) => each.path === path && each.goes))).toEqual(
          Object.keys(after).filter((path) => kept.some((each) => each.path === path) && !(path in now)),
        );
        for (const path of Object.keys(before)) {
          const stats = path.replace(/limits$/, "stats");
          if (path === stats || !(stats in before) || path in after) continue;
          const note = steps.find((step) => step.path === path)?.note ?? "";
          expect(stats in now || note.includes("without zookeeper_stats, which"), path).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test("a program that does the steps, and knows nothing of quotas, comes as far but for what zkCli makes", () => {
  fc.assert(
    fc.property(oddTree, oddTree, (before, after) => {
      const { steps } = undone(before, after);
      expect(steps.filter(({ path }) => path.endsWith("/zookeeper_stats"))).toEqual([]);
      expectBack(before, after, bySteps(after, steps));
    }),
    { numRuns: 200 },
  );
});

function expectBack(before: Nodes, after: Nodes, now: Nodes): void {
  const isStats = (path: string): boolean => path.endsWith("/zookeeper_stats");
  const left = Object.keys(now).filter((path) => !(path in before) && !(path in SERVER) && !isStats(path));
  for (const path of left) {
    expect(path in after && path.startsWith(QUOTA), path).toBe(true);
    expect(path).not.toMatch(/zookeeper_limits/);
    expect(
      Object.keys(now).some((each) => isStats(each) && each.startsWith(`${path}/`)),
      path,
    ).toBe(true);
  }
  for (const [path, data] of Object.entries(before))
    if (!isStats(path)) expect([path, now[path]]).toEqual([path, data]);
}

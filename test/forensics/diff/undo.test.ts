import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffTrees } from "../../../src/forensics/diff/diff.js";
import { undo, type UndoStep } from "../../../src/forensics/diff/undo.js";
import { zkCliCommands } from "../../../src/forensics/diff/zkcli.js";
import { discover, rebuild, type State } from "../../../src/recovery/index.js";
import { type DataTree, readZnode } from "../../../src/tree/index.js";
import { sampled, truePoints } from "../../fixtures/index.js";
import { isMessage, plain as textOf } from "../../../src/text/message.js";
import { runs, THOROUGH } from "../../thorough.js";
import { isPlain } from "../../../src/text/unsafe.js";

interface Plain {
  data: string | null;
  acl: string;
  kind: string;
}

/** What undo brings back, of every znode; what the server keeps is left out. */
function plain(tree: DataTree): Map<string, Plain> {
  const nodes = new Map<string, Plain>();
  for (let slot = 0; slot < tree.znodes.slots; slot++) {
    if (!tree.znodes.exists(slot)) continue;
    const { path, data, acl, kind, ttl } = readZnode(tree, slot);
    if (path.endsWith("/zookeeper_stats") || path === "/zookeeper/config") continue;
    nodes.set(path, plainOf(data, acl, kind, ttl));
  }
  return nodes;
}

function plainOf(data: Buffer | null, acl: unknown, kind: string, ttl: number | undefined): Plain {
  return { data: data === null ? null : data.toString("hex"), acl: JSON.stringify(acl), kind: `${kind} ${ttl}` };
}

/** Does a step as a server would: it refuses what does not fit. */
function apply(nodes: Map<string, Plain>, step: UndoStep): void {
  const { path } = step;
  const node = nodes.get(path);
  if (step.op === "create") {
    expect(node, path).toBeUndefined();
    expect(nodes.has(path.slice(0, path.lastIndexOf("/")) || "/"), path).toBe(true);
    nodes.set(path, plainOf(step.data, step.acl, step.kind, step.ttl));
    return;
  }
  if (!node) throw new Error(`${step.op} of ${path}, which is not there`);
  if (step.op === "delete") nodes.delete(path);
  else if (step.op === "setData") node.data = step.data === null ? null : step.data.toString("hex");
  else node.acl = JSON.stringify(step.acl);
}

describe.each(sampled.filter(({ source }) => source.truth !== undefined))(
  "undo on $title",
  ({ source, path, logDir }) => {
    test("leads from any later point to any earlier one", async () => {
      const directory = discover([path], logDir === undefined ? {} : { logDir });
      const states: State[] = [];
      let index = 0;
      for (const { zxid } of truePoints(source.truth as string)) {
        if (index++ % (THOROUGH ? 3 : 5) > 0) continue;
        const request = { point: { kind: "zxid", zxid, text: "" } as const, inclusive: true };
        const state = await rebuild(directory, request).catch(() => undefined);
        if (state) states.push(state);
      }
      for (const [later, to] of states.entries()) {
        for (const from of states.slice(Math.max(0, later - 2), later)) {
          const changes = [...diffTrees(from.tree, to.tree, { oneHistory: true })];
          const { steps, kept } = undo(from.tree, to.tree, changes);
          const nodes = plain(to.tree);
          for (const step of steps) apply(nodes, step);
          const wanted = plain(from.tree);
          for (const { path } of kept) if (!wanted.has(path)) nodes.delete(path);
          expect(nodes).toEqual(wanted);
          // A delete of something with children would be refused.
          expectLeavesFirst(steps.filter(({ op }) => op === "delete"));
        }
      }
    });
  },
);

function expectLeavesFirst(deletes: readonly UndoStep[]): void {
  const gone = new Set<string>();
  for (const { path } of deletes) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
      expect(gone.has(path.slice(0, at))).toBe(false);
    gone.add(path);
  }
}

/** How zkCli (ZooKeeperMain.MyCommandOptions.parseCommand) takes a line apart. */
function zkCliArguments(line: string): string[] {
  return [...line.matchAll(/\s*([^"']\S*|"[^"]*"|'[^']*')\s*/g)].map(([, word = ""]) =>
    /^(['"])(.*)\1$/s.test(word) ? word.slice(1, -1) : word,
  );
}

test("what is said in zkCli's words comes out as it was", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.string({
      unit: fc.constantFrom("a", " ", '"', "'", "-", "!", "é", "\t", "\u202e", "\u00a0", "\u200b", "\u{e0041}"),
    }),
  );
  fc.assert(
    fc.property(text, text, (name, value) => {
      const path = `/${name.replaceAll("/", "")}`;
      const step: UndoStep = {
        op: "setData",
        path,
        pathBytes: Buffer.from(path),
        data: Buffer.from(value),
        version: 7,
      };
      const commands = zkCliCommands(step);
      if (isMessage(commands)) return;
      expect(commands).toHaveLength(1);
      const line = commands[0] as string;
      expect(line).not.toMatch(/!/);
      expect(isPlain(line)).toBe(true);
      expect(zkCliArguments(line)).toEqual(["set", "-v", "7", path, value]);
    }),
    runs(2000, 100),
  );
});

test("ACLs, kinds and what zkCli cannot say", () => {
  const create = { op: "create", path: "/a b", pathBytes: Buffer.from("/a b"), possible: true } as const;
  const acl = [
    { perms: 31, scheme: "digest", id: "joe:Zm9v" },
    { perms: 1, scheme: "ip", id: "10.0.0.0/8" },
  ];
  const open = [{ perms: 31, scheme: "world", id: "anyone" }];
  const data = Buffer.from("x");
  expect(zkCliCommands({ ...create, kind: "persistent", data, acl })).toEqual([
    'create "/a b" x digest:joe:Zm9v:cdrwa,ip:10.0.0.0/8:r',
  ]);
  expect(zkCliCommands({ ...create, kind: "ttl", ttl: 5, data, acl: open })).toEqual(['create -t 5 "/a b" x']);
  expect(zkCliCommands({ ...create, kind: "container", data: null, acl })).toEqual([
    'create -c "/a b"',
    'setAcl -v 0 "/a b" digest:joe:Zm9v:cdrwa,ip:10.0.0.0/8:r',
  ]);
  const refused = (step: Partial<UndoStep & { op: "create" }>): string => {
    const commands = zkCliCommands({ ...create, kind: "persistent", data, acl: open, ...step });
    return isMessage(commands) ? textOf(commands) : commands.join();
  };
  expect(refused({ acl: [{ perms: 1, scheme: "x509", id: "CN=a,O=b" }] })).toBe(
    "its ACL cannot be an argument: a comma or colon in an entry",
  );
  expect(refused({ data: Buffer.of(0xff) })).toBe("its data cannot be an argument: they are not UTF-8");
  expect(refused({ data: Buffer.from("-1") })).toBe("its data cannot be an argument: it begins like an option");
  expect(refused({ data: Buffer.from("of 'both' \"kinds\"") })).toContain("both kinds of quotes");
  for (const hidden of ["\u202e", "\u009b", "\u007f", "\u061c", "\u00ad", "\u{e0041}", "\u200b", "\n", "\u2028"]) {
    const path = `/a${hidden}b`;
    expect(refused({ path, pathBytes: Buffer.from(path) })).toBe(
      "its path cannot be an argument: a character in it does not show as itself",
    );
    expect(refused({ data: Buffer.from(hidden) })).toContain("does not show as itself");
  }
  expect(refused({ pathBytes: Buffer.of(0x2f, 0xff) })).toBe("its path cannot be an argument: it is not UTF-8");
});

test("no command holds what its reviewer does not see, or sees in another order", () => {
  const hidden = [
    "\u202e",
    "\u2066",
    "\u061c",
    "\u00ad",
    "\u200b",
    "\ufeff",
    "\u{e0041}",
    "\u009b",
    "\u007f",
    "\u001b",
  ];
  for (const character of hidden) {
    const path = `/a${character}b`;
    expect(isMessage(zkCliCommands({ op: "delete", path, pathBytes: Buffer.from(path), version: 1 }))).toBe(true);
    const step = { op: "setData", path: "/a", pathBytes: Buffer.from("/a"), version: 1 } as const;
    expect(isMessage(zkCliCommands({ ...step, data: Buffer.from(`a${character}b`) }))).toBe(true);
  }
});

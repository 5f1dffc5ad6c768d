import { describe, expect, test } from "vitest";
import { type AuditHit, type AuditName, AUDITS, auditTree } from "../../../src/forensics/inspect/audit.js";
import { finder, type FindQuery, placeOf } from "../../../src/forensics/inspect/find.js";
import { discover, rebuild } from "../../../src/recovery/index.js";
import { type DataTree, readZnode, type Znode } from "../../../src/tree/index.js";
import { fixtureDir, sampled } from "../../fixtures/index.js";

const name = ({ path }: Znode): string => (path === "/" ? path : path.slice(path.lastIndexOf("/") + 1));
const NOW = Date.UTC(2100, 0, 1);

const QUERIES: readonly [what: string, query: FindQuery, plainly: (znode: Znode) => boolean][] = [
  ["everything", {}, () => true],
  ["a name", { name: (each) => each.includes("m1") }, (znode) => name(znode).includes("m1")],
  ["a path", { path: (each) => each.startsWith("/busy/") }, (znode) => znode.path.startsWith("/busy/")],
  ["kinds", { kinds: ["ttl", "ephemeral"] }, ({ kind }) => kind === "ttl" || kind === "ephemeral"],
  [
    "a size",
    {
      size: [
        { than: "more", value: 20 },
        { than: "less", value: 100 },
      ],
    },
    ({ stat }) => stat.dataLength > 20 && stat.dataLength < 100,
  ],
  ["no data", { size: [{ than: "equal", value: 0 }] }, ({ stat }) => stat.dataLength === 0],
  ["a version", { version: [{ than: "more", value: 1 }] }, ({ stat }) => stat.version > 1],
  ["children", { children: [{ than: "more", value: 3 }] }, ({ stat }) => stat.numChildren > 3],
  ["an age", { modified: [{ than: "less", value: NOW - 1 }], now: NOW }, ({ stat }) => stat.mtime > 1n],
  [
    "an ACL",
    { acl: (list) => list.some(({ scheme }) => scheme === "digest") },
    ({ acl }) => acl?.some(({ scheme }) => scheme === "digest") ?? false,
  ],
  ["content", { content: (data) => data.includes("a") }, ({ data }) => data?.includes("a") ?? false],
  [
    "several",
    { kinds: ["persistent"], size: [{ than: "more", value: 0 }] },
    ({ kind, stat }) => kind === "persistent" && stat.dataLength > 0,
  ],
];

describe.each(sampled)("find in $title", ({ path, logDir }) => {
  const directory = discover([path], logDir === undefined ? {} : { logDir });

  test("each question has the plain answer", async () => {
    const { tree } = await rebuild(directory, undefined, { inexact: true });
    for (const [what, query, plainly] of QUERIES) {
      const test = finder(query);
      const found = slotsOf(tree).filter((slot) => test(placeOf(tree, slot)));
      expect(found, what).toEqual(slotsOf(tree).filter((slot) => plainly(readZnode(tree, slot))));
    }
    for (const [owner, slots] of tree.ephemerals.sorted()) {
      const test = finder({ owner });
      expect(slotsOf(tree).filter((slot) => test(placeOf(tree, slot)))).toEqual([...slots].sort((a, b) => a - b));
    }
  });

  test("a sound tree has no hit that only trouble has", async () => {
    const { tree } = await rebuild(directory, undefined, { inexact: true });
    const audits: AuditName[] = [
      "oversize",
      "sequence-overflow",
      "session-close-size",
      "dangling-acl",
      "orphan-ephemeral",
    ];
    expect(audited(tree, audits)).toEqual([]);
  });
});

test("every audit finds what it is for", async () => {
  const { tree } = await rebuild(discover([fixtureDir("3.8.6-standalone")]));
  const hits = (audit: AuditName, limits = {}): string[] =>
    audited(tree, [audit], limits).map(({ path, session }) => path ?? String(session));
  const plainly = (test: (znode: Znode) => boolean): string[] =>
    slotsOf(tree)
      .map((slot) => readZnode(tree, slot))
      .filter(test)
      .map(({ path }) => path);
  expect(hits("world-writable")).toEqual(
    plainly(({ acl }) => acl?.some(({ scheme, perms }) => scheme === "world" && (perms & ~1) !== 0) ?? false),
  );
  expect(hits("digest-acl")).toEqual(plainly(({ acl }) => acl?.some(({ scheme }) => scheme === "digest") ?? false));
  // The large value, and the parent of a thousand.
  expect(hits("oversize", { juteMaxBuffer: 9004, near: 1 })).toEqual(["/data/20k", "/wide"]);
  expect(hits("oversize", { juteMaxBuffer: 9005, near: 1 })).toEqual(["/data/20k"]);
  expect(hits("sequence-overflow", { near: 500 / 2 ** 31 })).toContain("/wide");
  for (const [session, slots] of tree.ephemerals.sorted()) {
    const size = 36 + [...slots].reduce((sum, slot) => sum + 4 + readZnode(tree, slot).pathBytes.length, 0);
    expect(hits("session-close-size", { juteMaxBuffer: size, near: 1 })).toContain(String(session));
    expect(hits("session-close-size", { juteMaxBuffer: size + 1, near: 1 })).not.toContain(String(session));
  }
  for (const [session] of tree.sessions.sorted())
    tree.sessions.delete(Number(session >> 32n), Number(session & 0xffffffffn));
  expect(hits("orphan-ephemeral")).toEqual(plainly(({ kind }) => kind === "ephemeral"));
  const at = placeOf(tree, 5);
  at.view.setBigInt64(at.acl, 12345n);
  expect(hits("dangling-acl")).toEqual([readZnode(tree, 5).path]);
  expect(Object.keys(AUDITS)).toHaveLength(7);
});

function audited(tree: DataTree, audits: readonly AuditName[], limits = {}): AuditHit[] {
  return [...auditTree(tree, slotsOf(tree), { audits, juteMaxBuffer: 0xfffff, near: 0.8, ...limits })];
}

function slotsOf({ znodes }: DataTree): number[] {
  return Array.from({ length: znodes.slots }, (_, slot) => slot).filter((slot) => znodes.exists(slot));
}

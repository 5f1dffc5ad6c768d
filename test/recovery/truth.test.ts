import { describe, expect, test } from "vitest";
import { discover, rebuild, type StoredFile, verify } from "../../src/recovery/index.js";
import { digestIn } from "../../src/recovery/charset/charset-digest.js";
import { CHARSETS, encoderOf } from "../../src/recovery/charset/charset-table.js";
import { ChildIndex, type DataTree, loadSnapshot, orphans, readZnode } from "../../src/tree/index.js";
import {
  sampled,
  sampledPoints,
  oneOfEach,
  specialSources,
  truePoints,
  type TrueNode,
  type TruePoint,
} from "../fixtures/index.js";

const all = [...oneOfEach, ...specialSources];

/** A tree in the truth files' form. */
function nodesOf(tree: DataTree): Map<string, TrueNode> {
  const nodes = new Map<string, TrueNode>();
  const hex = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`;
  for (const slot of new ChildIndex(tree.znodes).walk()) {
    const { path, data, acl, stat } = readZnode(tree, slot);
    nodes.set(path, {
      path,
      data: data === null ? null : data.toString("base64"),
      acl: (acl ?? []).map(({ perms, scheme, id }) => [perms, scheme ?? "", id ?? ""]),
      stat: [
        hex(stat.czxid),
        hex(stat.mzxid),
        hex(stat.pzxid),
        Number(stat.ctime),
        Number(stat.mtime),
        stat.version,
        stat.cversion,
        stat.aversion,
        hex(stat.ephemeralOwner),
        stat.numChildren,
      ],
    });
  }
  return nodes;
}

describe("what ZooKeeper's own classes rebuild from the oldest snapshot is what is rebuilt here", () => {
  for (const { title, fixture, source, path, logDir } of all) {
    if (source.truth === undefined) continue;
    test(title, async () => {
      const directory = discover([path], logDir === undefined ? {} : { logDir });
      for (const truth of sampledPoints(source.truth as string)) {
        const point = { kind: "zxid" as const, zxid: truth.zxid, text: "" };
        // A truth that begins at a snapshot behind a hole takes that snapshot's word for it.
        const trusting = truth.base !== undefined;
        const state = await rebuild(directory, { point, inclusive: true }, { inexact: trusting });
        expect(state.zxid, truth.why).toBe(truth.zxid);
        if (!trusting) expect(state.exact).toBe(true);
        expectSameTree(state.tree, truth);
        expect(
          state.tree.sessions.sorted().map(([id, timeout]) => [`0x${BigInt.asUintN(64, id).toString(16)}`, timeout]),
        ).toEqual(truth.sessions);
        // The JVM that says the truth has the server's charset.
        const charset = CHARSETS.find(({ name }) => name === fixture.settings["file.encoding"]);
        const digest = charset ? digestIn(state.tree, encoderOf(charset)) : state.digest.value;
        if (truth.digest !== null) expect(String(digest)).toBe(truth.digest);
      }
    });
  }
});

describe("each snapshot leads to the next truth, with what the logs have after it", () => {
  for (const { title, source, path, logDir } of [...sampled, ...specialSources]) {
    if (source.truth === undefined) continue;
    test(title, async () => {
      const directory = discover([path], logDir === undefined ? {} : { logDir });
      const ends = await Promise.all(directory.snapshots.map(endOf));
      for (const truth of truePoints(source.truth as string)) {
        if (truth.base !== undefined) continue;
        for (const [index, end] of ends.entries()) {
          if (end === null || end > truth.zxid) continue;
          ends[index] = null;
          const snapshots = directory.snapshots.slice(index, index + 1);
          const point = { kind: "zxid" as const, zxid: truth.zxid, text: "" };
          const state = await rebuild({ ...directory, snapshots }, { point, inclusive: true }, { inexact: true });
          // Behind a hole there is no way from there; and where the logs begin at the beginning it may be from nothing.
          const fromIt = state.plan.some(({ use }) => use === "snapshot");
          if (fromIt && state.zxid === truth.zxid) expectSameTree(state.tree, truth);
        }
      }
    });
  }
});

/** The last zxid of which a snapshot may hold something. */
async function endOf(file: StoredFile): Promise<bigint | null> {
  const { trailers, newestChange } = await loadSnapshot(file.open());
  const known = [file.zxid, trailers?.digest?.zxid, trailers?.lastZxid, newestChange];
  return known.reduce<bigint>((most, zxid) => (zxid && zxid > most ? zxid : most), 0n);
}

describe("every fixture verifies as sound", () => {
  for (const { title, path, logDir, fixture } of all) {
    test(title, async () => {
      const directory = discover([path], logDir === undefined ? {} : { logDir });
      const { findings, sound, startable } = await verify(directory);
      const serious = findings.filter((each) => each.severity !== "note");
      // Some newer releases do not start on what an older one left.
      const told = serious.filter((each) => !(each.code === "server.start" && each.severity === "warning"));
      expect(told).toEqual([]);
      expect(sound).toBe(true);
      expect(startable.starts).toBe(serious.length === 0);
      // What servers of 3.3 do is not known. Those that do otherwise than the newest are told.
      const own = fixture.truthBy ?? fixture.version;
      const otherwise = startable.others.find(({ releases }) => releases.includes(own));
      if (fixture.version !== "3.3.6") expect((otherwise ?? startable).starts).toBe(true);
    });
  }
});

/** The same znodes, found by walking from the root: and there are no others. */
function expectSameTree(tree: DataTree, truth: TruePoint): void {
  expect(comparable(nodesOf(tree))).toEqual(comparable(truth.nodes));
  expect(tree.znodes.size).toBe(truth.nodes.size);
  expect(orphans(tree.znodes)).toEqual([]);
}

/**
 * By path. A server writes its quorum's configuration into /zookeeper/config when it starts, with the time and without
 * a transaction (ZKDatabase.initConfigInZKDatabase): no log tells what was there between two snapshots.
 */
function comparable(nodes: ReadonlyMap<string, TrueNode>): [string, TrueNode | object][] {
  return [...nodes]
    .map(([path, node]): [string, TrueNode | object] => [
      path,
      path === "/zookeeper/config" ? { acl: node.acl, czxid: node.stat[0] } : node,
    ])
    .sort(byPath);
}

function byPath(a: [string, unknown], b: [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

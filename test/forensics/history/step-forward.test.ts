import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stepForward } from "../../../src/forensics/history/step-forward.js";
import { discover, LATEST, parsePoint, rebuild, type State } from "../../../src/recovery/index.js";
import { ZkRewindError } from "../../../src/findings/finding.js";
import { hex } from "../../../src/storage/zxid.js";
import { ChildIndex, readZnode } from "../../../src/tree/index.js";
import { fixtureDir, sampled } from "../../fixtures/index.js";
import { THOROUGH } from "../../thorough.js";

const at = (zxid: bigint) => ({ point: parsePoint(hex(zxid)), inclusive: true });

function everything({ tree, zxid, exact, digest }: State): object {
  const znodes = [...new ChildIndex(tree.znodes).walk()].map((slot) => readZnode(tree, slot));
  // ACL ids are each tree's own.
  const nodes = znodes.map((znode) => ({ ...znode, aclId: undefined }));
  const ephemerals = tree.ephemerals.sorted().map(([owner, slots]) => [owner, slots.size]);
  return { zxid, exact, digest, nodes, sessions: tree.sessions.sorted(), ephemerals };
}

describe.each(sampled)("$title", ({ path, logDir }) => {
  const directory = discover([path], logDir === undefined ? {} : { logDir });

  test("steps lead to what a rebuild gives", async () => {
    const latest = await rebuild(directory, LATEST, { inexact: true });
    for (const back of THOROUGH ? [40n, 7n] : [27n]) {
      let state: State;
      try {
        state = await rebuild(directory, at(latest.zxid - back));
      } catch (error) {
        // There is no such point: a new epoch or a hole came just before the end.
        expect(error).toBeInstanceOf(ZkRewindError);
        continue;
      }
      let steps = 0;
      for (let step = await stepForward(directory, state); step; step = await stepForward(directory, state)) {
        expect(step.txn.zxid).toBe(step.state.zxid);
        state = step.state;
        steps++;
        if (steps % 13 === 0) expect(everything(state)).toEqual(everything(await rebuild(directory, at(state.zxid))));
      }
      expect(steps).toBeGreaterThan(0);
      expect(everything(state)).toEqual(everything(await rebuild(directory, LATEST)));
    }
  });
});

test("a missing transaction ends the way, and the state stays as it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-step-"));
  const from = join(fixtureDir("3.8.6-standalone"), "version-2");
  for (const name of ["snapshot.0", "log.1", "log.5de"]) copyFileSync(join(from, name), join(folder, name));
  try {
    const directory = discover([folder]);
    const state = await rebuild(directory, at(0x2e9n));
    const before = everything(state);
    await expect(stepForward(directory, state)).rejects.toMatchObject({ exitCode: 4 });
    expect(everything(state)).toEqual(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

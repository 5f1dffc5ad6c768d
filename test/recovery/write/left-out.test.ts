import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { discover, rebuild, restore } from "../../../src/recovery/index.js";
import { Draft } from "../../../src/recovery/restore/draft.js";
import { trim } from "../../../src/recovery/restore/trim.js";
import { compareWritten } from "../../../src/recovery/write/left-out.js";
import { fromHalves } from "../../../src/storage/zxid.js";
import { pathOf } from "../../../src/tree/index.js";
import { writeSnapshot } from "../../cli/files.js";
import { orphanChildrenOf, stateOf, treeOf } from "../../export/trees.js";
import { logBytes } from "../../fixtures/memory.js";
import { encodeTxn } from "../../txn/encode.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-left-out-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LAYOUT = { digest: true, lastZxid: false };

function orphaned(): ReturnType<typeof treeOf> {
  const tree = treeOf([{ path: "/p" }, { path: "/p/c" }, { path: "/p/c/d" }, { path: "/q" }]);
  orphanChildrenOf(tree, "/p");
  return tree;
}

describe("a restore of a tree with orphans", () => {
  test("is refused, and names them", async () => {
    const to = join(folder, "refused");
    await expect(restore(stateOf(orphaned()), to, { layout: LAYOUT })).rejects.toMatchObject({
      exitCode: 1,
      message: "no snapshot can hold /p/c, /p/c/d: in no znode's list of children",
      hint: expect.stringContaining("--exclude"),
      findings: [{ code: "tree.orphan", path: "/p/c" }],
    });
    expect(existsSync(to)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is refused where some of them are to be kept", async () => {
    const tree = orphaned();
    trim(new Draft(tree, 1n << 40n, 0n), (slot) => pathOf(tree, slot) !== "/p/c");
    const to = join(folder, "some");
    await expect(restore(stateOf(tree), to, { layout: LAYOUT })).rejects.toThrow("no snapshot can hold /p/c/d:");
  });

  test("leaves them out where that is asked for", async () => {
    const tree = orphaned();
    const draft = new Draft(tree, 1n << 40n, 0n);
    trim(draft, (slot) => !pathOf(tree, slot).startsWith("/p/"));
    const restored = await restore(stateOf(tree), join(folder, "asked"), { layout: LAYOUT });
    expect(restored).toMatchObject({ znodes: 4 });
    expect(draft.changes.list).toEqual([{ change: "znodes.left-out", count: 2, paths: ["/p/c"], sessions: [] }]);
  });
});

test("what is written must have the tree's number of znodes, and its digest", () => {
  const tree = treeOf([{ path: "/p" }]);
  const { digestHigh, digestLow } = tree.znodes;
  const digest = BigInt.asUintN(64, fromHalves(digestHigh, digestLow));
  compareWritten(tree, { znodes: 4, digest });
  expect(() => compareWritten(tree, { znodes: 3, digest })).toThrow(
    /^what was written differs from the tree: 3 znodes/,
  );
  expect(() => compareWritten(tree, { znodes: 4, digest: digest + 1n })).toThrow(/digest \d+ instead of \d+$/);
});

test("a replay that leaves an orphan says so", async () => {
  const version = join(folder, "replayed", "version-2");
  mkdirSync(version, { recursive: true });
  await writeSnapshot(version, 5n, [
    { path: "", data: null },
    { path: "/p", data: null },
    { path: "/p/c", data: null },
  ]);
  const header = { session: 1n, cxid: 1, zxid: 6n, time: 1n };
  writeFileSync(join(version, "log.6"), logBytes([encodeTxn(header, { type: 2, path: "/p" })]));
  const state = await rebuild(discover([version]), undefined, { inexact: true });
  expect(state.exact).toBe(false);
  expect(state.findings).toContainEqual(expect.objectContaining({ code: "tree.orphan", path: "/p/c" }));
});

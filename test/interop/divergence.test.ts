import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { discover, rebuild } from "../../src/recovery/index.js";
import { writeSnapshot } from "../../src/recovery/write/snapshot.js";
import { fileName } from "../../src/storage/names.js";
import type { DataTree } from "../../src/tree/index.js";
import { BIN } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { Ensemble, restore, shared } from "./ensemble.js";
import type { Properties } from "./java.js";
import { zkrewind } from "./zkrewind.js";

/*
 * What restored servers do in silence when it is done by hand: they come apart, with equal zxids, all in service. The
 * tool refuses each of these, or warns of it; and `compare` of the servers' files tells that it happened.
 */

const VERSIONS = ["3.9.5", "3.5.10"];

/** Three servers that have had a subtree, deleted it, and gone on; all stopped. The zxid before the delete. */
async function stopped(version: string, settings: Properties = {}): Promise<{ ensemble: Ensemble; last: bigint }> {
  const ensemble = new Ensemble(version, { settings });
  await ensemble.prepare([1, 2, 3]);
  await ensemble.start([1, 2, 3]);
  await ensemble.live();
  const last = BigInt(/^last (0x[0-9a-f]+)$/m.exec(ensemble.client("load"))?.[1] ?? "0");
  await ensemble.stop();
  return { ensemble, last };
}

const versionOf = (ensemble: Ensemble, id: number, name: "data" | "logs"): string =>
  join(ensemble.folder, String(id), name, "version-2");

/** Puts a tree in the place of a server's data, as one snapshot, with both epoch files. */
async function put(ensemble: Ensemble, id: number, tree: DataTree, zxid: bigint, epoch: number): Promise<void> {
  for (const name of ["data", "logs"] as const) {
    rmSync(versionOf(ensemble, id, name), { recursive: true, force: true });
    mkdirSync(versionOf(ensemble, id, name));
  }
  const data = versionOf(ensemble, id, "data");
  const layout = { digest: ensemble.version.startsWith("3.9."), lastZxid: ensemble.version.startsWith("3.9.") };
  await writeSnapshot({ tree, zxid }, join(data, fileName("snapshot", zxid)), { layout });
  for (const file of ["currentEpoch", "acceptedEpoch"]) writeFileSync(join(data, file), String(epoch));
}

/** All serve, not all the same, and with equal zxids; a comparison of their files tells. */
async function expectApart(ensemble: Ensemble): Promise<void> {
  const trees = new Set<string>();
  for (const id of ensemble.ids) trees.add(JSON.stringify(shared(await ensemble.server(id).read())));
  expect(trees.size).toBeGreaterThan(1);
  const zxids = await Promise.all(ensemble.ids.map((id) => ensemble.server(id).ask("srvr")));
  expect(new Set(zxids.map((answer) => /^Zxid: (.*)$/m.exec(answer)?.[1])).size).toBe(1);
  await ensemble.stop();
  const configs = ensemble.ids.map((id) => ensemble.config(id));
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, "compare", ...configs], { encoding: "utf8" });
  expect([status, stderr], stdout).toEqual([1, expect.anything()]);
}

describe.each(VERSIONS)("three servers of %s come apart", (version) => {
  test("by a changed tree at its old zxid, which is refused", async () => {
    const { ensemble } = await stopped(version);
    const source = ensemble.config(1);
    const target = join(ensemble.folder, "trimmed");
    const trim = [BIN, "restore", source, "-o", target, "--exclude", "/later/**"];
    const refused = spawnSync(process.execPath, [...trim, "--no-bump-epoch"], { encoding: "utf8" });
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("cannot have its old zxid")]);

    await zkrewind(...trim.slice(1));
    const { zxid } = await rebuild(discover([source]));
    for (const id of [1, 2])
      await put(ensemble, id, (await rebuild(discover([target]), undefined, { inexact: true })).tree, zxid, 1);
    // Whoever comes when a leader serves already is sent all; the first two are the leader and its follower.
    await ensemble.start([1, 3]);
    await ensemble.start([2]);
    await expectApart(ensemble);
  });

  test("by an unraised zxid with raised epoch files, beside a server that has a later snapshot: of which restore warns", async () => {
    const { ensemble, last } = await stopped(version);
    // At its start a leader writes a snapshot.
    await ensemble.start([3, 1, 2]);
    await ensemble.stop();
    const target = join(ensemble.folder, "unraised");
    const at = ["--at", `0x${last.toString(16)}`, "--no-bump-epoch", "--keep-sessions", "--extended-types"];
    const { warnings } = await restore(ensemble, target, ...at);
    expect(warnings.join()).toMatch(/refuse.* clients that have seen a zxid above/);
    const { tree, zxid } = await rebuild(discover([join(target, "1")]), undefined, { inexact: true });
    for (const id of [1, 2]) await put(ensemble, id, tree, zxid, 9);
    await ensemble.start([1, 3]);
    await ensemble.start([2]);
    await expectApart(ensemble);
  });

  test("by ephemerals without their session, which are never written", async () => {
    const { ensemble } = await stopped(version);
    const target = join(ensemble.folder, "kept");
    await restore(ensemble, target, "--keep-sessions", "--extended-types");
    const { tree, zxid } = await rebuild(discover([join(target, "1")]), undefined, { inexact: true });
    expect(tree.ephemerals.size).toBeGreaterThan(0);
    for (const [id] of tree.sessions.sorted()) tree.sessions.delete(Number(id >> 32n), Number(id & 0xffffffffn));
    for (const id of ensemble.ids) await put(ensemble, id, tree, zxid, 30);
    await ensemble.start([1, 2, 3]);
    await expectApart(ensemble);
  });

  test("by TTL znodes where not all servers take them, which are refused", async () => {
    const { ensemble } = await stopped(version, { "zookeeper.extendedTypesEnabled": false });
    const source = fixtureDir(`${version}-standalone`);
    const target = join(ensemble.folder, "ttl");
    const configs = ensemble.ids.flatMap((id) => ["--ensemble", ensemble.config(id)]);
    const how = [BIN, "restore", source, "-o", target, ...configs];
    const refused = spawnSync(process.execPath, how, { encoding: "utf8" });
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("TTL znodes")]);

    await zkrewind(...how.slice(1), "--extended-types", "--drop-sessions");
    for (const id of ensemble.ids)
      for (const [name, from] of [
        ["data", "data"],
        ["logs", "datalog"],
      ] as const) {
        renameSync(versionOf(ensemble, id, name), `${versionOf(ensemble, id, name)}.old`);
        cpSync(join(target, String(id), from, "version-2"), versionOf(ensemble, id, name), { recursive: true });
      }
    await ensemble.start([1, 2, 3]);
    await expectApart(ensemble);
  });

  test("by an epoch raised by only one, beside two that have their old data: of which restore warns", async () => {
    const { ensemble } = await stopped(version);
    const target = join(ensemble.folder, "by-one");
    const { warnings } = await restore(
      ensemble,
      target,
      "--before-delete",
      "/prod",
      "--bump-epoch=2",
      "--extended-types",
    );
    expect(warnings.join()).toContain("epoch 2 is only 1 above 1");
    const { tree, zxid } = await rebuild(discover([join(target, "1")]), undefined, { inexact: true });
    await put(ensemble, 1, tree, zxid, 2);
    await ensemble.start([2, 3]);
    await ensemble.start([1]);
    await expectApart(ensemble);
  });
});

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { carryOut, Ensemble, expectEqualTrees, expectServed, restore, restoreFrom, until } from "./ensemble.js";

describe("two servers survive of three, and five are to go on", () => {
  test.each<[version: string, order: number[]]>([
    ["3.9.5", [6, 1, 4, 2, 5]],
    ["3.6.4", [2, 1, 5, 4, 6]],
    ["3.5.10", [4, 5, 6, 1, 2]],
  ])("of %s, started in the order %j, with old dynamic configurations in the way", async (version, order) => {
    const ensemble = new Ensemble(version, { dynamic: true });
    await ensemble.prepare([1, 2, 3]);
    ensemble.configure();
    await ensemble.start([1, 2, 3]);
    const live = await ensemble.live();
    const last = /^last (0x[0-9a-f]+)$/m.exec(ensemble.client("load"))?.[1] ?? "";
    await until(() => live().includes("cached after"), live);
    await ensemble.stop();
    rmSync(join(ensemble.folder, "3"), { recursive: true });
    const dynamicFiles = (id: number): string[] =>
      readdirSync(dirname(ensemble.config(id))).filter((name) => name.startsWith("zoo.cfg.dynamic"));
    expect(dynamicFiles(1).some((name) => /\.dynamic\.[0-9a-f]+$/.test(name))).toBe(true);

    await ensemble.prepare([1, 2, 4, 5, 6]);
    ensemble.configure();
    const target = join(ensemble.folder, "restored");
    const written = await restoreFrom(ensemble, [1, 2], target, "--before-delete", "/prod", "--extended-types");
    expect(written.point).toBe(last);
    carryOut(written, "set-aside");
    carryOut(written, "copy");
    await ensemble.start(order);
    await expectServed(ensemble, join(target, "1"), written.epoch);
    for (const id of ensemble.ids) {
      const { nodes } = await ensemble.server(id).read();
      const config = Buffer.from(nodes.get("/zookeeper/config")?.data ?? "", "base64").toString();
      const listed = [...config.matchAll(/^server\.(\d+)=/gm)].map(([, each]) => Number(each));
      expect(listed.sort((a, b) => a - b)).toEqual([1, 2, 4, 5, 6]);
      // No older file was taken: a server goes on with the restored one, or with one that its leader's epoch is written to.
      const text = readFileSync(ensemble.config(id), "utf8");
      const [, version = ""] = /^dynamicConfigFile=.*\.dynamic\.([0-9a-f]+)$/m.exec(text) ?? [];
      expect(BigInt(`0x${version}`)).toBeGreaterThanOrEqual(BigInt(written.zxid));
    }
    await until(() => live().endsWith("\nexpired\n"), live);

    ensemble.client("write");
    const leader = await ensemble.leader();
    await ensemble.stop([leader]);
    const others = ensemble.ids.filter((id) => id !== leader);
    for (const id of others) await ensemble.server(id).serving();
    ensemble.client("write");
    await ensemble.start([leader]);
    await expectEqualTrees(ensemble);
    carryOut(written, "check-trees");
  });
});

const ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
];

test("three servers of 3.9.5 serve what was restored, in whatever order they start", async () => {
  const ensemble = new Ensemble("3.9.5");
  await ensemble.prepare([1, 2, 3]);
  await ensemble.start([1, 2, 3]);
  await ensemble.live();
  ensemble.client("load");
  await ensemble.stop();
  const target = join(ensemble.folder, "restored");
  const written = await restore(ensemble, target, "--before-delete", "/prod", "--extended-types");
  for (const order of ORDERS) {
    carryOut(written, "set-aside");
    carryOut(written, "copy");
    await ensemble.start(order);
    await expectServed(ensemble, join(target, "1"), written.epoch);
    await ensemble.stop();
  }
});

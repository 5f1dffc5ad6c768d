import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { carryOut, Ensemble, expectEqualTrees, expectServed, restore, until } from "./ensemble.js";
import { zkrewind } from "./zkrewind.js";

const RELEASES: [version: string, order: number[]][] = [
  ["3.9.5", [3, 1, 2]],
  ["3.6.4", [2, 3, 1]],
  ["3.5.10", [1, 2, 3]],
  ["3.4.14", [3, 2, 1]],
];

describe("somebody deletes /prod, and the ensemble goes on: it is taken back by its runbook", () => {
  test.each(RELEASES)("three servers of %s, started in the order %j", async (version, order) => {
    const ensemble = new Ensemble(version);
    await ensemble.prepare([1, 2, 3]);
    await ensemble.start([1, 2, 3]);
    const live = await ensemble.live();
    const loaded = ensemble.client("load");
    const last = BigInt(/^last (0x[0-9a-f]+)$/m.exec(loaded)?.[1] ?? "0");
    await until(() => live().includes("cached after"), live);
    await ensemble.stop();
    const [upTo, after] = acknowledged(loaded);
    expect([upTo.size, after.size]).toEqual([1 + 1 + 4 + 40 + 3 + 1, 1 + 30]);

    const extended = version.startsWith("3.4.") ? [] : ["--extended-types"];
    const point = ["--before-delete", "/prod"];
    const raised = await restore(ensemble, join(ensemble.folder, "raised"), ...point, ...extended);
    expect(BigInt(raised.point)).toBe(last);

    carryOut(raised, "set-aside");
    carryOut(raised, "copy");
    await ensemble.start(order);
    await expectServed(ensemble, join(ensemble.folder, "raised/1"), raised.epoch);
    await until(() => live().endsWith("\nexpired\n"), live);
    for (const id of ensemble.ids) {
      const { nodes } = await ensemble.server(id).read();
      const valueOf = (path: string): string | undefined =>
        nodes.has(path) ? Buffer.from(nodes.get(path)?.data ?? "", "base64").toString() : undefined;
      for (const [path, value] of upTo) expect([path, valueOf(path)]).toEqual([path, value]);
      for (const path of after.keys()) expect([path, valueOf(path)]).toEqual([path, undefined]);
      expect([...nodes.keys()].filter((path) => path.startsWith("/prod/")).length).toBe(1 + 4 + 40 + 3);
      expect([valueOf("/app/config"), nodes.has("/app/live")]).toEqual(["before", false]);
    }

    // It goes on: sequences do, and nothing comes apart when the leader dies.
    const made = [...ensemble.client("write").matchAll(/^made \/prod\/seq\/n-(\d{10})$/gm)].map(([, n]) => Number(n));
    expect(made).toEqual(Array.from({ length: 10 }, (_, at) => 5 + at));
    const leader = await ensemble.leader();
    await ensemble.stop([leader]);
    for (const id of ensemble.ids) if (id !== leader) await ensemble.server(id).serving();
    ensemble.client("write");
    await ensemble.start([leader]);
    await expectEqualTrees(ensemble);
    carryOut(raised, "check-trees");
  });

  test.each(["3.9.5", "3.6.4", "3.5.10", "3.4.14"])(
    "a lone %s refuses a client that saw more, and takes it with a raised epoch",
    async (version) => {
      const ensemble = new Ensemble(version);
      await ensemble.prepare([1]);
      await ensemble.start([1]);
      const live = await ensemble.live();
      ensemble.client("load");
      await until(() => live().includes("cached after"), live);
      await ensemble.stop();
      const own = join(ensemble.folder, "1");
      const restoreTo = async (name: string, ...args: string[]): Promise<void> => {
        const target = join(ensemble.folder, name);
        await zkrewind("restore", join(own, "was"), "-o", target, "--before-delete", "/prod", ...args);
        rmSync(join(own, "data"), { recursive: true, force: true });
        renameSync(target, join(own, "data"));
        mkdirSync(join(own, "logs"));
      };
      // As `discover` takes it: data and datalog in one folder.
      mkdirSync(join(own, "was"));
      renameSync(join(own, "data"), join(own, "was/data"));
      renameSync(join(own, "logs"), join(own, "was/datalog"));

      await restoreTo("plain");
      const before = live().length;
      await ensemble.start([1]);
      await until(
        () => ensemble.server(1).log().includes("our last zxid is"),
        () => ensemble.server(1).log(),
      );
      await sleep(2000);
      expect(live().slice(before)).not.toMatch(/^(now (before|after)|event Expired)/m);
      await ensemble.stop();

      rmSync(join(own, "logs"), { recursive: true });
      await restoreTo("raised", "--bump-epoch");
      await ensemble.start([1]);
      await until(() => live().endsWith("\nexpired\n"), live);
      expect((await ensemble.server(1).read()).nodes.has("/prod/group-3/9")).toBe(true);
    },
  );

  test("sessions that are kept go on, with caches that nobody tells of what went back", async () => {
    const ensemble = new Ensemble("3.9.5");
    await ensemble.prepare([1, 2, 3]);
    await ensemble.start([1, 2, 3]);
    const live = await ensemble.live();
    ensemble.client("load");
    await until(() => live().includes("cached after"), live);
    await ensemble.stop();
    const kept = await restore(
      ensemble,
      join(ensemble.folder, "kept"),
      "--before-delete",
      "/prod",
      "--keep-sessions",
      "--extended-types",
    );
    expect(kept.warnings.join()).toContain("does not learn which znodes were set back");
    carryOut(kept, "set-aside");
    carryOut(kept, "copy");
    const before = live().length;
    await ensemble.start([2, 1, 3]);
    await until(() => live().includes("now before"), live);
    await sleep(1500);
    const since = live().slice(before);
    expect(since).not.toMatch(/NodeDataChanged|Expired|^cached/m);
    expect((await ensemble.server(1).read()).nodes.has("/app/live")).toBe(true);
  });
});

/** What a client wrote and was told of, by path: what there was before the mistake, and what was made after it. */
function acknowledged(loaded: string): [upTo: Map<string, string>, after: Map<string, string>] {
  const [upTo, after] = [new Map<string, string>(), new Map<string, string>()];
  let into = upTo;
  for (const [, verb, path = "", value = ""] of loaded.matchAll(/^(last|created|deleted) (\S+) ?(.*)$/gm)) {
    if (verb === "last") into = after;
    else if (verb === "created") into.set(path, value);
    else into.delete(path);
  }
  return [upTo, after];
}

describe("what was chosen is served, and goes on", () => {
  test.each(["3.9.5", "3.5.10"])("a graft, a rename and ACLs, by three servers of %s", async (version) => {
    const ensemble = new Ensemble(version);
    await ensemble.prepare([1, 2, 3]);
    await ensemble.start([1, 2, 3]);
    await ensemble.live();
    const last = /^last (0x[0-9a-f]+)$/m.exec(ensemble.client("load"))?.[1] ?? "";
    await ensemble.stop();
    const chosen = await restore(
      ensemble,
      join(ensemble.folder, "chosen"),
      "--graft",
      `/prod@${last}`,
      "--rename",
      "/later=/prod/later",
      "--map-acl",
      "world:anyone=ip:127.0.0.1",
      "--extended-types",
    );
    carryOut(chosen, "set-aside");
    carryOut(chosen, "copy");
    await ensemble.start([2, 3, 1]);
    await expectServed(ensemble, join(ensemble.folder, "chosen/1"), chosen.epoch);
    const { nodes } = await ensemble.server(3).read();
    expect(Buffer.from(nodes.get("/app/config")?.data ?? "", "base64").toString()).toBe("after");
    expect([nodes.has("/prod/group-3/9"), nodes.has("/prod/later/29"), nodes.has("/later")]).toEqual([
      true,
      true,
      false,
    ]);
    // Five were created there before: the sixth has the number 5.
    expect(/^made (.*)$/m.exec(ensemble.client("write"))?.[1]).toBe("/prod/seq/n-0000000005");
    carryOut(chosen, "check-trees");
  });
});

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../../fixtures/index.js";
import { zkrewind } from "../run.js";

const SOURCE = join(fixtureDir("ensemble-divergent"), "server1");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-ensemble-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Step {
  step: string;
  run: { server: number | null; commands: string[] }[];
}

interface Written {
  zxid: string;
  runbookFile: string;
  warnings: string[];
  runbook: { facts: string[]; steps: Step[]; notNeeded: string[] };
}

function restore(target: string, ...args: string[]): Written {
  const { code, stdout, stderr } = zkrewind(["restore", SOURCE, "-o", target, "--json", "--extended-types", ...args]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

function config(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const SERVERS = ["server.1=zk1:2888:3888", "server.2=zk2:2888:3888", "server.5=zk5:2888:3888:observer"];

describe("a restore of a whole ensemble", () => {
  test("lays out a directory for each server, none of them empty and all the same", () => {
    const target = join(folder, "all");
    const zoo = config("zoo.cfg", "dataDir=/d", "dataLogDir=/l", "initLimit=10", "clientPort=2181", ...SERVERS);
    const { zxid } = restore(target, "--ensemble", zoo);
    expect(zxid).toBe("0x1200000000");
    expect(readdirSync(target).sort()).toEqual(["1", "2", "5", "runbook.md", "zkrewind-manifest.json"]);
    for (const id of ["1", "2", "5"]) {
      const own = join(target, id);
      expect(readdirSync(own).sort()).toEqual(["data", "datalog"]);
      expect(readFileSync(join(own, "data/myid"), "utf8")).toBe(`${id}\n`);
      expect(readdirSync(join(own, "datalog/version-2"))).toEqual([]);
      const files = readdirSync(join(own, "data/version-2")).sort();
      expect(files).toEqual(["acceptedEpoch", "currentEpoch", "snapshot.1200000000"]);
      const first = join(target, "1/data/version-2");
      for (const file of files)
        expect(readFileSync(join(own, "data/version-2", file)).equals(readFileSync(join(first, file)))).toBe(true);
      expect(zkrewind(["verify", own]).code).toBe(0);
      expect(zkrewind(["cat", own, "/zookeeper/config"]).stdout).toBe(
        "server.1=zk1:2888:3888:participant\nserver.2=zk2:2888:3888:participant\nserver.5=zk5:2888:3888:observer\nversion=0",
      );
    }
    const { files } = JSON.parse(readFileSync(join(target, "zkrewind-manifest.json"), "utf8"));
    expect(files.map(({ path }: { path: string }) => path)).toEqual(
      ["1", "2", "5"].map((id) => `${id}/data/version-2/snapshot.1200000000`),
    );
  });

  test("a dynamic configuration has the new zxid for its version, in its name and in the tree", () => {
    const target = join(folder, "dynamic");
    config("d.cfg.dynamic.300000001", "server.1=zk1:2888:3888:participant;2181", "server.2=zk2:2888:3888;2181");
    const zoo = config("d.cfg", "dataDir=/d", "dynamicConfigFile=/etc/d.cfg.dynamic.300000001", "initLimit=10");
    restore(target, "--ensemble", zoo, "--bump-epoch", "20");
    const lines = "server.1=zk1:2888:3888:participant;0.0.0.0:2181\nserver.2=zk2:2888:3888:participant;0.0.0.0:2181\n";
    for (const id of ["1", "2"]) {
      expect(readFileSync(join(target, id, "d.cfg.dynamic.1400000000"), "utf8")).toBe(lines);
      expect(zkrewind(["cat", join(target, id), "/zookeeper/config"]).stdout).toBe(`${lines}version=1400000000`);
    }
  });

  test("without a raised epoch the tree is the point's, the configuration too", () => {
    const target = join(folder, "kept");
    const zoo = config("zoo.cfg", "dataDir=/d", ...SERVERS);
    const { zxid, warnings } = restore(target, "--ensemble", zoo, "--no-bump-epoch", "--at", "0x200000100");
    expect([zxid, warnings.length]).toEqual(["0x200000100", 1]);
    expect(zkrewind(["cat", join(target, "1"), "/zookeeper/config"]).stdout).not.toContain("zk1");
  });

  test("TTL znodes are refused unless it is said that the servers have them", () => {
    const target = join(folder, "ttl");
    const zoo = config("zoo.cfg", "dataDir=/d", ...SERVERS);
    const { code, stderr } = zkrewind(["restore", SOURCE, "-o", target, "--ensemble", zoo]);
    expect([code, existsSync(target)]).toEqual([2, false]);
    expect(stderr).toContain("TTL znodes");
  });
});

describe("the runbook", () => {
  test("is printed as it is in the file, and has the commands of the JSON", () => {
    const target = join(folder, "book");
    const zoo = config("zoo.cfg", "dataDir=/d", "dataLogDir=/l", ...SERVERS);
    const { stdout } = zkrewind(["restore", SOURCE, "-o", target, "--ensemble", zoo, "--extended-types"]);
    const text = readFileSync(join(target, "runbook.md"), "utf8");
    expect(stdout.endsWith(`\n${text}`)).toBe(true);
    const { runbook, runbookFile } = restore(join(folder, "book2"), "--ensemble", zoo);
    expect(runbookFile).toBe(join(folder, "book2/runbook.md"));
    expect(runbook.steps.map(({ step }) => step)).toEqual([
      "stop",
      "set-aside",
      "copy",
      "start",
      "wait",
      "check-servers",
      "check-trees",
    ]);
    for (const { run } of runbook.steps)
      for (const { commands } of run)
        for (const each of commands) expect(text).toContain(each.replaceAll("book2", "book"));
  });

  test("says what initLimit the size at hand needs", () => {
    const target = join(folder, "limit");
    const low = restore(
      target,
      "--ensemble",
      config("low.cfg", "dataDir=/d", "tickTime=2000", "initLimit=1", ...SERVERS),
    );
    expect(JSON.stringify(low.runbook)).toContain("Set initLimit=3 (of 2000 ms each)");
    const high = restore(`${target}2`, "--ensemble", config("high.cfg", "dataDir=/d", "initLimit=10", ...SERVERS));
    expect(JSON.stringify(high.runbook)).toContain("initLimit is 30.0 s: enough");
  });

  test("its commands do what they say, with old data and dynamic files in the way, and blanks in paths", async () => {
    const target = join(folder, "carried out");
    const [etc, data, logs] = ["etc", "data of zk", "logs"].map((name) => join(folder, "host", name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(etc, { recursive: true });
    mkdirSync(logs);
    cpSync(SOURCE, data, { recursive: true });
    mkdirSync(join(logs, "version-2"));
    writeFileSync(join(logs, "version-2/log.200000001"), "old");
    writeFileSync(join(etc, "zoo.cfg.dynamic.200000001"), "server.9=old:1:2");
    writeFileSync(join(etc, "zoo.cfg.dynamic.100000001"), "server.1=one:2888:3888;2181\n");
    writeFileSync(
      join(etc, "zoo.cfg"),
      `dataDir=${data}\ndataLogDir=${logs}\ndynamicConfigFile=${etc}/zoo.cfg.dynamic.100000001\ninitLimit=5\n`,
    );
    const { runbook } = restore(target, "--ensemble", join(etc, "zoo.cfg"));
    const follow = (): void => {
      for (const { step, run } of runbook.steps) {
        if (step !== "set-aside" && step !== "copy") continue;
        for (const { commands } of run) {
          const { status, stderr } = spawnSync("sh", ["-ec", commands.join("\n")], { encoding: "utf8" });
          expect([status, stderr]).toEqual([0, ""]);
        }
      }
    };
    // The end of each name is the second in which it was moved aside.
    const namesIn = (where: string): string[] =>
      readdirSync(where)
        .map((name) => name.replace(/(\.before-1200000000)-\d{10}/, "$1"))
        .sort();
    follow();
    expect(readdirSync(join(data, "version-2")).sort()).toEqual([
      "acceptedEpoch",
      "currentEpoch",
      "snapshot.1200000000",
    ]);
    const [before = ""] = readdirSync(data).filter((name) => name.startsWith("version-2.before-1200000000-"));
    expect(readdirSync(join(data, before)).length).toBeGreaterThan(10);
    expect(readFileSync(join(data, "myid"), "utf8")).toBe("1\n");
    expect(namesIn(logs)).toEqual(["version-2", "version-2.before-1200000000"]);
    expect(readdirSync(join(logs, "version-2"))).toEqual([]);
    expect(namesIn(etc)).toEqual([
      "zoo.cfg",
      "zoo.cfg.before-1200000000",
      "zoo.cfg.dynamic.100000001.before-1200000000",
      "zoo.cfg.dynamic.1200000000",
      "zoo.cfg.dynamic.200000001.before-1200000000",
    ]);
    expect(readFileSync(join(etc, "zoo.cfg"), "utf8")).toContain(
      `\ndynamicConfigFile=${etc}/zoo.cfg.dynamic.1200000000\n`,
    );

    // Followed again, it moves nothing into what is aside.
    await sleep(1000);
    follow();
    expect(namesIn(data).filter((name) => name === "version-2.before-1200000000")).toHaveLength(2);
    expect(readdirSync(join(data, before)).length).toBeGreaterThan(10);
    expect(readdirSync(join(data, "version-2"))).toHaveLength(3);
  });
});

test("--with-logs keeps logs where a server looks for them, and the manifest lists each file", () => {
  const target = join(folder, "logs");
  const both = config("both.cfg", "dataDir=/d", "dataLogDir=/l", "server.1=a:1:2", "server.2=b:1:2");
  const how = ["--ensemble", both, "--at", "0x100000100", "--with-logs"];
  const { history } = restore(target, ...how) as Written & { history: { snapshot: string; logs: string[] } };
  const { files } = JSON.parse(readFileSync(join(target, "zkrewind-manifest.json"), "utf8"));
  for (const id of ["1", "2"]) {
    const own = files.map(({ path }: { path: string }) => path).filter((path: string) => path.startsWith(`${id}/`));
    const on = ["data", "datalog"].flatMap((name) =>
      readdirSync(join(target, id, name, "version-2"))
        .filter((file) => !file.endsWith("Epoch"))
        .map((file) => `${id}/${name}/version-2/${file}`),
    );
    expect(own.sort()).toEqual(on.sort());
    expect(on.filter((path) => path.includes("/datalog/version-2/log.")).length).toBe(history.logs.length);
    expect(on.filter((path) => path.includes("/data/version-2/log."))).toEqual([]);
    expect(zkrewind(["verify", join(target, id), "-q"]).code).toBe(0);
  }
  for (const { path, size } of files) expect(readFileSync(join(target, path)).length).toBe(size);

  // Where dataDir holds the logs as well, they are copied there.
  const one = config("one.cfg", "dataDir=/d", "server.1=a:1:2", "server.2=b:1:2");
  const { runbook } = restore(join(folder, "logs-beside"), "--ensemble", one, ...how.slice(2));
  const copy = runbook.steps.find(({ step }) => step === "copy")?.run[1]?.commands;
  expect(copy?.slice(-2)).toEqual([
    `cp -R ${join(folder, "logs-beside/2/data")}/. /d`,
    `cp -R ${join(folder, "logs-beside/2/datalog")}/. /d`,
  ]);
});

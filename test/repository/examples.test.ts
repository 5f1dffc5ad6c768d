import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { expect, test } from "vitest";
import * as drill from "../../src/cli/commands/backup/drill.js";
import { drillMetrics } from "../../src/cli/commands/backup/drill-metrics.js";
import * as run from "../../src/cli/commands/backup/run.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const example = (name: string): string => read(`docs/examples/${name}`);

/** What `backup run --metrics` and `backup drill --metrics` write. */
function metrics(): Set<string> {
  const source = read("src/cli/commands/backup/metrics.ts");
  const ofRun = [...source.matchAll(/(?:gauge|perTarget)\(\s*"(\w+)"/g)].map(
    ([, name = ""]) => `zkrewind_backup_${name}`,
  );
  const phases = [{ phase: "fetch", milliseconds: 1 }];
  const record = { time: "", zxid: "", pointTime: null, exact: true, digestVerified: true, znodes: 1, server: null };
  const ofDrill = drillMetrics(["r"], { ...record, phases, milliseconds: 1 });
  return new Set([...ofRun, ...[...ofDrill.matchAll(/^(zkrewind_\w+)\{/gm)].map(([, name = ""]) => name)]);
}

test.each(["alerts.yml", "dashboard.json"])("every metric that %s asks for is one that is written", (name) => {
  const known = metrics();
  expect(known.size).toBeGreaterThan(12);
  const asked = [...example(name).matchAll(/\bzkrewind_backup_\w+/g)].map(([each]) => each);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((each) => !known.has(each))).toEqual([]);
});

test("promtool takes the alert rules, where it is installed", () => {
  if (spawnSync("promtool", ["--version"]).status !== 0) return;
  const said = execFileSync("promtool", ["check", "rules", join(ROOT, "docs/examples/alerts.yml")], {
    encoding: "utf8",
  });
  expect(said).toContain("7 rules found");
});

test("systemd takes the unit, where it is installed", () => {
  if (!existsSync("/usr/bin/systemd-analyze")) return;
  const unit = join(ROOT, "docs/examples/zkrewind-backup.service");
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  expect([status, stderr.split("\n").filter((line) => line.includes("zkrewind"))]).toEqual([0, []]);
});

test("the dashboard is one, and its panels do not lie on one another", () => {
  const { panels, schemaVersion } = JSON.parse(example("dashboard.json")) as {
    schemaVersion: number;
    panels: { id: number; targets: unknown[]; gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  expect(schemaVersion).toBe(39);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
  for (const { targets, gridPos } of panels) expect([targets.length, gridPos.x + gridPos.w <= 24]).toEqual([1, true]);
});

test("the unit and the sidecar use options that there are", () => {
  const options = [run, drill].flatMap(({ define }) => {
    const command = new Command();
    define(command);
    return command.options.map(({ long }) => long);
  });
  for (const name of ["zkrewind-backup.service", "kubernetes.yaml"]) {
    const used = [...example(name).matchAll(/(?<=^|\s)--[a-z][a-z-]+/gm)].map(([each]) => each);
    expect(used.length).toBeGreaterThan(4);
    expect(used.filter((each) => !options.includes(each))).toEqual([]);
  }
});

test.each(["docs/backup.md", "docs/security.md"])("the tests that the table of %s names are there", (page) => {
  const named = [...read(page).matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file = ""]) => file);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

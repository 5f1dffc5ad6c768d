import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { zkrewind } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

function done(...args: string[]): string {
  const { code, stdout, stderr } = zkrewind(args);
  expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout + stderr;
}

test("random points are restored and verified; the outcome is a record, a metric, and leaves nothing behind", () => {
  const [a, b, metrics] = [join(folder(), "a"), join(folder(), "b"), join(folder(), "drill.prom")];
  for (const repository of [a, b]) done("backup", "init", repository);
  done("backup", "run", fixtureDir("3.8.6-standalone"), "--repo", a, "--repo", b);
  const drill = ["backup", "drill", a, b, "--scratch", folder(), "--metrics", metrics];
  for (let count = 0; count < 3; count++)
    expect(done(...drill)).toMatch(/exact, .*digest[\s\S]*time to recover +[\d.]+ s/);
  expect(done(...drill, "--at", "0xa9f", "--no-record")).toContain("at 0xa9f, exact, the server's digest verified");
  expect(readdirSync(folder()).filter((name) => name.startsWith("zkrewind-drill-"))).toEqual([]);

  for (const repository of [a, b]) {
    const records = readdirSync(join(repository, "drill"));
    expect(records.length).toBe(3);
    const record = JSON.parse(readFileSync(join(repository, "drill", records[0] as string), "utf8"));
    expect(record).toMatchObject({ type: "drill", format: 1, exact: true, server: null });
    expect(record.phases.map(({ phase }: { phase: string }) => phase)).toEqual([
      "open",
      "fetch",
      "rebuild",
      "write and verify",
    ]);
  }
  expect(readFileSync(metrics, "utf8")).toMatch(/^zkrewind_backup_last_drill_exact\{repository=".*"\} 1$/m);
  // Records are copied like other objects.
  expect(done("backup", "sync", a, b)).toContain("nothing was missing");
});

test("a drill of what cannot be restored fails, and keeps no record", () => {
  const repository = join(folder(), "empty");
  done("backup", "init", repository);
  const { code, stderr } = zkrewind(["backup", "drill", repository]);
  expect(stderr).toContain("there is no transaction to restore");
  expect(code).toBe(4);
  expect(readdirSync(repository)).toEqual(["repository.json"]);
});

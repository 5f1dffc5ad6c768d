import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type Result, zkrewind } from "../cli/run.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, txnsAfter } from "./fake-server.js";
import { newRepository } from "./shipping.js";

const folder = temporaryFolder();
let [source, up, down] = ["", "", ""];
let server: FakeServer;

beforeEach(async () => {
  [source, up, down] = [join(folder(), "server"), join(folder(), "up"), join(folder(), "down")];
  server = new FakeServer(source, 1);
  server.append(...txnsAfter(1n << 32n, 5, "a"));
  await newRepository(up);
  await newRepository(down);
});

function run(...args: string[]): Result {
  return zkrewind(args, { XDG_STATE_HOME: join(folder(), "state"), ZKREWIND_MEMORY: "" });
}

/** What is not shipped to a repository that is down. */
function shipToOne(...more: string[]): Result {
  run("backup", "run", source, "--repo", up, "--repo", down);
  writeFileSync(join(down, "repository.json"), "no repository");
  server.append(...txnsAfter(server.last, 5, "b"));
  return run("backup", "run", source, "--repo", up, "--repo", down, ...more);
}

test("what is not shipped, since when and why: in the log, in list, in JSON and in the metrics", () => {
  const metrics = join(folder(), "metrics");
  const { code, stdout, stderr } = shipToOne("--metrics", metrics, "--json");
  expect([code, stderr]).toEqual([3, expect.stringMatching(/down: repository.json: it is not JSON/)]);
  expect(JSON.parse(stdout)).toMatchObject({
    type: "backup-run",
    server: "1",
    following: false,
    recoveryPoint: { zxid: "0x10000000a" },
    unshipped: { bytes: 0, since: null },
    repositories: [
      { location: up, lacks: { links: 0, objects: 0 }, since: null, why: null },
      { location: down, since: expect.stringMatching(/^20/), why: expect.stringContaining("it is not JSON") },
    ],
  });
  const lines = readFileSync(metrics, "utf8").split("\n");
  const value = (name: string) =>
    lines.find((line) => line.startsWith(`zkrewind_backup_${name}{`) && line.includes(down));
  expect(value("repository_up")).toMatch(/ 0$/);
  expect(Number(value("repository_lacking_objects")?.split(" ").at(-1))).toBeGreaterThan(0);
  expect(lines).toContainEqual(expect.stringMatching(/^zkrewind_backup_spool_bytes\{server="1"\} \d+$/));

  // It is only told who asks for one of its repositories.
  const listed = run("backup", "list", up);
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringMatching(/backup run +of 1, process \d+, ended 20/)]);
  expect(listed.stdout).toMatch(
    /not shipped +\d+ links and \d+ objects \(\d+ bytes\) to \S+down, since 20\S+: repository.json: it is not JSON/,
  );
  const { runs } = JSON.parse(run("backup", "list", up, "--json").stdout) as { runs: unknown[] };
  expect(runs).toHaveLength(1);
  const kept = join(folder(), "state/zkrewind/runs");
  expect(readdirSync(kept).map((name) => statSync(join(kept, name)).mode & 0o777)).toEqual([0o600]);
});

test("what a repository lacks that another has is told without any run's word", () => {
  const info = readFileSync(join(down, "repository.json"));
  shipToOne();
  writeFileSync(join(down, "repository.json"), info);
  const listed = zkrewind(["backup", "list", up, down]).stdout;
  expect(listed).toMatch(/not shipped +to \S+down: what came after 0x100000005, up to 0x10000000a, since 20/);
  const { repositories } = JSON.parse(zkrewind(["backup", "list", up, down, "--json"]).stdout) as {
    repositories: object[];
  };
  expect(repositories).toMatchObject([
    { behind: false, lacks: null },
    { behind: true, lacks: { after: "0x100000005", upTo: "0x10000000a" } },
  ]);
});

test("a run that has ended without a word, or waits, is told as what it is", () => {
  const status = join(folder(), "status.json");
  run("backup", "run", source, "--repo", up, "--status", status);
  const said = JSON.parse(readFileSync(status, "utf8")) as object;
  const since = "2026-01-01T00:00:00.000Z";
  writeFileSync(status, JSON.stringify({ ...said, following: true, time: since, unshipped: { bytes: 7, since } }));
  const { stdout } = run("backup", "list", up, "--status", status);
  expect(stdout).toContain(`has said nothing since ${since}`);
  expect(stdout).toContain(`not shipped   7 bytes that were read, since ${since}`);
  writeFileSync(status, "{");
  expect(run("backup", "list", up, "--status", status)).toMatchObject({ code: 1 });
});

test("one repository that cannot be read does not keep the others from being verified", () => {
  run("backup", "run", source, "--repo", up);
  const { code, stdout, stderr } = run("backup", "verify", join(folder(), "nothing"), up);
  expect([code, stdout, stderr]).toEqual([
    3,
    expect.stringContaining("SOUND"),
    expect.stringContaining("is not a backup repository"),
  ]);
});

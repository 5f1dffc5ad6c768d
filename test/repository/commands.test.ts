import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
const SOURCE = fixtureDir("3.8.6-standalone");

function done(...args: string[]): string {
  const { code, stdout, stderr } = zkrewind(args);
  expect([code, stderr.includes("error")], stderr).toEqual([0, false]);
  return stdout;
}

test("two repositories, listed, verified, and read like the directory itself", () => {
  const [first, second] = [join(folder(), "first"), join(folder(), "second")];
  const metrics = join(folder(), "metrics.prom");
  for (const repo of [first, second]) done("backup", "init", repo);
  done("backup", "run", SOURCE, "--repo", first, "--repo", second, "--metrics", metrics);
  expect(readFileSync(metrics, "utf8")).toContain('zkrewind_backup_recovery_point_counter{server="standalone"} 3848\n');
  expect(done("backup", "list", first, second)).toContain("recovery point  0xf08");
  const listed = JSON.parse(done("backup", "list", first, "--json"));
  expect(listed.together).toMatchObject({
    recoveryPoint: { zxid: "0xf08" },
    confirmed: "0xf08",
    holes: [],
    branches: [],
  });
  expect(done("backup", "verify", first, second, "--deep")).toMatch(
    /3,725 tree digests matched, exact up to 0xf08\n {2}SOUND/,
  );
  expect(zkrewind(["backup", "verify", first, "--expect-head", "0xf08", "-q"]).code).toBe(0);
  expect(zkrewind(["backup", "verify", first, "--expect-head", "0xf09", "-q"]).code).toBe(1);
  for (const line of [
    ["log", "-n", "5"],
    ["ls", "/", "-R", "--at", "0x700"],
    ["export", "--at", "0x9ff"],
  ]) {
    const [name = "", ...rest] = line;
    const path = rest[0] === "/" ? [rest.shift() as string] : [];
    expect(done(name, second, ...path, ...rest).replaceAll(second, "")).toBe(
      done(name, SOURCE, ...path, ...rest).replaceAll(SOURCE, ""),
    );
  }
  const restored = join(folder(), "restored");
  done("restore", first, "--at", "0xe00", "-o", restored);
  expect(done("diff", restored, SOURCE, "--to", "0xe00")).toContain("nothing differs");
  expect(existsSync(join(restored, "version-2"))).toBe(true);
});

test("a damaged object is found, filled in from another repository, and missed where there is none", () => {
  const [whole, damaged] = [join(folder(), "whole"), join(folder(), "damaged")];
  done("backup", "init", whole);
  done("backup", "run", SOURCE, "--repo", whole);
  cpSync(whole, damaged, { recursive: true });
  const log = readdirSync(join(damaged, "log"), { recursive: true, encoding: "utf8" }).find((each) =>
    each.endsWith(".gz"),
  );
  const path = join(damaged, "log", log ?? "");
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(500) ^ 1, 500);
  writeFileSync(path, bytes);
  const alone = zkrewind(["backup", "verify", damaged]);
  expect([alone.code, alone.stdout.split("\n").filter((line) => line.startsWith("error "))]).toEqual([
    1,
    [expect.stringContaining(`error backup.lost: ${path}: its bytes are not those that were stored`)],
  ]);
  const together = zkrewind(["verify", damaged, whole, "--quiet"]);
  expect(together.code).toBe(0);
  expect(zkrewind(["verify", damaged, "--quiet"]).code).toBe(1);
  // What is nowhere else, the server still has.
  done("backup", "run", SOURCE, "--repo", whole, "--repo", damaged);
});

test("what is no repository, or no server's directory, is refused", () => {
  const repo = join(folder(), "repo");
  expect(zkrewind(["backup", "run", SOURCE, "--repo", repo])).toMatchObject({ code: 3 });
  done("backup", "init", repo);
  expect(zkrewind(["backup", "init", repo])).toMatchObject({ code: 3 });
  const one = readdirSync(join(SOURCE, "version-2")).find((name) => name.startsWith("log.")) ?? "";
  expect(zkrewind(["backup", "run", join(SOURCE, "version-2", one), "--repo", repo])).toMatchObject({ code: 2 });
  expect(zkrewind(["backup", "verify", join(folder(), "nothing")])).toMatchObject({ code: 3 });
  expect(zkrewind(["ls", repo, "/", "--branch", "1-x"])).toMatchObject({ code: 2 });
});

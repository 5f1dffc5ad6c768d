import { cpSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
const SOURCE = fixtureDir("3.8.6-standalone");

function done(...args: string[]): string {
  const { code, stdout, stderr } = zkrewind(args);
  expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout + stderr;
}

function objectsIn(repository: string): string[] {
  return readdirSync(repository, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(repository, name)).isFile())
    .sort();
}

test("keys are made, two repositories filled, one wrecked and healed from the other, and each restored from", () => {
  const [key, a, b] = [join(folder(), "key"), join(folder(), "a"), join(folder(), "b")];
  const publicKey = done("backup", "keygen", key).match(/ed25519:\S+/)?.[0] as string;
  for (const repository of [a, b]) done("backup", "init", repository);
  done("backup", "run", SOURCE, "--repo", a, "--signing-key", key);
  expect(done("backup", "sync", a, b, "--trust", publicKey)).toMatch(/b: \d+ objects copied, 0 healed/);
  const shared = (repository: string) => objectsIn(repository).filter((name) => name !== "repository.json");
  expect(shared(b)).toEqual(shared(a));

  const objects = objectsIn(a).filter((name) => /^(log|snapshot|writers)\//.test(name));
  for (const [index, name] of objects.entries()) {
    if (index % 3 === 0) rmSync(join(a, name));
    if (index % 3 === 1) {
      const bytes = readFileSync(join(b, name));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      writeFileSync(join(b, name), bytes);
    }
  }
  expect(done("backup", "sync", a, b, "--deep", "--trust", publicKey)).toMatch(/read, and compared/);
  for (const repository of [a, b]) {
    const at = done("restore", repository, "--at", "0xf08", "-o", join(folder(), `restored-${repository.at(-1)}`));
    expect(at).toContain("0xf08");
  }

  // What is lost in both is named, and is the exit code.
  const segment = objects.find((name) => name.startsWith("log/")) as string;
  for (const repository of [a, b]) rmSync(join(repository, segment));
  const { code, stdout } = zkrewind(["backup", "sync", a, b, "--trust", publicKey]);
  expect([code, stdout.split("\n").filter((line) => line.startsWith("lost"))]).toEqual([
    1,
    [`lost: ${segment} is in none of them`],
  ]);
  expect(zkrewind(["backup", "sync", a]).code).toBe(2);
});

test("prune lists, marks, and deletes after the grace; the newest point is restored from what is left", () => {
  const repository = join(folder(), "r");
  done("backup", "init", repository);
  done("backup", "run", SOURCE, "--repo", repository);
  const keep = ["--keep-window", "0m", "--keep-daily", "0", "--keep-weekly", "0"];
  // As if it had been there for long.
  const long = new Date(Date.now() - 10 * 86_400_000);
  for (const name of objectsIn(repository)) utimesSync(join(repository, name), long, long);
  const before = objectsIn(repository);
  expect(done("backup", "prune", repository, ...keep)).toMatch(/Nothing was written/);
  // Nothing is written by a dry run, and nothing deleted by the run that marks.
  expect(objectsIn(repository)).toEqual(before);
  expect(done("backup", "prune", repository, ...keep, "--apply")).toMatch(/objects? marked[\s\S]*can go after/);
  expect(before.filter((name) => !objectsIn(repository).includes(name))).toEqual([]);
  const mark = objectsIn(repository).find((name) => name.endsWith(".mark.json")) as string;
  utimesSync(join(repository, mark), long, long);
  expect(done("backup", "prune", repository, ...keep, "--apply")).toMatch(/\d+ objects? deleted/);
  expect(objectsIn(repository).length).toBeLessThan(before.length);
  done("backup", "verify", repository);
  done("restore", repository, "-o", join(folder(), "restored"));
  cpSync(SOURCE, join(folder(), "plain"), { recursive: true });
  expect(zkrewind(["diff", join(folder(), "restored"), join(folder(), "plain")]).stdout).toContain("nothing differs");
});

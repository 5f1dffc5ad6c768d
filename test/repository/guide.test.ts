import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BIN, zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
const PAGE = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../docs/backup.md"), "utf8");
const SOURCE = fixtureDir("3.8.6-standalone");

/** The page's blocks of commands below a heading. */
function blocksOf(heading: string): string[] {
  const [, section = ""] = new RegExp(`\n## ${heading}\n([^]*?)(?=\n## |$)`).exec(PAGE) ?? [];
  return [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block ?? "");
}

/** Runs commands as they are printed, with their places in a folder of the test's own. */
function run(block: string): { status: number | null; output: string } {
  const root = folder();
  mkdirSync(join(root, "bin"), { recursive: true });
  for (const each of ["mnt/backup-a", "mnt/backup-b", "tmp"]) mkdirSync(join(root, each), { recursive: true });
  const command = join(root, "bin/zkrewind");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(command, 0o755);
  const here = block
    .replaceAll("/var/lib/zookeeper", SOURCE)
    .replaceAll("/mnt/", `${root}/mnt/`)
    .replaceAll("/tmp/", `${root}/tmp/`)
    .replaceAll("/run/", `${root}/tmp/`)
    .replaceAll("REPO", `${root}/encrypted`);
  const { status, stdout, stderr } = spawnSync("bash", ["-e", "-c", here], {
    cwd: join(root, "tmp"),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", PATH: `${join(root, "bin")}:${process.env["PATH"]}` },
  });
  return { status, output: `${stdout}${stderr}` };
}

test("a stranger sets two repositories up, restores from either, and by hand", () => {
  const [init = "", ship = "", following = "", look = ""] = blocksOf("Two repositories in ten minutes");
  for (const block of [init, ship]) expect(run(block)).toMatchObject({ status: 0 });
  // It runs until it is told to stop: then what is whole is shipped.
  const told = `${following.trim()} &\nwhile [ ! -e /run/zkrewind.prom ]; do sleep 0.1; done; kill -TERM $!; wait $!`;
  expect(run(told)).toMatchObject({ status: 0 });
  const { status, output } = run(look);
  expect([status, output.match(/SOUND/g)]).toEqual([0, ["SOUND", "SOUND"]]);
  const [restore = ""] = blocksOf("Restore");
  // What differs from an hour ago is a difference: exit code 1 is what `diff` says then.
  expect(
    run(
      restore
        .replace(/^zkrewind diff .*$/m, "$& || [ $? = 1 ]")
        .replaceAll("-1h", "-10s")
        .replaceAll("-10m", "-5s"),
    ),
  ).toMatchObject({ status: 0 });
  for (const heading of ["Keep the copies whole", "Keep them affordable", "Rehearse"])
    for (const block of blocksOf(heading)) expect(run(block)).toMatchObject({ status: 0 });
  const [byHand = ""] = blocksOf("Without zkrewind");
  expect(run(byHand)).toMatchObject({ status: 0 });
  for (const name of ["restored", "by-hand"])
    expect(zkrewind(["diff", join(folder(), "tmp", name), SOURCE])).toMatchObject({ code: 0 });
}, 60_000);

test("encrypted and signed", () => {
  if (spawnSync("age-keygen", ["--version"]).status !== 0) return;
  const [block = ""] = blocksOf("Encryption and signatures");
  const repo = join(folder(), "encrypted");
  expect(zkrewind(["backup", "init", repo])).toMatchObject({ code: 0 });
  expect(run(block)).toMatchObject({ status: 0 });
  expect(zkrewind(["diff", join(folder(), "tmp/restored"), SOURCE])).toMatchObject({ code: 0 });
  expect(zkrewind(["ls", repo, "/"])).toMatchObject({ code: 3 });
}, 60_000);

import { spawnSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { allBlocks, blocksOf, runBlock } from "./guide.js";

const folder = temporaryFolder();
const SOURCE = fixtureDir("3.8.6-standalone");
const HAS_AGE = spawnSync("age-keygen", ["--version"]).status === 0;

/** The blocks that were run, as they are printed. */
const seen = new Set<string>();
afterAll(() => {
  if (HAS_AGE) expect(allBlocks().filter((block) => !seen.has(block))).toEqual([]);
});

function run(block: string, change = (text: string): string => text): ReturnType<typeof runBlock> {
  seen.add(block);
  const places = { "/var/lib/zookeeper": SOURCE, REPO: join(folder(), "encrypted") };
  return runBlock(change(block), folder(), places);
}

test("a stranger sets two repositories up, restores from either, and by hand", () => {
  const [init = "", ship = "", following = "", look = ""] = blocksOf("Two repositories in ten minutes");
  for (const block of [init, ship]) expect(run(block)).toMatchObject({ status: 0 });
  // It runs until it is told to stop: then what is whole is shipped.
  const told = (block: string): string =>
    `${block.trim()} &\nwhile [ ! -e /run/zkrewind.prom ]; do sleep 0.1; done; kill -TERM $!; wait $!`;
  expect(run(following, told)).toMatchObject({ status: 0 });
  const { status, output } = run(look);
  expect([status, output.match(/SOUND/g)]).toEqual([0, ["SOUND", "SOUND"]]);
  const [restore = ""] = blocksOf("Restore");
  // What differs from an hour ago is a difference: exit code 1 is what `diff` says then.
  const sooner = (block: string): string =>
    block
      .replace(/^zkrewind diff .*$/m, "$& || [ $? = 1 ]")
      .replaceAll("-1h", "-10s")
      .replaceAll("-10m", "-5s");
  expect(run(restore, sooner)).toMatchObject({ status: 0 });
  for (const heading of ["Keep the copies whole", "Keep them affordable", "Rehearse"])
    for (const block of blocksOf(heading).filter((each) => !each.includes("REPO")))
      expect(run(block)).toMatchObject({ status: 0 });
  const [byHand = ""] = blocksOf("Without zkrewind");
  expect(run(byHand)).toMatchObject({ status: 0 });
  for (const name of ["restored", "by-hand"])
    expect(zkrewind(["diff", join(folder(), "tmp", name), SOURCE])).toMatchObject({ code: 0 });
  // Once compacted and pruned, a repository can have bases alone to begin with: the same files in another folder.
  const repo = join(folder(), "mnt/backup-a/zk");
  renameSync(join(repo, "snapshot"), join(repo, "base"));
  rmSync(join(folder(), "tmp/by-hand"), { recursive: true });
  expect(run(byHand)).toMatchObject({ status: 0 });
  expect(zkrewind(["diff", join(folder(), "tmp/by-hand"), SOURCE])).toMatchObject({ code: 0 });
}, 300_000);

test.runIf(HAS_AGE)(
  "encrypted and signed",
  () => {
    const [keys = "", rekey = ""] = blocksOf("Encryption and signatures");
    const [byHand = ""] = blocksOf("Without zkrewind");
    const repo = join(folder(), "encrypted");
    expect(zkrewind(["backup", "init", repo])).toMatchObject({ code: 0 });
    expect(run(keys)).toMatchObject({ status: 0 });
    const compact = blocksOf("Keep them affordable").filter((each) => each.includes("REPO"));
    for (const block of [rekey, ...compact]) expect(run(block)).toMatchObject({ status: 0 });
    expect(run(byHand, (block) => block.replace("/mnt/backup-a/zk", "REPO"))).toMatchObject({ status: 0 });
    for (const name of ["restored", "by-hand"])
      expect(zkrewind(["diff", join(folder(), "tmp", name), SOURCE])).toMatchObject({ code: 0 });
    expect(zkrewind(["ls", repo, "/"])).toMatchObject({ code: 3 });
    rmSync(repo, { recursive: true });
  },
  300_000,
);

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BIN, zkrewind } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
const SOURCE = fixtureDir("3.8.6-standalone");
const CAN_MOUNT = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/** Runs a script in a mount namespace of its own: what it mounts goes with it. */
function inNamespace(script: string): string[] {
  const env = { ...process.env, NO_COLOR: "1" };
  const all = `set -u\nzkrewind() { "${process.execPath}" "${BIN}" "$@" 2>&1; echo "exit $?"; }\n${script}`;
  const { stdout, stderr } = spawnSync("unshare", ["-m", "bash", "-c", all], { encoding: "utf8", env });
  expect(stderr).toBe("");
  return stdout.split(/^== /m).map((part) => part.trim());
}

describe.runIf(CAN_MOUNT)("a disk that is full", () => {
  test("of one repository: what is there stays sound, the other has all of it, and the next run catches up", () => {
    const [small, large] = [join(folder(), "small"), join(folder(), "large")];
    expect(zkrewind(["backup", "init", large]).code).toBe(0);
    const parts = inNamespace(`
      mkdir ${small}; mount -t tmpfs -o size=96k,mode=700 none ${small}
      zkrewind backup init ${small}
      echo == run; zkrewind backup run ${SOURCE} --repo ${small} --repo ${large}
      echo == left; find ${small} -name '*.tmp'
      echo == verify; zkrewind backup verify ${small}
      echo == alone; zkrewind backup run ${SOURCE} --repo ${small}
      mount -o remount,size=64m ${small}
      echo == again; zkrewind backup run ${SOURCE} --repo ${small} --repo ${large}
      echo == deep; zkrewind backup verify ${small} --deep`);
    const [, run = "", left = "", verify = "", alone = "", again = "", deep = ""] = parts;
    expect(run).toMatch(/no space left on the device[^]*exit 3$/);
    expect(run).toContain(`${large} has everything up to 0xf08`);
    expect(left).toBe("left");
    expect(verify).toMatch(/SOUND\nexit 0$/);
    expect(alone).toMatch(/no space left on the device[^]*exit 3$/);
    expect(again).toMatch(/exit 0$/);
    expect(deep).toMatch(/exact up to 0xf08\n {2}SOUND\nexit 0$/);
    expect(zkrewind(["backup", "verify", large, "--deep"]).code).toBe(0);
  }, 60_000);

  test("of the scratch folder: it is said, and nothing is left in it nor where the result was to go", () => {
    const [repo, scratch, out] = [join(folder(), "repo"), join(folder(), "scratch"), join(folder(), "out")];
    expect(zkrewind(["backup", "init", repo]).code).toBe(0);
    expect(zkrewind(["backup", "run", SOURCE, "--repo", repo]).code).toBe(0);
    const [, restore = "", left = ""] = inNamespace(`
      mkdir ${scratch}; mount -t tmpfs -o size=300k,mode=700 none ${scratch}
      echo == restore; zkrewind restore ${repo} -o ${out} --scratch ${scratch}
      echo == left; ls -A ${scratch}`);
    expect(restore).toMatch(/(no space left on the device|does not fit|free space)[^]*exit 3$/);
    expect(restore).not.toMatch(/\n\s+at /);
    expect(left).toBe("left");
    expect(readdirSync(folder())).not.toContain("out");
  }, 60_000);
});

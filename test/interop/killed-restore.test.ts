import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { BIN } from "../cli/run.js";
import { fixtureDir } from "../fixtures/index.js";
import { ended } from "./java.js";
import { scratchFolder } from "./scratch.js";
import { zkrewind } from "./zkrewind.js";

/** `npm run soak:restore` makes it a hundred. */
const KILLS = Number(process.env["ZKREWIND_KILLS"] ?? 20);

/** Every file in a folder with what is in it. */
function contentOf(folder: string): Record<string, string> {
  const content: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    if (statSync(path).isFile()) content[name] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return content;
}

interface Prepared {
  source: string;
  args: string[];
  folder: string;
}

/** A source, and a restore of three servers from it. */
function prepared(): Prepared {
  const folder = scratchFolder();
  const source = join(folder, "source");
  cpSync(fixtureDir("3.8.6-standalone"), source, { recursive: true });
  const config = join(folder, "zoo.cfg");
  writeFileSync(config, "dataDir=/d\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n");
  return {
    source,
    folder,
    args: ["restore", source, "--before", "0x5c1", "--ensemble", config, "--extended-types", "-o"],
  };
}

/** Three servers' directories, each verified, all the same. */
async function expectWhole(target: string, withLogs = false): Promise<void> {
  expect(readdirSync(target).sort()).toEqual(["1", "2", "3", "runbook.md", "zkrewind-manifest.json"]);
  const [first, ...others] = ["1", "2", "3"].map((id) => {
    const { "data/myid": own, ...rest } = contentOf(join(target, id));
    expect(own).toBeDefined();
    return rest;
  });
  const files = Object.keys(first ?? {});
  const version = "data/version-2/";
  expect(files).toEqual(expect.arrayContaining([`${version}acceptedEpoch`, `${version}snapshot.1000000000`]));
  expect(files.some((file) => file.startsWith("datalog/version-2/log."))).toBe(withLogs);
  for (const other of others) expect(other).toEqual(first);
  for (const id of ["1", "2", "3"]) await zkrewind("verify", join(target, id));
}

describe("a restore of an ensemble that is killed", () => {
  test(`at ${KILLS} random moments: the target is whole or absent, the source as it was, and the next run works`, async () => {
    const { source, folder, args } = prepared();
    const before = contentOf(source);
    const begun = Date.now();
    await zkrewind(...args, join(folder, "measured"));
    const whole = Date.now() - begun;
    let absent = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const target = join(folder, `killed-${kill}`);
      const withLogs = kill % 2 === 1;
      const command = withLogs ? [...args.slice(0, -1), "--with-logs", "-o", target] : [...args, target];
      const child = spawn(process.execPath, [BIN, ...command], { stdio: "ignore" });
      // The later part of it is where files are written.
      const delay = whole * (0.3 + 0.8 * Math.random());
      await Promise.race([ended(child), sleep(delay)]);
      child.kill("SIGKILL");
      await ended(child);
      if (existsSync(target)) await expectWhole(target, withLogs);
      else {
        absent++;
        await zkrewind(...command);
        await expectWhole(target, withLogs);
      }
    }
    expect(absent).toBeGreaterThan(0);
    expect(contentOf(source)).toEqual(before);
  });

  const mounts = spawnSync("unshare", ["-m", "true"]).status === 0;
  test.runIf(mounts)("by a full disk: nothing is left, whatever fits on it", () => {
    const { source, folder, args } = prepared();
    const before = contentOf(source);
    const mount = join(folder, "mount");
    mkdirSync(mount);
    for (const size of ["16k", "160k", "200k", "320k", "420k"]) {
      const command = [BIN, ...args].map((each) => `"${each}"`).join(" ");
      const line = `mount -t tmpfs -o size=${size} none "${mount}" && "${process.execPath}" ${command} "${mount}/out"; c=$?; ls -A "${mount}"; exit $c`;
      const { status, stdout, stderr } = spawnSync("unshare", ["-m", "bash", "-c", line], { encoding: "utf8" });
      expect([size, status, stdout], stderr).toEqual([size, 3, ""]);
      expect(stderr).toContain("no space left on the device");
    }
    expect(contentOf(source)).toEqual(before);
  });
});

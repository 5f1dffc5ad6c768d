import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { discover } from "../../../src/recovery/index.js";
import { refuseInSource } from "../../../src/recovery/directory/source-folders.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
const at = (path: string): string => join(folder(), path);

beforeEach(() => {
  cpSync(fixtureDir("3.9.5-datalogdir"), at("server"), { recursive: true });
  mkdirSync(at("elsewhere"));
});

/** Whether an output is refused. */
function refused(output: string, sources: readonly string[], logDir?: string): boolean {
  try {
    refuseInSource(output, discover(sources.map(at), logDir === undefined ? {} : { logDir: at(logDir) }));
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 2 });
    return true;
  }
  return false;
}

test("in and below a source, by whatever way", () => {
  symlinkSync(at("server/data"), at("link"));
  symlinkSync(at("server/data/version-2"), at("elsewhere/inner"));
  mkdirSync(at("server/data/deep/er"), { recursive: true });
  for (const output of [
    "server/data/out",
    "server/data/version-2/log.9999",
    "server/data/deep/er/out",
    "server/data/deep/not/yet/there",
    "elsewhere/../server/data/out",
    "link/out",
    "elsewhere/inner/out",
  ]) {
    expect([output, refused(at(output), ["server/data"])]).toEqual([output, true]);
    expect([output, refused(relative(process.cwd(), at(output)), ["server/data"])]).toEqual([output, true]);
  }
  expect(refused(at("link/out"), ["link"])).toBe(true);
  expect(refused(at("server/data/out"), ["link"])).toBe(true);
});

test("not beside it", () => {
  for (const output of ["out", "elsewhere/out", "server/out", "server/data2", "server/log/out"])
    expect([output, refused(at(output), ["server/data"])]).toEqual([output, false]);
  // The folder that was named is the source, not what is above it.
  expect(refused(at("server/data/out"), ["server/data/version-2"])).toBe(false);
  expect(refused(at("server/data/version-2/out"), ["server/data/version-2"])).toBe(true);
});

test("folders of logs, and those that a zoo.cfg names", () => {
  expect(refused(at("server/log/out"), ["server/data"], "server/log")).toBe(true);
  for (const source of ["server", "server/zoo.cfg"]) {
    expect(refused(at("server/log/version-2/out"), [source])).toBe(true);
    expect(refused(at("server/log/out"), [source])).toBe(true);
    expect(refused(at("server/data/out"), [source])).toBe(true);
    expect(refused(at("server/out"), [source])).toBe(source === "server");
  }
});

test("of a single file, the folder that is a server's", () => {
  const file = "server/data/version-2/snapshot.257";
  expect(refused(at("server/data/version-2/out"), [file])).toBe(true);
  cpSync(at(file), at("elsewhere/snapshot.257"));
  symlinkSync(at(file), at("elsewhere/snapshot.1"));
  // The other is one of a server's that was not named.
  expect(refused(at("elsewhere/out"), ["elsewhere/snapshot.257"])).toBe(true);
  expect(refused(at("elsewhere/out"), ["elsewhere/snapshot.1"])).toBe(true);
  expect(refused(at("elsewhere/out"), ["elsewhere/snapshot.1", "elsewhere/snapshot.257"])).toBe(false);
  expect(refused(at("server/data/version-2/out"), ["elsewhere/snapshot.1"])).toBe(true);
  mkdirSync(at("alone"));
  cpSync(at(file), at("alone/snapshot.257"));
  expect(refused(at("alone/out"), ["alone/snapshot.257"])).toBe(false);
  writeFileSync(at("alone/currentEpoch"), "1");
  expect(refused(at("alone/out"), ["alone/snapshot.257"])).toBe(true);
});

import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { salvage } from "../../../src/forensics/salvage/salvage.js";
import { discover } from "../../../src/recovery/index.js";
import { plain } from "../../../src/text/message.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
const SOURCE = fixtureDir("3.8.6-standalone");

function copy(): string {
  cpSync(SOURCE, join(folder(), "source"), { recursive: true });
  return join(folder(), "source/version-2");
}

test("files that cannot be read are accounted for, the others are copied", async () => {
  const version = copy();
  for (const name of ["log.5de", "snapshot.207"]) {
    rmSync(join(version, name));
    execFileSync("mkfifo", [join(version, name)]);
  }
  const account = await salvage(discover([join(folder(), "source")]), join(folder(), "out"));
  expect(account.whole).toBe(false);
  expect(account.lost).toEqual([{ first: 0x5den, last: 0x76cn }]);
  const fates = new Map(account.files.map(({ file, fate }) => [file, fate]));
  expect(fates.get("log.5de")).toBe("lost");
  // The logs give it once more.
  expect(fates.get("snapshot.207")).toBe("rebuilt");
  expect([...fates.values()].filter((fate) => fate === "copied")).toHaveLength(10);
  const copied = readdirSync(join(folder(), "out/version-2")).filter((name) => !/Epoch|log.5de|.207$/.test(name));
  for (const name of copied)
    expect(readFileSync(join(folder(), "out/version-2", name)).equals(readFileSync(join(version, name)))).toBe(true);
});

test("files that vanish or become shorter in the midst of it cost themselves alone", async () => {
  const version = copy();
  const directory = discover([join(folder(), "source")]);
  rmSync(join(version, "log.e40"));
  truncateSync(join(version, "log.1"), 20_000);
  const account = await salvage(directory, join(folder(), "out"));
  expect(account.whole).toBe(false);
  expect(account.files.find(({ file }) => file === "log.e40")).toMatchObject({ fate: "lost" });
  expect(account.files.find(({ file }) => file === "log.1")).toMatchObject({ fate: "rewritten" });
  expect(account.notes.map(plain).join()).toContain("log.e40 could not be read: no such file or folder");
});

import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { discover } from "../../../src/recovery/index.js";
import { plain } from "../../../src/text/message.js";
import { zkrewind } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
let source = "";

/** A log is missing before the newest one, and no snapshot bridges that. */
beforeEach(() => {
  source = join(folder(), "data");
  cpSync(fixtureDir("3.9.5-standalone"), source, { recursive: true });
  const version = join(source, "version-2");
  const named = (kind: string): string[] =>
    readdirSync(version)
      .filter((name) => name.startsWith(kind))
      .sort((a, b) => Number.parseInt(a.slice(kind.length), 16) - Number.parseInt(b.slice(kind.length), 16));
  rmSync(join(version, named("snapshot.").at(-1) ?? ""));
  rmSync(join(version, named("log.").at(-2) ?? ""));
});

const warnings = (...sources: string[]): string[] =>
  discover(sources).findings.flatMap(({ code, message }) => (code === "folder.inexact" ? [plain(message)] : []));

describe("what restore makes of a state that is not exact", () => {
  test("says that other servers may have another tree at its zxid, and verify warns of it", () => {
    const target = join(folder(), "restored");
    const made = zkrewind(["restore", source, "-o", target, "--inexact", "--json"]);
    const { at, zxid, sessions } = JSON.parse(made.stdout);
    expect([made.code, at.exact, zxid, sessions]).toEqual([1, false, at.zxid, 13]);
    expect(JSON.parse(made.stdout).warnings.join("\n")).toContain(`has another tree at ${zxid} would not sync`);
    const snapshot = `snapshot.${zxid.slice(2)}`;
    expect(warnings(target)).toEqual([
      `${snapshot} was made by restore of a state that is not exact: zkrewind-manifest.json says what is in doubt or lost`,
    ]);
    const { code, stdout } = zkrewind(["verify", target]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("SOUND, with 1 warning")]);
    expect(zkrewind(["verify", target, "--strict"]).code).toBe(1);
    // Servers make a snapshot of what they have: that is their state.
    renameSync(join(target, "version-2", snapshot), join(target, "version-2", `${snapshot}0`));
    expect(warnings(target)).toEqual([]);
  });

  test("gets a raised epoch and no sessions, if that is asked for", () => {
    const target = join(folder(), "restored");
    const made = zkrewind(["restore", source, "-o", target, "--inexact", "--bump-epoch", "--json"]);
    const { zxid, sessions, warnings: said } = JSON.parse(made.stdout);
    expect([made.code, zxid, sessions]).toEqual([1, "0x1000000000", 0]);
    expect(said.join("\n")).not.toContain("would not sync");
    expect(warnings(target)).toHaveLength(1);
  });

  test("for an ensemble warns in each server's folder", () => {
    const target = join(folder(), "restored");
    const config = join(folder(), "zoo.cfg");
    const lines = [1, 2, 3].map((id) => `server.${id}=zk${id}:2888:3888`);
    writeFileSync(config, ["dataDir=/var/lib/zookeeper", "clientPort=2181", ...lines, ""].join("\n"));
    const made = zkrewind(["restore", source, "-o", target, "--inexact", "--ensemble", config, "--extended-types"]);
    expect(made.code, made.stderr).toBe(1);
    for (const id of ["1", "2", "3"]) expect(warnings(join(target, id))).toHaveLength(1);
  });

  test("is exact with another server's files, as is recommended", () => {
    const target = join(folder(), "restored");
    const other = fixtureDir("3.9.5-standalone");
    const made = zkrewind(["restore", source, "--node", other, "-o", target, "--json"]);
    expect([made.code, JSON.parse(made.stdout).at.exact], made.stderr).toEqual([0, true]);
    expect(warnings(target)).toEqual([]);
  });

  test("is nothing to warn of where the state is exact, or where another program's file has that name", () => {
    const target = join(folder(), "restored");
    expect(zkrewind(["restore", source, "-o", target, "--newest-exact"]).code).toBe(0);
    expect(warnings(target)).toEqual([]);
    for (const text of ["", "[]", "null", '{"type":"manifest","at":{"exact":false}}', '{"type":"manifest","at":7}']) {
      writeFileSync(join(target, "zkrewind-manifest.json"), text);
      expect(warnings(target), text).toEqual([]);
    }
    rmSync(join(target, "zkrewind-manifest.json"));
    mkdirSync(join(target, "zkrewind-manifest.json"));
    expect(warnings(target)).toEqual([]);
  });
});

test("what salvage made with losses is warned of, and not what it made without", () => {
  const [lossy, whole] = [join(folder(), "lossy"), join(folder(), "whole")];
  expect(zkrewind(["salvage", source, "-o", lossy]).code).toBe(1);
  expect(warnings(lossy)).toEqual([
    "salvage made these files, and not all that was there is in them: salvage.json says what is in doubt or lost",
  ]);
  expect(zkrewind(["salvage", fixtureDir("3.9.5-standalone"), "-o", whole]).code).toBe(0);
  expect(warnings(whole)).toEqual([]);
});

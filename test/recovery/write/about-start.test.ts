import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { zkrewind } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { writeFiles } from "../servers/case-directory.js";
import { CASES } from "../servers/cases.js";

const folder = temporaryFolder();

test("a value over the limit: what is restored starts with the jute.maxbuffer that restore names", async () => {
  const source = join(folder(), "source");
  mkdirSync(source);
  const found = CASES.find(({ name }) => name === "value-over-limit");
  writeFiles(source, await (found as (typeof CASES)[number]).files());
  const target = join(folder(), "new");
  // The znode was put into a snapshot by hand: what the logs say of the tree differs.
  const { stdout } = zkrewind(["restore", join(source, "data"), "-o", target, "--inexact"]);
  const [, bytes] = /-Djute\.maxbuffer=(\d+) or more only/.exec(stdout) ?? [];
  expect(Number(bytes)).toBeGreaterThan(0xfffff);
  expect(zkrewind(["verify", target, "-q"]).code).toBe(1);
  expect(zkrewind(["verify", target, "-q", "--jute-maxbuffer", String(bytes)]).code).toBe(0);
  expect(zkrewind(["verify", target, "-q", "--jute-maxbuffer", String(Number(bytes) - 1)]).code).toBe(1);
});

test("a layout that servers read without digests only is said to be one, and --release writes another", () => {
  const source = fixtureDir("3.9.5-lastzxid-only");
  const { stdout } = zkrewind(["restore", source, "-o", join(folder(), "same")]);
  expect(stdout).toContain("start on it with -Dzookeeper.digest.enabled=false only");
  const other = zkrewind(["restore", source, "-o", join(folder(), "other"), "--release", "3.9.5", "--extended-types"]);
  expect(other.stdout).not.toContain("digest.enabled");
});

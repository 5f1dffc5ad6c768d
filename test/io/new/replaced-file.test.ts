import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { replaceFile } from "../../../src/io/new/replaced-file.js";
import { zkrewind } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

test("the file is replaced whole, with its mode, and nothing else is left", () => {
  const path = join(folder(), "file");
  for (const text of ["one", "another"]) {
    replaceFile(path, text, 0o600);
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777, readdirSync(folder())]).toEqual([
      text,
      0o600,
      ["file"],
    ]);
  }
});

test("a link at the path is replaced, and not followed", () => {
  const [path, victim] = [join(folder(), "file"), join(folder(), "victim")];
  writeFileSync(victim, "untouched");
  symlinkSync(victim, path);
  replaceFile(path, "text", 0o600);
  expect([readFileSync(path, "utf8"), readFileSync(victim, "utf8")]).toEqual(["text", "untouched"]);
});

test("what cannot be written is an error of exit code 3, and leaves nothing", () => {
  const path = join(folder(), "is a folder");
  mkdirSync(path);
  expect(() => replaceFile(path, "text", 0o600)).toThrow(expect.objectContaining({ exitCode: 3 }));
  expect(readdirSync(folder())).toEqual(["is a folder"]);
});

test.each(["--metrics", "--status"])(
  "backup run writes %s through no link that waits under a name that it could take",
  (option) => {
    const [path, victim, repo] = ["out", "victim", "repo"].map((name) => join(folder(), name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(victim, "untouched");
    symlinkSync(victim, `${path}.${process.pid}.tmp`);
    zkrewind(["backup", "init", repo]);
    const { code } = zkrewind(["backup", "run", fixtureDir("3.8.6-standalone"), "--repo", repo, option, path]);
    expect([code, readFileSync(victim, "utf8"), statSync(path).isFile()]).toEqual([0, "untouched", true]);
  },
);

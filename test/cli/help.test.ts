import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { fixtureDir, fixtures } from "../fixtures/index.js";
import { BIN, zkrewind } from "./run.js";

/** Where examples run: like the repository's root, but what they write goes away again. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-help-"));
  mkdirSync(join(folder, "fixtures"));
  mkdirSync(join(folder, "bin"));
  for (const { name } of fixtures) symlinkSync(fixtureDir(name), join(folder, "fixtures", name));
  // As the help says: tar -xzf fixtures/ensemble-divergent.tar.gz
  symlinkSync(fixtureDir("ensemble-divergent"), join(folder, "ensemble-divergent"));
  writeFileSync(join(folder, "bin/zkrewind"), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Where an example finds something: a difference, a hit of an audit, servers that disagree. */
const FINDING = [/^zkrewind diff /, /^zkrewind find .* --audit /, /^zkrewind compare .*server\*/];

function examplesOf(command: string): string[] {
  const { stdout } = zkrewind([command, "--help"]);
  const [, examples = ""] = /\nExamples:\n((?: {2}\S.*\n)+)/.exec(stdout) ?? [];
  return examples
    .split("\n")
    .map((line) => line.replace(/ +# .*$/, "").trim())
    .filter((line) => line !== "");
}

describe.each(COMMANDS.map(({ name }) => name))("the examples of %s", (command) => {
  it("run as they are printed", () => {
    const examples = examplesOf(command);
    expect(examples.length).toBeGreaterThan(0);
    for (const line of examples) {
      expect(line).toMatch(new RegExp(`\\bzkrewind ${command}\\b`));
      const { status, stdout, stderr } = spawnSync("bash", ["-c", `set -o pipefail; ${line}`], {
        cwd: folder,
        env: { ...process.env, NO_COLOR: "1", PATH: `${join(folder, "bin")}:${process.env["PATH"]}` },
        encoding: "utf8",
        maxBuffer: 1 << 28,
        timeout: 60_000,
      });
      expect([line, status, stderr]).toEqual([line, FINDING.some((each) => each.test(line)) ? 1 : 0, stderr]);
      // Output that goes to a file leaves only a remark.
      expect(`${stdout}${stderr}`, line).not.toBe("");
      expect(stderr, line).not.toMatch(/no such transaction|no trace|internal error/);
    }
  });
});

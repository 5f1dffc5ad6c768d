import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { PARTS } from "../../src/cli/commands/backup.js";
import { fixtureDir } from "../fixtures/index.js";
import { wordsOf } from "../../src/cli/shell/words.js";
import { OWN_PROCESSES } from "../thorough.js";
import { BIN, zkrewind } from "./run.js";

/** Where examples run: with what they name beside them, and what they write goes away again. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-help-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "other"));
  for (const server of ["1", "2", "3"])
    symlinkSync(join(fixtureDir("ensemble-divergent"), `server${server}`), join(folder, `zk${server}`));
  writeFileSync(join(folder, "zoo.cfg"), "dataDir=/var/lib/zookeeper\nserver.1=zk1:2888:3888\n");
  zkrewind(["backup", "init", join(folder, "other/backups")]);
  // A public key of age's own documentation.
  writeFileSync(join(folder, "recipients.txt"), "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n");
  writeFileSync(join(folder, "zookeeper.out"), "java.io.IOException: CRC check failed\n");
  writeFileSync(join(folder, "bin/zkrewind"), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Where an example finds something: a difference, a hit of an audit, servers that disagree. */
const FINDING = [/^zkrewind diff /, /^zkrewind find .* --audit /, /^zkrewind compare zk1 zk2 zk3/];

/** Runs until somebody ends it. */
const ENDLESS = /^zkrewind (explore |backup run .*--follow)/;

/** Every command, those below `backup` after it. */
const ALL = COMMANDS.flatMap(({ name }) => [
  name,
  ...(name === "backup" ? PARTS.map((part) => `${name} ${part.name}`) : []),
]);

function examplesOf(command: string): string[] {
  const { stdout } = zkrewind([...command.split(" "), "--help"]);
  const [, examples = ""] = /\nExamples:\n((?: {2}\S.*\n)+)/.exec(stdout) ?? [];
  return examples
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** Columns of a terminal that nobody has widened. */
const USUAL_WIDTH = 80;

describe.each(["", ...ALL])("the help of zkrewind %s", (command) => {
  it("fits a terminal", () => {
    const { stdout } = zkrewind([...(command === "" ? [] : command.split(" ")), "--help"]);
    expect(stdout.split("\n").filter((line) => line.length > USUAL_WIDTH && !line.startsWith("  zkrewind "))).toEqual(
      [],
    );
  });
});

describe.each(ALL)("the examples of %s", (command) => {
  it("run as they are printed", () => {
    const examples = examplesOf(command);
    expect(examples.length).toBeGreaterThan(0);
    for (const line of examples) {
      expect(line).toMatch(new RegExp(`\\bzkrewind ${command}\\b`));
      // The directory that users have is a fixture here.
      const mine = line
        .replaceAll("/var/lib/zookeeper", fixtureDir("3.8.6-standalone"))
        .replaceAll("/mnt/other", join(folder, "other"));
      const isEndless = ENDLESS.test(line);
      const { code, stdout, stderr } = isEndless ? endedOnceItSaid(mine) : answered(mine);
      // On a busy machine Ctrl-C comes before anything is done, and ends the command as a signal does.
      const isEnded = isEndless && code === 130;
      if (!isEnded)
        expect([line, code, stderr]).toEqual([line, FINDING.some((each) => each.test(line)) ? 1 : 0, stderr]);
      // Output that goes to a file leaves only a remark.
      expect(`${stdout}${stderr}`, line).not.toBe("");
      expect(stderr, line).not.toMatch(/no such transaction|no trace|internal error/);
    }
  });
});

/** Ctrl-C comes after two seconds; later on a machine on which nothing was said by then. */
function endedOnceItSaid(line: string): ReturnType<typeof answered> {
  for (let seconds = 2; ; seconds *= 4) {
    const result = answered(`timeout --preserve-status -s INT ${seconds} ${line}`);
    if (result.stdout + result.stderr !== "" || seconds > 20) return result;
  }
}

/** Commands that print what files hold, and write nothing of their own accord. */
const READERS = new Set(COMMANDS.filter(({ redacts }) => redacts).map(({ name }) => name));

/** What a shell in the folder makes of a line. Where it is only words, and of a command that reads, it need not be a shell. */
function answered(line: string): { code: number | null; stdout: string; stderr: string } {
  const words =
    OWN_PROCESSES || !line.startsWith("zkrewind ") || !READERS.has(line.split(" ")[1] ?? "") || /[|<>$;&\\]/.test(line)
      ? null
      : wordsOf(line);
  if (words === null) {
    const env = { ...process.env, NO_COLOR: "1", PATH: `${join(folder, "bin")}:${process.env["PATH"]}` };
    const { status, stdout, stderr } = spawnSync("bash", ["-c", `set -o pipefail; ${line}`], {
      cwd: folder,
      env,
      encoding: "utf8",
      maxBuffer: 1 << 28,
      timeout: 60_000,
    });
    return { code: status, stdout, stderr };
  }
  const named = new Set(readdirSync(folder));
  const [, command = "", ...rest] = words;
  const args = rest.map((word, index) => {
    const isOutput = /^(-o|--output)$/.test(rest[index - 1] ?? "");
    return isOutput || named.has(word) ? join(folder, word) : word;
  });
  return zkrewind([command, ...args]);
}

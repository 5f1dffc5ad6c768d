import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { FORMAT_NAMES } from "../../src/export/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { BIN, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-completion-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "some-data"));
  writeFileSync(join(folder, "bin/zkrewind"), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 });
  for (const shell of SHELLS) writeFileSync(join(folder, `script.${shell}`), zkrewind(["completion", shell]).stdout);
});
afterAll(() => rmSync(folder, { recursive: true }));

const SHELLS = ["bash", "zsh", "fish"] as const;

function run(shell: string, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, HOME: folder };
  return spawnSync(shell, [...args], { cwd: folder, env, encoding: "utf8", timeout: 30_000 });
}

function has(shell: string): boolean {
  return spawnSync(shell, ["-c", "true"]).status === 0;
}

function answers(...words: string[]): string[] {
  const { code, stdout, stderr } = zkrewind(["complete", "--", ...words]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/\t.*/, ""));
}

describe("what completes", () => {
  it("a command's name", () => {
    expect(answers("")).toEqual(COMMANDS.map(({ name }) => name));
    expect(answers("se")).toEqual(["session", "sessions"]);
    expect(answers("help", "se")).toEqual(["session", "sessions"]);
    expect(answers("--no-progress", "verif")).toEqual(["verify"]);
    expect(answers("nonsense", "")).toEqual([]);
  });

  it.each(COMMANDS.map(({ name }) => name))("the options of %s, those that its help has", (name) => {
    const help = zkrewind([name, "--help"]).stdout.replace(/\nExamples:[^]*/, "");
    const shown = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = ""]) => option);
    expect(new Set(answers(name, "--"))).toEqual(new Set([...shown, "--no-progress"]));
  });

  it("values where there is a choice, in each way to write them", () => {
    expect(answers("log", "x", "--format", "")).toEqual(["text", ...FORMAT_NAMES]);
    expect(answers("log", "--format", "j")).toEqual(["json"]);
    expect(answers("log", "--format=j")).toEqual(["--format=json"]);
    expect(answers("log", "--format", "=", "j")).toEqual(["--format=json"]);
    expect(answers("completion", "")).toEqual([...SHELLS]);
  });

  it("operations and audits, each of a list", () => {
    expect(answers("log", "x", "--op", "createS")).toEqual(["createSession"]);
    expect(answers("log", "x", "--op", "delete,createT")).toEqual(["delete,createTTL"]);
    expect(answers("log", "x", "--op=delete,createT")).toEqual(["--op=delete,createTTL"]);
    expect(answers("find", "x", "--audit", "s")).toEqual(["sessions", "sequence-overflow", "session-close-size"]);
    expect(answers("stat", "x", "/", "--tz", "Europe/Berl")).toEqual(["Europe/Berlin"]);
  });

  it("znodes' paths, at the point that is named", () => {
    expect(answers("cat", SOURCE, "/co")).toEqual(["/containers", "/containers/", "/counters", "/counters/"]);
    const digits = Array.from({ length: 10 }, (_, digit) => `/counters/c1${digit}`);
    expect(answers("cat", SOURCE, "/counters/c1")).toEqual(["/counters/c1", ...digits]);
    // None of them has a child yet.
    expect(answers("stat", "--at", "0x10", SOURCE, "/co")).toEqual(["/containers", "/counters"]);
    expect(answers("ls", SOURCE, "")).toContain("/zookeeper/");
    expect(answers("cat", SOURCE, "/nowhere/")).toEqual([]);
    expect(answers("log", SOURCE, "/")).toEqual([]);
  });

  it("nothing where a file or text is wanted", () => {
    expect(answers("log", "")).toEqual([]);
    expect(answers("log", "x", "-o", "")).toEqual([]);
    expect(answers("cat", "x", "/")).toEqual([]);
    expect(answers("export", "x", "--limit", "")).toEqual([]);
  });
});

describe("bash", () => {
  const completed = (...words: string[]): string[] => {
    const line = `source script.bash; COMP_WORDS=(zkrewind ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _zkrewind zkrewind; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run("bash", ["-c", line]).stdout.trimEnd().split("\n");
  };

  it("takes the script, and completes", () => {
    expect(run("bash", ["-n", "script.bash"])).toMatchObject({ status: 0, stderr: "" });
    expect(completed("ver")).toEqual(["verify"]);
    expect(completed("verify", "--bri")).toEqual(["--brief"]);
    expect(completed("log", "x", "--format", "=", "j")).toEqual(["json"]);
    expect(completed("log", "x", "--format", "=")).toEqual(["text", ...FORMAT_NAMES]);
    expect(completed("cat", SOURCE, "/cou")).toEqual(["/counters", "/counters/"]);
  });

  it("completes files where no word is known, at a real prompt", () => {
    const typed = "source script.bash\\nzkrewind log so\\t\\nexit\\n";
    const { stdout } = run("bash", ["-c", `printf '${typed}' | script -qec 'bash --norc -i' /dev/null`]);
    expect(stdout).toContain("zkrewind log some-data/");
  });
});

describe.runIf(has("fish"))("fish", () => {
  const completed = (line: string): string[] =>
    run("fish", ["-c", `source script.fish; complete -C '${line}'`])
      .stdout.trimEnd()
      .split("\n");

  it("takes the script, and completes", () => {
    expect(run("fish", ["-n", "script.fish"])).toMatchObject({ status: 0, stderr: "" });
    expect(completed("zkrewind ver")).toEqual(["verify\tcheck the files, and say whether a server would start"]);
    expect(completed("zkrewind verify --bri")).toEqual(["--brief\tleave out the explanations"]);
    expect(completed("zkrewind log x --format j")).toEqual(["json"]);
    expect(completed("zkrewind log so").map((each) => each.replace(/\t.*/, ""))).toEqual(["some-data/"]);
  });
});

describe.runIf(has("zsh"))("zsh", () => {
  it("takes the script, and completes at a real prompt", () => {
    expect(run("zsh", ["-n", "script.zsh"])).toMatchObject({ status: 0, stderr: "" });
    writeFileSync(
      join(folder, "at-prompt.zsh"),
      `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1="> "; autoload -U compinit; compinit -u -d dump; source script.zsh; print re""ady'
zpty -r z line '*ready*'
for typed in 'zkrewind verif' 'zkrewind verify --br' 'zkrewind log x --format=nd' 'zkrewind log so'; do
  zpty -w -n z "$typed"$'\\t'
  sleep 1.5
  while zpty -r -t z line; do print -r -- "$line"; done
  zpty -w z $'\\x15'
done
zpty -d z
`,
    );
    const { stdout } = run("zsh", ["-f", "at-prompt.zsh"]);
    const seen = stripVTControlCharacters(stdout).replaceAll("\b", "");
    for (const whole of ["verify ", "--brief ", "--format=ndjson ", "some-data/"]) expect(seen).toContain(whole);
  });
});

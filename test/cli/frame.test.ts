import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { fixtureDir } from "../fixtures/index.js";
import { shell, start, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-frame-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("help", () => {
  it("answers --version, alone and among other arguments", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    for (const args of [["--version"], ["-V"]])
      expect(zkrewind(args)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("lists the commands, points and exit codes", () => {
    const { code, stdout } = zkrewind(["--help"]);
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} .*${summary}`, "m"));
    expect(stdout).toContain("Exit codes:");
  });

  it.each(COMMANDS.map(({ name }) => name))("of %s has a usage and examples", (name) => {
    for (const args of [
      [name, "--help"],
      ["help", name],
    ]) {
      const { code, stdout, stderr } = zkrewind(args);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`Usage: zkrewind ${name} [options] `);
      expect(stdout).toMatch(/\nExamples:\n {2}# .*\n {2}.*zkrewind /);
    }
  });

  it("goes to standard error, with 2, where no command is named", () => {
    const { code, stdout, stderr } = zkrewind([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: zkrewind");
  });
});

describe("usage errors", () => {
  it("suggest what was meant", () => {
    expect(zkrewind(["exprot", SOURCE])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean export?"),
    });
    expect(zkrewind(["ls", SOURCE, "/", "--recursiv"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean --recursive?"),
    });
  });

  it.each([
    [["cat", SOURCE]],
    [["cat"]],
    [["ls"]],
    [["export"]],
    [["ls", SOURCE, "data"]],
    [["ls", SOURCE, "/a", "/b"]],
    [["tree", SOURCE, "/", "--depth", "x"]],
  ])("%j exits 2", (args) => {
    const { code, stdout, stderr } = zkrewind(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^zkrewind: /);
  });
});

describe("what cannot be read", () => {
  const says = (args: readonly string[], code: number, message: RegExp): void => {
    const result = zkrewind(args);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/\n +at /);
  };

  it("a path that does not exist", () =>
    says(["ls", join(folder, "nothing")], 3, /^zkrewind: .*nothing: no such file or folder\n$/));

  it("a folder without data", () => {
    mkdirSync(join(folder, "empty"));
    says(["ls", join(folder, "empty")], 2, /^zkrewind: .*empty holds no version-2 folder/);
  });

  it("a file of another kind", () => {
    writeFileSync(join(folder, "text"), "hello");
    says(["ls", join(folder, "text")], 2, /^zkrewind: .*text is neither a snapshot nor a log/);
  });

  it("a symlink that leads nowhere", () => {
    symlinkSync(join(folder, "gone"), join(folder, "link"));
    says(["ls", join(folder, "link")], 3, /^zkrewind: .*link: /);
  });

  it.skipIf(process.getuid?.() === 0)("a file without permission", () => {
    writeFileSync(join(folder, "secret"), "x");
    chmodSync(join(folder, "secret"), 0);
    says(["ls", join(folder, "secret")], 3, /permission denied/);
  });

  it("a point that the files do not reach", () =>
    says(["ls", SOURCE, "/", "--at", "0xffffff"], 4, /^zkrewind: the state at 0xffffff cannot be rebuilt/));

  it("shows where an error came from only when asked", () => {
    expect(zkrewind(["ls", join(folder, "nothing")], { ZKREWIND_DEBUG: "1" }).stderr).toMatch(/\n +at /);
  });
});

describe("pipes and signals", () => {
  it.each(["export", "log", "ls -R", "tree"])("%s ends quietly where nobody reads on", (command) => {
    const [name, ...rest] = command.split(" ");
    const { code, bytes, stderr } = shell(`$ZKREWIND ${name} "${SOURCE}" ${rest.join(" ")} | head -c 10`);
    expect(bytes).toHaveLength(10);
    expect(stderr).not.toMatch(/zkrewind:|EPIPE/);
    expect(code).toBe(0);
  });

  it("writes everything to a reader that is slow", () => {
    const fast = zkrewind(["export", SOURCE, "--data", "hex"]).stdout;
    const slow = shell(`$ZKREWIND export "${SOURCE}" --data hex 2>/dev/null | (sleep 0.3; cat)`).stdout;
    expect(slow).toBe(fast);
  });

  it("writes everything to a pipe that someone made non-blocking", async () => {
    const wanted = zkrewind(["export", SOURCE, "--data", "hex"]).bytes;
    // Node's own pipes to a child are non-blocking sockets; reading late fills them.
    const child = start(["export", SOURCE, "--data", "hex"]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const pieces: Buffer[] = [];
    for await (const piece of child.stdout ?? []) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces).equals(wanted)).toBe(true);
  });

  it("leaves nothing behind after Ctrl-C", async () => {
    const target = join(folder, "interrupted");
    mkdirSync(target);
    // The same log many times over: enough to be still at it when the signal comes.
    const logs = Array.from({ length: 500 }, () => join(SOURCE, "version-2/log.1"));
    const child = start(["export", "--txns", ...logs, "--data", "hex", "-o", join(target, "out")]);
    const seen = new Promise<boolean>((resolve) => {
      const timer = setInterval(() => {
        if (readdirSync(target).length > 0) resolve(true);
      }, 1);
      child.on("exit", () => {
        clearInterval(timer);
        resolve(false);
      });
    });
    expect(await seen).toBe(true);
    child.kill("SIGINT");
    // Ended by the signal itself: 130 to a shell.
    const signal = await new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
    expect([signal, readdirSync(target)]).toEqual(["SIGINT", []]);
  });
});

describe("colour", () => {
  it("is not written where there is no terminal, or with NO_COLOR", () => {
    expect(zkrewind(["log", SOURCE, "--limit", "3"], { NO_COLOR: "", CI: "1" }).stdout).not.toContain("\u001b");
    expect(zkrewind(["log", SOURCE, "--limit", "3"], { NO_COLOR: "1", FORCE_COLOR: "1" }).stdout).not.toContain(
      "\u001b",
    );
    expect(zkrewind(["log", SOURCE, "--limit", "3"], { NO_COLOR: "", FORCE_COLOR: "1" }).stdout).toContain("\u001b[");
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { linesFor } from "./lines.js";
import { BIN, shell, zkrewind } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "zkrewind-odd-"));
let count = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fresh = (): string => join(folder, `new${++count}`);

/** A copy of a data directory, to put odd things into. */
function copy(): { source: string; version: string } {
  const source = fresh();
  cpSync(fixtureDir("3.8.6-closesessiontxn-off"), source, { recursive: true });
  return { source, version: join(source, "version-2") };
}

/** How each command is asked about a source, with where it is to write. */
async function asked(source: string): Promise<string[][]> {
  const lines = (await linesFor({ source })).map(({ args }) => (args.at(-1) === "-o" ? [...args, fresh()] : args));
  return [...lines, ["log", source, "--stats"], ["log", source, "--reverse"], ["export", source, "--txns"]];
}

/** Without anybody at the keyboard, and without waiting for ever. */
function run(args: readonly string[]): { code: number | null; text: string } {
  const { code, stdout, stderr } = zkrewind(args);
  return { code, text: `${stdout}${stderr}` };
}

test("entries that are not ZooKeeper's change no command's exit code", async () => {
  const { source, version } = copy();
  const before = (await asked(source)).map((line) => [line[0], run(line).code]);
  execFileSync("mkfifo", [join(version, "pipe")]);
  symlinkSync("/nonexistent", join(version, "dangling"));
  symlinkSync("loop", join(version, "loop"));
  symlinkSync("/dev/zero", join(version, "zeros"));
  mkdirSync(join(version, "lost+found"));
  execFileSync("bash", ["-c", `touch "$1"/$'\\xff\\xfe' "$1"/$'new\\nline'`, "-", version]);
  const after = (await asked(source)).map((line) => [line[0], run(line).code]);
  expect(after).toEqual(before);
});

test.each(["log.1", "currentEpoch"])(
  "%s that is a pipe is a finding of every command, and never exit code 0",
  async (name) => {
    const { source, version } = copy();
    rmSync(join(version, name), { force: true });
    execFileSync("mkfifo", [join(version, name)]);
    for (const line of await asked(source)) {
      const { code, text } = run(line);
      expect([line.join(" "), code === 1 || code === 4]).toEqual([line.join(" "), true]);
      expect(text).toContain("file.unreadable");
      expect(text).not.toMatch(/\n\s+at .*:\d+:\d+/);
    }
  },
);

describe.runIf(process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0)(
  "without permission",
  () => {
    test.each(["log.1", "snapshot.0", "currentEpoch"])("for %s", (name) => {
      const { source, version } = copy();
      execFileSync("chmod", ["-R", "a+rX", folder, source]);
      writeFileSync(join(version, "stranger"), "");
      writeFileSync(join(version, name), "x", { flag: "a" });
      for (const each of [name, "stranger"]) chmodSync(join(version, each), 0);
      for (const command of ["verify", "log"]) {
        const as = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, BIN, command, source];
        const { status, stdout, stderr } = spawnSync("setpriv", as, { encoding: "utf8" });
        const text = `${stdout}${stderr}`;
        expect([command, status]).toEqual([command, 1]);
        expect(text).toMatch(new RegExp(`error file.unreadable: .*${name}: permission denied`));
        expect(text).not.toContain("error file.unreadable: stranger");
        if (command === "verify" && name === "currentEpoch") expect(text).toContain("would NOT start");
      }
    });
  },
);

describe("outputs", () => {
  test("in a source are refused, by every command that makes any", async () => {
    const { source, version } = copy();
    const link = fresh();
    symlinkSync(version, link);
    const lines = (await asked(source)).filter(([name]) => name !== "shell");
    for (const line of lines) {
      const plain = line.includes("-o") ? line.slice(0, -2) : line;
      const { code, text } = run([...plain, "-o", join(link, "log.9999")]);
      expect([plain.join(" "), code]).toEqual([plain.join(" "), 2]);
      expect(text).toContain("would be inside a source");
    }
    expect(readdirSync(version).some((name) => name.startsWith(".") || name === "log.9999")).toBe(false);
  });

  test("what a killed run left behind is neither used nor in the way", () => {
    const { source } = copy();
    const place = fresh();
    mkdirSync(place);
    // As if it were killed when the snapshot is on disk and currentEpoch is not.
    const hook = join(folder, "kill.cjs");
    writeFileSync(
      hook,
      `const fs = require("fs"), open = fs.openSync;
      fs.openSync = (...a) => { if (/zkrewind-.*currentEpoch$/.test(a[0])) process.kill(process.pid, "SIGKILL"); return open(...a); };`,
    );
    const killed = zkrewind(["restore", source, "-o", join(place, "one")], { NODE_OPTIONS: `--require ${hook}` });
    expect(killed.signal).toBe("SIGKILL");
    const left = readdirSync(place);
    expect(left).toEqual([expect.stringMatching(/^\.zkrewind-[0-9a-f]{16}\.tmp$/)]);
    expect(zkrewind(["restore", source, "--at", "0x100", "-o", join(place, "one")]).code).toBe(0);
    expect(readdirSync(join(place, "one/version-2")).sort()).toEqual(["acceptedEpoch", "currentEpoch", "snapshot.100"]);
    expect(readdirSync(place).sort()).toEqual([...left, "one"]);
    expect(lstatSync(join(place, "one")).isDirectory()).toBe(true);
  });
});

describe("what cannot be written is said in one line", () => {
  let source = "";
  beforeAll(() => {
    ({ source } = copy());
  });

  test("a full disk on standard output", () => {
    for (const args of ["--version", "--help", `info ${source}`, `export ${source}`, "completion bash"]) {
      const { code, stderr } = shell(`$ZKREWIND ${args} >/dev/full`);
      expect([args, code]).toEqual([args, 3]);
      expect(stderr).toMatch(/(^|\n)zkrewind: cannot write to standard output: no space left on the device\n$/);
    }
  });

  test("a reader that goes away is none", () => {
    const { stderr } = shell(`$ZKREWIND export ${source} 2>/dev/null | head -1 >/dev/null; true`);
    expect(stderr).toBe("");
  });

  test("a folder that is not there, and one of others", () => {
    for (const command of ["restore", "salvage", "export"])
      expect(zkrewind([command, source, "-o", join(folder, "no/out")]).stderr).toBe(
        `zkrewind: ${join(folder, "no")}: no such folder\n`,
      );
  });

  const mounts = spawnSync("unshare", ["-m", "true"]).status === 0;
  test.runIf(mounts)("a read-only and a full file system", () => {
    const mount = fresh();
    mkdirSync(mount);
    const on = (options: string, command: string): { code: number | null; stderr: string } => {
      const line = `mount -t tmpfs -o ${options} none ${mount} && "${process.execPath}" "${BIN}" ${command} ${source} -o ${mount}/out; c=$?; ls -A ${mount} >&2; exit $c`;
      const done = spawnSync("unshare", ["-m", "bash", "-c", line]);
      return { code: done.status, stderr: done.stderr.toString() };
    };
    for (const command of ["restore", "salvage", "export"]) {
      const readOnly = on("ro", command);
      expect(readOnly).toEqual({ code: 3, stderr: `zkrewind: cannot write in ${mount}: read-only file system\n` });
      const full = on("size=16k", command);
      expect(full.code).toBe(3);
      expect(full.stderr.split("\n").slice(-2)).toEqual([
        `zkrewind: cannot write ${mount}/out: no space left on the device`,
        "",
      ]);
    }
  });
});

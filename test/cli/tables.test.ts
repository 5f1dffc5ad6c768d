import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { THOROUGH } from "../thorough.js";
import { BIN, zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");
const SERVERS = ["server1", "server2", "server3"].map((each) => join(fixtureDir("ensemble-divergent"), each));

/** What a terminal of so many columns is shown: standard output and standard error. */
function onTerminal(columns: number, args: readonly string[]): { out: string[]; code: number | null } {
  const command = [process.execPath, BIN, ...args].map((each) => `'${each}'`).join(" ");
  const { stdout, status } = spawnSync("script", ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", SHELL: "/bin/bash" },
    maxBuffer: 1 << 28,
  });
  return { out: stripVTControlCharacters(stdout).split("\r\n"), code: status };
}

/** Without what is said about it before, and with what comes after the first so many empty lines left out. */
function tableOf(lines: readonly string[], sections: number): string[] {
  const table = lines.filter((line) => !/^(at|from|to) 0x/.test(line));
  const ends = [...table.keys()].filter((index) => table[index] === "");
  return table.slice(0, ends[sections - 1]);
}

describe.each(THOROUGH ? [80, 100, 132] : [80])("on a terminal of %i columns", (columns) => {
  test.each([
    ["info", [SOURCE], 1],
    ["sessions", [SOURCE], 1],
    ["sessions", [SOURCE, "--all"], 1],
    ["ls", [SOURCE, "/", "-lR"], 1],
    ["du", [SOURCE, "--depth", "60", "-n", "50"], 5],
    ["log", [SOURCE, "--stats", "-n", "50"], 6],
    ["compare", SERVERS, 1],
  ] as const)("the table of %s fits", (command, args, sections) => {
    const { out } = onTerminal(columns, [command, ...args]);
    // How many a second, in a sentence.
    const table = tableOf(out, sections).filter((line) => !/^\d\S* a second, /.test(line));
    expect(table.length).toBeGreaterThan(3);
    expect(table.filter((line) => line.length > columns)).toEqual([]);
  });

  test("the lines of log do, but for paths", () => {
    const { out } = onTerminal(columns, ["log", SOURCE, "--from", "0x5b0", "-n", "40", "--op", "setData"]);
    expect(out.filter((line) => line.startsWith("0x")).length).toBe(40);
    expect(out.filter((line) => line.length > Math.max(columns, 82))).toEqual([]);
  });
});

describe("what does not fit", () => {
  test("is left out in the order that help states, and said", () => {
    const { out } = onTerminal(80, ["sessions", SOURCE]);
    expect(out).toContain("no room for timeout, server, born (--wide shows all)");
    expect(zkrewind(["sessions", "--help"]).stdout.replaceAll(/\s+/g, " ")).toContain(
      "in this order: timeout, server, born, errors, last.",
    );
    const info = onTerminal(80, ["info", SOURCE]).out;
    expect(info).toContain("no room for times, bytes (--wide shows all)");
  });

  test.each([
    ["info", [SOURCE]],
    ["sessions", [SOURCE]],
    ["ls", [SOURCE, "/busy", "-l"]],
    ["log", [SOURCE, "--stats=path"]],
    ["compare", SERVERS],
  ] as const)("of %s is there with --wide, and where there is no terminal", (command, args) => {
    const { stdout } = zkrewind([command, ...args]);
    const wide = onTerminal(80, [command, ...args, "--wide"]).out;
    for (const line of stdout.trimEnd().split("\n")) expect(wide).toContain(line);
    expect(zkrewind([command, ...args, "--wide"]).stdout).toBe(stdout);
  });
});

import fc from "fast-check";
import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { wordsOf, escapeWord, resolvePath } from "../../src/cli/shell/words.js";
import { fixtureDir, sampled } from "../fixtures/index.js";
import { BIN, request, type Result, zkrewind } from "./run.js";
import { isPlain } from "../../src/text/unsafe.js";

const SOURCE = fixtureDir("3.8.6-standalone");

function shell(lines: readonly string[], args: readonly string[] = [SOURCE]): Omit<Result, "bytes"> {
  return request(["shell", ...args], { input: `${lines.join("\n")}\n` });
}

describe("what is borrowed from the command line", () => {
  it.each([
    ["ls -l", ["ls", SOURCE, "/", "-l"]],
    ["ls acl", ["ls", SOURCE, "/acl"]],
    ["stat counters/c7", ["stat", SOURCE, "/counters/c7"]],
    ["cat /counters/c7", ["cat", SOURCE, "/counters/c7"]],
    ["tree busy/nested --depth 1", ["tree", SOURCE, "/busy/nested", "--depth", "1"]],
    ["find . --basename 'multi-*' --size +20", ["find", SOURCE, "/", "--basename", "multi-*", "--size", "+20"]],
    ["history counters/c7", ["history", SOURCE, "/counters/c7"]],
    ["log --from 0xe40 --limit 3", ["log", SOURCE, "--from", "0xe40", "--limit", "3"]],
    ["diff 0xe3c --no-who", ["diff", SOURCE, "--from", "0xe3c", "--no-who"]],
    ["du -n 3", ["du", SOURCE, "-n", "3"]],
    ["sessions", ["sessions", SOURCE]],
    ["session 0x10000337d0c0015", ["session", SOURCE, "0x10000337d0c0015"]],
    ["undo --txn 0xe40", ["undo", SOURCE, "--txn", "0xe40"]],
  ])("%s says the same", (line, args) => {
    const there = zkrewind(args);
    expect(shell([line])).toMatchObject({ code: there.code, stdout: there.stdout });
  });

  it("is of the point where one is, unless it names another", () => {
    const then = zkrewind(["ls", SOURCE, "/containers", "--at", "0xee0"]).stdout;
    expect(shell(["at 0xee0", "ls containers"]).stdout).toBe(then);
    expect(shell(["ls containers --at 0xee0"]).stdout).toBe(then);
    expect(shell(["ls containers"], [SOURCE, "--at", "0xee0"]).stdout).toBe(then);
    const later = zkrewind(["diff", SOURCE, "--from", "0x400", "--to", "0x402", "--no-who"]).stdout;
    expect(shell(["at 0x400", "diff 0x402 --no-who"]).stdout).toBe(later);
  });
});

describe("moving", () => {
  it("in the tree", () => {
    const { stdout, stderr } = shell(["cd busy/nested", "pwd", "cd ..", "pwd", "cd", "pwd", "cd none", "pwd"]);
    expect(stdout).toBe("/busy/nested\n/busy\n/\n/\n");
    expect(stderr).toContain("there is no znode /none at 0xf08");
  });

  it("in time: next shows and applies a transaction, prev takes one back", () => {
    const { code, stdout, stderr } = shell([
      "at 0xe39",
      "next 2",
      "stat counters/c7",
      "prev",
      "prev",
      "stat counters/c7",
    ]);
    expect(code).toBe(0);
    const expected = [
      zkrewind(["log", SOURCE, "--from", "0xe3a", "--to", "0xe3b"]).stdout,
      zkrewind(["stat", SOURCE, "/counters/c7", "--at", "0xe3b"]).stdout,
      zkrewind(["stat", SOURCE, "/counters/c7", "--at", "0xe39"]).stdout,
    ];
    expect(stdout).toBe(expected.join(""));
    expect(stderr).toMatch(/^at 0xf08 .*\nat 0xe39 .*\nat 0xe3a .*\nat 0xe39 .*exact\n$/);
  });

  it("ends at both ends of the logs", () => {
    const { code, stderr } = shell(["next", "at 0x0", "prev", "at"]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/the logs end at 0xf08\nat 0x0 .*\nzkrewind: this is the first state\nat 0x0 /);
  });

  it("keeps the working path where that does not exist", () => {
    const { stdout, stderr } = shell(["cd /counters", "at 0x2", "ls", "next", "pwd", "at latest", "ls"]);
    expect(stderr).toContain("there is no znode /counters at 0x2");
    expect(stdout).toContain("/counters\nc0\nc1\n");
  });
});

describe("errors end nothing", () => {
  it.each([
    ["nonsense", 2, "there is no command nonsense"],
    ["constructor", 2, "there is no command constructor"],
    ["ls --nope", 2, "unknown option '--nope'"],
    ["ls a b", 2, "too many arguments"],
    ["log /a", 2, "log takes no path: /a"],
    ["cat 'open", 2, "a quote is not closed"],
    ["cat", 2, "missing required argument"],
    ["cd a b", 2, "cd takes one path"],
    ["next 0", 2, "next takes a number of transactions"],
    ["cat /none", 1, "there is no znode /none"],
    ["at nonsense", 2, "nonsense"],
    ["at 0xffff", 4, "cannot be rebuilt exactly"],
    ["ls -o /", 3, ""],
  ])("%s", (line, code, message) => {
    const result = shell([line, "pwd"]);
    expect(result).toMatchObject({ code, stdout: "/\n" });
    expect(result.stderr).toContain(message);
  });

  it("quit does, and so does the end of the input", () => {
    expect(shell(["pwd", "quit", "pwd"])).toMatchObject({ code: 0, stdout: "/\n" });
    expect(shell(["# a comment", "", "exit"])).toMatchObject({ code: 0, stdout: "" });
  });
});

describe.each(sampled)("on $title", ({ path, logDir }) => {
  it("walks back and forth", () => {
    const place = [path, ...(logDir === undefined ? [] : ["--log-dir", logDir]), "--inexact"];
    const { stdout, stderr } = shell(["ls", "prev", "next", "ls", "acl /zookeeper"], place);
    expect(stderr).not.toContain("internal error");
    expect(stdout).toContain("zookeeper\n");
    expect(stdout).toMatch(/(world:anyone:.*|unknown: .*)\n$/);
  });
});

describe("words", () => {
  it.each([
    ["a  b", ["a", "b"]],
    ["'a b' \"c d\"", ["a b", "c d"]],
    ["a\\ b ''", ["a b", ""]],
    ["\\x1b[0m \\u{202e} a\\nb \\q\\", ["\x1b[0m", "\u202e", "a\nb", "q\\"]],
    ["", []],
  ])("of %j", (line, words) => expect(wordsOf(line)).toEqual(words));

  it("escaped are read as they were", () => {
    for (const text of ["a b", "it's", '"', "\\", "zoë", "a\tb", "\x1b[31m", "\u202e", "\\x1b", "\u{e0041}", "\n"]) {
      expect(wordsOf(escapeWord(text))).toEqual([text]);
      expect(isPlain(escapeWord(text))).toBe(true);
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        expect(wordsOf(escapeWord(text))).toEqual([text]);
        expect(isPlain(escapeWord(text))).toBe(true);
      }),
    );
  });

  it("make paths", () => {
    expect(resolvePath("/a/b", "../c/./d/")).toBe("/a/c/d");
    expect(resolvePath("/a", "/x")).toBe("/x");
    expect(resolvePath("/", "../..")).toBe("/");
  });
});

describe("at a terminal", () => {
  /** Types keys, each when the prompt or what was asked for has come. */
  async function converse(keys: readonly (readonly [keys: string, until: string])[]): Promise<string> {
    const child = spawn("script", ["-qec", `'${process.execPath}' '${BIN}' shell '${SOURCE}'`, "/dev/null"], {
      env: { ...process.env, NO_COLOR: "1", TERM: "xterm" },
    });
    let seen = "";
    child.stdout.on("data", (bytes: Buffer) => {
      seen += bytes.toString();
    });
    const wait = async (text: string, from: number): Promise<void> => {
      for (let tries = 0; !stripVTControlCharacters(seen.slice(from)).includes(text); tries++) {
        if (tries > 400) throw new Error(`no ${JSON.stringify(text)} in ${JSON.stringify(seen.slice(from))}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    };
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await wait("/ 0xf08> ", 0);
    for (const [text, until] of keys) {
      const from = seen.length;
      child.stdin.write(text);
      await wait(until, from);
    }
    child.stdin.end("\u0004");
    expect(await ended).toBe(0);
    return stripVTControlCharacters(seen);
  }

  it("prompts with path and zxid, completes, and brings lines back", async () => {
    await converse([
      ["cd coun\t", "cd counters/"],
      ["\r", "/counters 0xf08> "],
      ["sta\t", "stat "],
      ["c1\t", "c1"],
      ["9\r", "dataVersion = 15"],
      ["prev\r", "/counters 0xf07> "],
      ["\u001b[A", "prev"],
      ["\r", "/counters 0xf06> "],
      ["ls --rec\t", "ls --recursive "],
      ["\u0003", "/counters 0xf06> "],
      ["nonsense\r", "there is no command nonsense"],
      ["cat c7\r", "0x"],
      ["at 0x2\r", "/counters (absent) 0x2> "],
    ]);
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { escapeWord } from "../../src/cli/shell/words.js";
import { escaped } from "../../src/text/unsafe.js";
import { BIN, zkrewind } from "./run.js";
import { damagedDirectory, runs, type SecretDirectory, Secrets, soundDirectory } from "./secret-directory.js";

const secrets = new Secrets();
let scratch = "";
const directories: Record<string, SecretDirectory> = {};

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "zkrewind-gate-"));
  directories["sound"] = await soundDirectory(join(scratch, "so\x1b[35m\u202eund\n"), secrets);
  directories["damaged"] = await damagedDirectory(join(scratch, "da\u009b\u200bmaged"), secrets);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What commands a terminal, turns the direction of writing, or does not show at all. */
const HIDDEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}]/u;

const ESC = "\x1b";
const OWN_COLOURS = new RegExp(String.raw`${ESC}\[(?:[0-24]|22|3[1-69])m`, "g");
const LINE_EDITING = new RegExp(String.raw`${ESC}\[\d*[A-K]|[\r\t\x04\x07\b]`, "g");

describe.each(["sound", "damaged"])("of a %s directory", (which) => {
  test("nothing of what names, values and arguments hold reaches a terminal raw", async () => {
    const directory = directories[which] as SecretDirectory;
    for (const args of await runs(directory, secrets)) {
      // To a pipe it gives the bytes.
      if (args[0] === "cat") continue;
      // Magenta is none of the program's own colours.
      for (const env of [{}, { NO_COLOR: "", FORCE_COLOR: "1" }] as Record<string, string>[]) {
        const { stdout, stderr } = zkrewind(args, env);
        // The lines of a table in CSV end in CR LF (RFC 4180).
        const shown = args.includes("csv") ? stdout.replaceAll("\r\n", "\n") : stdout;
        const text = `${shown}${stderr}`.replaceAll(OWN_COLOURS, "");
        const found = HIDDEN.exec(text);
        expect(found?.index, `${JSON.stringify(args)}: ${JSON.stringify(found?.input.slice(found.index - 60))}`).toBe(
          undefined,
        );
      }
    }
  }, 600_000);
});

test("folders and files are named escaped, where there are some and where there are none", () => {
  const { folder, path } = directories["sound"] as SecretDirectory;
  const missing = join(scratch, "no\x1b]0;title\x07 such\u202efolder");
  mkdirSync(join(scratch, "above", "\x1b[35mEVIL", "version-2"), { recursive: true });
  for (const args of [
    ["info", missing],
    ["info", join(scratch, "above")],
    ["verify", folder, "--log-dir", missing],
    ["verify", folder, "-o", join(missing, "x")],
    ["restore", folder, "-o", join(missing, "x")],
    ["restore", folder, "-o", folder],
    ["restore", folder, "-o", join(scratch, "re\x1b[35mstored")],
    ["salvage", folder, "-o", join(scratch, "sal\x1b[35mvaged")],
    ["completion", "\x1b[35m\nsh"],
    ["\x1b[35m", folder],
    ["ls", folder, "/", "--format", "\x1b[35m"],
    ["ls", folder, "/", "--\x1b[35m"],
    ["complete", "--", "ls", folder, "/"],
    ["complete", "--", "ls", folder, `${path}/`],
  ]) {
    const { stdout, stderr } = zkrewind(args);
    // Completion has a tab before its descriptions.
    expect(`${stdout}${stderr}`.replaceAll("\t\n", "\n"), JSON.stringify(args)).not.toMatch(HIDDEN);
  }
});

test("on a terminal, cat, the prompt and its completion show what is typed to come there again", () => {
  const { folder, path, odd } = directories["sound"] as SecretDirectory;
  const place = `'${process.execPath}' '${BIN}'`;
  const run = (command: string, input: string): string =>
    spawnSync("script", ["-qec", command, "/dev/null"], {
      input,
      env: { ...process.env, NO_COLOR: "1", FOLDER: folder, ZNODE: odd[2] },
      encoding: "utf8",
    }).stdout;
  expect(run(`${place} cat "$FOLDER" "$ZNODE"`, "")).toMatch(/\n0x[0-9a-f]+\r?\n$/);
  const lines = odd.map((name) => `cd ${escapeWord(name)}\ncat .\nls ${path}/\t\t\n`);
  const text = run(`${place} shell "$FOLDER"`, `${lines.join("")}quit\n`);
  for (const name of odd) expect(text).toContain(`${escaped(name)} 0x`);
  // The line editor moves the cursor; it does not paint, and turns no writing.
  expect(text.replaceAll(LINE_EDITING, "")).not.toMatch(HIDDEN);
}, 120_000);

test("cat gives a pipe the bytes as they are", () => {
  const { folder, path } = directories["sound"] as SecretDirectory;
  expect(zkrewind(["cat", folder, path]).stdout).toMatch(/^[a-z0-9]{16}$/);
});

describe("in the source", () => {
  const files = execFileSync("git", ["ls-files", "src"], { encoding: "utf8" })
    .split("\n")
    .filter((file) => file.endsWith(".ts"));
  const having = (pattern: RegExp): string[] => files.filter((file) => pattern.test(withoutComments(file))).sort();

  test("standard output and standard error are written to in one place", () => {
    expect(
      having(/\bconsole\.|process\.std(?:out|err)|\bwriteSync\b/).filter((file) => file.startsWith("src/cli/")),
    ).toEqual(
      [
        // The one place.
        "src/cli/context/streams.ts",
        // The prompt's line editor: what it shows is safe text.
        "src/cli/commands/shell.ts",
      ].sort(),
    );
  });

  test("few say of text that it is safe", () => {
    expect(having(/\bas Safe\b/)).toEqual([
      "src/cli/main.ts",
      "src/cli/output/document.ts",
      "src/cli/output/json-text.ts",
      "src/cli/output/output.ts",
      "src/cli/output/table.ts",
      "src/cli/output/text.ts",
      "src/cli/redaction.ts",
      "src/cli/render/restored.ts",
      "src/findings/finding-list.ts",
      "src/forensics/diff/zkcli.ts",
      "src/recovery/deploy/runbook.ts",
      "src/recovery/point/resolve.ts",
      "src/storage/acl.ts",
      "src/storage/zxid.ts",
      "src/text/message.ts",
      "src/text/safe.ts",
      "src/text/unsafe.ts",
      "src/txn/errors.ts",
    ]);
  });
});

function withoutComments(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
}

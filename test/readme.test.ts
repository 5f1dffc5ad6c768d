import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixtureDir } from "./fixtures/index.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const README = join(ROOT, "README.md");
/** Pages whose commands are run. */
const PAGES = ["README.md", "docs/tour.md", "docs/json.md", "docs/csv.md"];
/** Lines that a block which ends in "…" keeps of an output. */
const KEPT = 12;

/** Where the README's commands run: with the fixtures, and a damaged copy of one. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-readme-"));
  symlinkSync(join(ROOT, "fixtures"), join(folder, "fixtures"));
  symlinkSync(fixtureDir("ensemble-divergent"), join(folder, "ensemble-divergent"));
  cpSync(fixtureDir("3.8.6-standalone"), join(folder, "damaged"), { recursive: true });
  const log = join(folder, "damaged/version-2/log.76d");
  const bytes = readFileSync(log);
  bytes[4000] = (bytes[4000] as number) ^ 1;
  writeFileSync(log, bytes);
  // A log cut in the middle, with later ones behind it and no snapshot in between.
  cpSync(fixtureDir("3.8.6-standalone"), join(folder, "cut"), { recursive: true });
  rmSync(join(folder, "cut/version-2/log.aa0"));
  rmSync(join(folder, "cut/version-2/snapshot.e3c"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Shown {
  command: string;
  output: string[];
  /** Whether the output is cut, with a "…" to say so. */
  cut: boolean;
}

/** The commands of a console block, each with the output that is printed below it. */
function commandsOf(block: string): Shown[] {
  const list: Shown[] = [];
  for (const line of block.split("\n")) {
    const shown = list.at(-1);
    if (line.startsWith("$ ")) list.push({ command: line.slice(2), output: [], cut: false });
    else if (line === "…" && shown) shown.cut = true;
    else shown?.output.push(line);
  }
  return list;
}

function run(command: string): string[] {
  const line = command.replace(/(?<=^|\| )zkrewind /, `"${process.execPath}" "${join(ROOT, "bin/zkrewind.js")}" `);
  const { stdout } = spawnSync("bash", ["-c", line], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return stdout.trimEnd().split("\n");
}

const BLOCK = /```console\n([\s\S]*?)\n?```/g;

test.each(PAGES)("every output in %s is what the command prints today", { timeout: 120_000 }, (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const made = text.replace(BLOCK, (_, block: string) => {
    const lines = commandsOf(block).flatMap(({ command, cut }) => {
      const output = run(command);
      const shown = cut && output.length > KEPT ? [...output.slice(0, KEPT), "…"] : output;
      return [`$ ${command}`, ...shown];
    });
    return `\`\`\`console\n${lines.join("\n")}\n\`\`\``;
  });
  // UPDATE_README=1 writes what is printed today.
  if (process.env["UPDATE_README"]) writeFileSync(join(ROOT, page), made);
  else expect(text).toBe(made);
});

test("the README can be read in one go", () => {
  expect(readFileSync(README, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(200);
});

test("the README's first command verifies a fixture that lies ready", () => {
  expect(readFileSync(README, "utf8")).toContain(
    "npm ci && node bin/zkrewind.js verify fixtures/3.8.6-standalone\nnpm test\n",
  );
  const out = execFileSync(process.execPath, ["bin/zkrewind.js", "verify", "fixtures/3.8.6-standalone"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(out.trimEnd().endsWith("SOUND")).toBe(true);
});

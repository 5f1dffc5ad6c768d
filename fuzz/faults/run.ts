// npm run fuzz:faults -- [--seconds N] [--only WORD]: puts each fault back, one at a time, and fuzzes until it is found
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { transformSync } from "rolldown/utils";
import { type Fault, FAULTS } from "./table.js";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: "faults" },
    only: { type: "string", default: "" },
  },
});

/** What is compiled, the sources of it, and where it is copied to with a fault in it. */
const BUILD = dirname(dirname(import.meta.dirname));
const SOURCES = join(dirname(BUILD), "src");
const FAULTY = join(BUILD, "faulty");
const CLI = join(FAULTY, "cli.mjs");

let missed = 0;
try {
  const texts = FAULTS.map((each) => withFault(each));
  for (const [index, fault] of FAULTS.entries()) {
    if (!`${fault.id} ${fault.what}`.includes(options.only)) continue;
    const found = tryOut(texts[index] as ReadonlyMap<string, string>, fault);
    if (found === null) missed++;
    console.log(`| ${fault.id} | ${fault.what} | ${found ?? `not found in ${options.seconds} s`} |`);
  }
} finally {
  rmSync(FAULTY, { recursive: true, force: true });
}
if (missed > 0) process.exitCode = 1;

/** The changed sources of a fault, by their names. Throws where a text is not there just once. */
function withFault({ id, what, edits }: Fault): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { file, from, to } of edits) {
    const before = texts.get(file) ?? readFileSync(join(SOURCES, file), "utf8");
    if (before.split(from).length !== 2) throw new Error(`${id}, ${what}: the text is not in src/${file} just once`);
    texts.set(
      file,
      before.replace(from, () => to),
    );
  }
  return texts;
}

/** How a fault is found: by which rules, after how many cases and seconds; null where it is not. */
function tryOut(texts: ReadonlyMap<string, string>, { aim }: Fault): string | null {
  const aiming = aim ? ["--aim", JSON.stringify(aim)] : [];
  build(texts);
  const started = Date.now();
  for (let from = 0; ; ) {
    const seconds = Math.round((Date.now() - started) / 1000);
    const left = Number(options.seconds) - seconds;
    const found = left > 0 ? firstFailure(FAULTY, from, [...aiming, "--seconds", String(left)]) : null;
    if (found === null) return null;
    // What fails without the fault says nothing of it.
    if (firstFailure(BUILD, found.index, [...aiming, "--cases", "1"]) === null)
      return `${found.rules.join(", ")}; case ${found.index}, ${Math.round((Date.now() - started) / 1000)} s`;
    from = found.index + 1;
  }
}

function build(texts: ReadonlyMap<string, string>): void {
  rmSync(FAULTY, { recursive: true, force: true });
  mkdirSync(FAULTY, { recursive: true });
  for (const part of ["src", "fuzz"]) cpSync(join(BUILD, part), join(FAULTY, part), { recursive: true });
  for (const [file, text] of texts) {
    const { code, errors } = transformSync(file, text);
    if (errors.length > 0) throw new Error(`${file} does not compile with the fault in it`);
    writeFileSync(join(FAULTY, "src", file.replace(/\.ts$/, ".js")), code);
  }
  // The command reads its version there, and says nothing else without it.
  cpSync(join(dirname(BUILD), "package.json"), join(FAULTY, "package.json"));
  writeFileSync(CLI, 'import { main } from "./src/cli/main.js";\nvoid main(process.argv);\n');
}

/** The first case from `from` on that fails in a build, and by which rules; null where none does. */
function firstFailure(
  folder: string,
  from: number,
  more: readonly string[],
): { index: number; rules: string[] } | null {
  const args = ["--first", "--seed", options.seed, "--from", String(from), ...more];
  const env = { ...process.env, ...(folder === FAULTY ? { ZKREWIND_FUZZ_CLI: CLI } : {}) };
  const run = join(folder, "fuzz/run.js");
  const { stdout } = spawnSync(process.execPath, [run, ...args], { env, encoding: "utf8", maxBuffer: 64 << 20 });
  const index = /^case (\d+):/m.exec(stdout)?.[1];
  if (index === undefined) return null;
  const rules = new Set(Array.from(stdout.matchAll(/^ {2}=> ([a-z ]+):/gm), ([, rule]) => rule ?? ""));
  return { index: Number(index), rules: [...rules] };
}

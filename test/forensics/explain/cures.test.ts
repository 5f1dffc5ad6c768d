import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { contextOf, stepsFor, type NextStep } from "../../../src/forensics/explain/next-steps.js";
import type { Finding } from "../../../src/findings/finding.js";
import { type FindingCode, curesOf, FINDINGS } from "../../../src/findings/kinds.js";
import { discover, type Verification, verify } from "../../../src/recovery/index.js";
import { plain } from "../../../src/text/message.js";
import { typed, zkrewind } from "../../cli/run.js";
import { hasLogFolder, writeFiles } from "../../recovery/servers/case-directory.js";
import { MORE_CASES } from "./cure-cases.js";
import { CASES, type ServerCase } from "../../recovery/servers/cases.js";
import { THOROUGH } from "../../thorough.js";

/*
 * What is recommended against each finding, carried out on the first case that has it. Real servers start on what restore
 * makes of every case: test/interop/servers/outputs.test.ts.
 */

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-cures-"));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Found {
  each: ServerCase;
  code: FindingCode;
}

/** Between them they have each kind of finding that something is recommended against: the first test says so. */
const SAMPLE = new Set([
  "hole",
  "log-set-aside",
  "gzipped-logs",
  "snapshot-in-log-folder",
  "folder-named-log",
  "zip-as-log",
  "log-named-snapshot",
  "snapshot-cut",
  "snapshot-zero-tail",
  "snapshot-bit",
  "last-zxid-seal",
  "last-log-empty",
  "last-log-7-bytes",
  "last-log-zeros",
  "log-magic",
  "crc-newest",
  "end-mark",
  "zero-page",
  "length-huge",
  "garbage-in-padding",
  "unknown-type",
  "trailing-in-record",
  "backward",
  "two-histories",
  "epoch-skips",
  "accepted-behind",
  "current-empty",
]);
const cases = [...MORE_CASES, ...(THOROUGH ? CASES : CASES.filter(({ name }) => SAMPLE.has(name)))];

/** Of each kind of finding that something is recommended against, the first case that has it. */
const found: Found[] = [];
for (const each of cases) {
  const { verification } = await written(each, `look-${each.name}`);
  // Where nothing can be rebuilt, only another server helps.
  if (verification.coverage.covered.length === 0) continue;
  for (const { code, severity, file } of verification.findings) {
    if (severity === "note" || found.some((other) => other.code === code)) continue;
    if (curesOf(code, isLog(file)).length > 0) found.push({ each, code });
  }
}

async function written(each: ServerCase, name: string): Promise<{ folder: string; verification: Verification }> {
  const folder = join(scratch, name);
  const files = await each.files();
  writeFiles(folder, files);
  const verification = await read(folder);
  return { folder, verification };
}

/** A folder with data, and log where there is one. */
function read(folder: string): Promise<Verification> {
  const logDir = join(folder, "log");
  return verify(discover([join(folder, "data")], existsSync(logDir) ? { logDir } : {}));
}

function isLog(file: string | undefined): boolean {
  return file !== undefined && basename(file).startsWith("log.");
}

/** Kinds that no case has. The same is recommended against others, which are tried. */
const NOT_TRIED: readonly FindingCode[] = [
  "log.after-padding",
  "log.padding",
  "snapshot.acl-map",
  "snapshot.duplicate-node",
  "snapshot.layout",
  "snapshot.root",
];
/** Tried in test/cli/commands/explain.test.ts, where servers need a snapshot. */
const TRIED_ELSEWHERE = ["coverage.no-snapshot"];

describe("what is recommended against a finding cures it", () => {
  test("for nearly every kind that something is recommended against", () => {
    const recommendedAgainst = Object.keys(FINDINGS).filter(
      (code) => FINDINGS[code as FindingCode].severity !== "note" && curesOf(code as FindingCode, true).length > 0,
    );
    const seen = new Set<string>(found.map(({ code }) => code));
    expect(recommendedAgainst.filter((code) => !seen.has(code)).sort()).toEqual(
      [...NOT_TRIED, ...TRIED_ELSEWHERE].sort(),
    );
    const tried = found.map(({ code }) => JSON.stringify(FINDINGS[code].cures));
    for (const code of NOT_TRIED) expect(tried, code).toContain(JSON.stringify(FINDINGS[code].cures));
  });

  test.each(found)("$code, as in $each.name", async ({ each, code }) => {
    const { folder, verification } = await written(each, `cure-${code}`);
    const at = verification.findings.find((one) => one.code === code) as Finding;
    const source = join(folder, "data");
    const context = { ...contextOf(verification, source), ...(at.file === undefined ? {} : { file: at.file }) };
    const steps = stepsFor([], [{ kind: code, file: at.file }], context);
    expect(steps.length).toBeGreaterThan(0);
    for (const [index, step] of steps.entries()) {
      const text = plain(step.say);
      if (step.run)
        run(step, join(folder, `new${index}`), hasLogFolder(await each.files()) ? join(folder, "log") : null);
      else if (text.startsWith("move ")) await moved(at, folder);
      else expect(text).toMatch(/^(if only one member|check the disk|stop the server; move snapshot)/);
    }
  });
});

/** Commands that only show something: each is run once. */
const shown = new Set<string>();

/** A command makes a directory that is sound and that a server starts on, or only shows something. */
function run({ run: command }: NextStep, target: string, logDir: string | null): void {
  const line = plain(command as NonNullable<typeof command>);
  const writes = line.includes(" -o DIR");
  const kind = line.split(" ", 2).join(" ");
  if (!writes && shown.has(kind)) return;
  shown.add(kind);
  const where = logDir === null ? "" : ` --log-dir ${logDir}`;
  const { code, stderr } = typed(`${line.replace(" DIR", ` ${target}`)}${where}`);
  expect(code, `${line}\n${stderr}`).toBeLessThan(2);
  if (!writes) return;
  const verdict = zkrewind(["verify", target, "--brief"]);
  // Salvage keeps what is proven, whatever a server does with it; and says so.
  if (line.startsWith("zkrewind salvage")) expect(verdict.code).toBeLessThan(2);
  else expect(verdict.code, `${line}\n${verdict.stdout}`).toBe(0);
}

/** What is moved out of the folder is no longer found. */
async function moved({ file, code }: Finding, folder: string): Promise<void> {
  mkdirSync(join(folder, "aside"));
  renameSync(file as string, join(folder, "aside", basename(file as string)));
  const { findings } = await read(folder);
  expect(findings.filter((each) => each.code === code && each.file === file)).toEqual([]);
}

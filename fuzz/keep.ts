import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Case, mutated, seedOf } from "./case.js";
import { writeFolder } from "./disk.js";
import { printable } from "./printable.js";
import type { CaseResult } from "./run-case.js";

/** Saves failing cases: what to run again, the directory as it was read, and what was wrong. */
export class Keep {
  private folder: string | null;
  private count = 0;

  constructor(folder: string | null) {
    this.folder = folder;
  }

  /** Answers the folder that was made for it. */
  save(each: Case, result: CaseResult): string {
    this.folder ??= mkdtempSync(join(tmpdir(), "zkrewind-fuzz-kept-"));
    const rule = (result.failures[0]?.rule ?? "none").replaceAll(" ", "-");
    const target = join(this.folder, `${String(++this.count).padStart(3, "0")}-${rule}`);
    mkdirSync(target, { recursive: true });
    writeFolder(mutated(seedOf(each), each).folder, join(target, "source"));
    writeFileSync(join(target, "case.json"), `${JSON.stringify(each, null, 2)}\n`);
    writeFileSync(join(target, "report.txt"), `${describe(each, result).join("\n")}\n`);
    return target;
  }
}

/** A case and its failures, in lines. */
export function describe({ directory, mutations, live }: Case, { failures, changes, said }: CaseResult): string[] {
  return [
    directory,
    ...mutations.map(({ kind }, index) => `  ${kind}: ${printable(changes[index] ?? "")}`),
    ...(live === null ? [] : [`  a file is ${live} while it is read`]),
    ...said.map((line) => `  verify: ${printable(line)}`),
    ...failures.map(({ rule, text }) => `  => ${rule}: ${printable(text)}`),
  ];
}

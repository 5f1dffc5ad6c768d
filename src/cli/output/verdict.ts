import { type Command, Option } from "commander";
import type { Finding } from "../../findings/finding.js";

import { allowProgress } from "./progress.js";

/** How a run's findings become its exit code, and whether anything but that is wanted of it. */
interface Verdict {
  /** Warnings count as errors do. */
  strict: boolean;
  /** No report: the exit code says it. */
  quiet: boolean;
}

let verdict: Verdict = { strict: false, quiet: false };

/** For commands whose exit code depends on what they find. */
export function addStrict(command: Command): void {
  command.option("--strict", "exit with 1 for warnings, too").hook("preAction", (_, action) => {
    const { strict = false, quiet = false } = action.opts<Partial<Verdict>>();
    verdict = { strict, quiet };
    if (quiet) allowProgress(false);
  });
}

/** For commands that can be asked for nothing but their exit code. */
export function addQuiet(command: Command): void {
  command.addOption(new Option("-q, --quiet", "print nothing: the exit code is the answer").conflicts("output"));
}

export function isQuiet(): boolean {
  return verdict.quiet;
}

/** Whether a finding makes the exit code 1: an error does, a warning where it is asked for. */
export function counts({ severity }: Pick<Finding, "severity">): boolean {
  return severity === "error" || (verdict.strict && severity === "warning");
}

/** Raises the exit code; a worse one stays. */
export function raiseExitCode(code: number): void {
  if (code > Number(process.exitCode ?? 0)) process.exitCode = code;
}

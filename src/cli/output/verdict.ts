import { type Command, Option } from "commander";
import type { Finding } from "../../findings/finding.js";
import { context } from "../context/context.js";

/** For commands whose exit code depends on what they find. */
export function addStrict(command: Command): void {
  command.option("--strict", "exit with 1 for warnings as well").hook("preAction", (_, action) => {
    const { strict = false, quiet = false } = action.opts<{ strict?: boolean; quiet?: boolean }>();
    const request = context();
    request.isStrict = strict;
    request.isQuiet = quiet;
    if (quiet) request.progress.allow(false);
  });
}

/** For commands that can be asked for nothing but their exit code. */
export function addQuiet(command: Command): void {
  command.addOption(new Option("-q, --quiet", "print nothing; the exit code gives the result").conflicts("output"));
}

export function isQuiet(): boolean {
  return context().isQuiet;
}

/** Whether a finding makes the exit code 1: an error does, a warning where it is asked for. */
export function counts({ severity }: Pick<Finding, "severity">): boolean {
  return severity === "error" || (severity === "warning" && context().isStrict);
}

/** Raises the exit code; a worse one stays. */
export function raiseExitCode(code: number): void {
  const request = context();
  if (code > request.exitCode) request.exitCode = code;
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const BIN = join(ROOT, "bin/zkrewind.js");

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  bytes: Buffer;
}

/** Runs the built command and waits. */
export function zkrewind(args: readonly string[], env: Record<string, string> = {}): Result {
  const done = spawnSync(process.execPath, [BIN, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    maxBuffer: 1 << 30,
  });
  return {
    code: done.status,
    signal: done.signal,
    stdout: done.stdout.toString(),
    stderr: done.stderr.toString(),
    bytes: done.stdout,
  };
}

/** Runs a shell line in which $ZKREWIND stands for the command; `code` is the first command's of a pipe. */
export function shell(line: string): Result {
  const quoted = `"${process.execPath}" "${BIN}"`;
  const script = `set -o pipefail; ${line.replaceAll("$ZKREWIND", quoted)}; exit \${PIPESTATUS[0]}`;
  const done = spawnSync("bash", ["-c", script], { env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 1 << 30 });
  return {
    code: done.status,
    signal: done.signal,
    stdout: done.stdout.toString(),
    stderr: done.stderr.toString(),
    bytes: done.stdout,
  };
}

/** Starts it and does not wait. */
export function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

export function ndjsonOf(text: string): (Record<string, unknown> & { type: string })[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown> & { type: string });
}

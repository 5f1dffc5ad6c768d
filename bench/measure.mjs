// Time, processor time and peak memory of whole processes.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TIME = "/usr/bin/time";

/**
 * Runs a command with its output going nowhere.
 *
 * GNU time (Debian's package `time`) reads what the system kept of the ended process, so its peak memory is exact;
 * without it, memory is polled and the processor time is not known.
 */
export async function measure(command, exitCodes = [0]) {
  const scratch = mkdtempSync(join(tmpdir(), "bench-"));
  const usage = join(scratch, "usage");
  const withTime = existsSync(TIME);
  const [program, ...args] = withTime ? [TIME, "-o", usage, "-f", "%M %U %S", ...command] : command;
  const errors = join(scratch, "stderr");
  const stderr = openSync(errors, "w");
  try {
    const start = performance.now();
    const child = spawn(program, args, { stdio: ["ignore", "ignore", stderr] });
    const polled = withTime ? null : pollMemory(child.pid);
    const code = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (status, signal) => resolve(status ?? signal));
    });
    const seconds = (performance.now() - start) / 1000;
    const said = readFileSync(errors, "utf8");
    if (!exitCodes.includes(code)) return { failed: `exit ${code}: ${said.trim().split("\n")[0] ?? ""}` };
    if (polled) return { seconds, cpu: Number.NaN, megabytes: polled.stop(), said };
    const [kilobytes, user, system] = readFileSync(usage, "utf8").trim().split("\n").at(-1).split(" ").map(Number);
    return { seconds, cpu: user + system, megabytes: kilobytes / 1024, said };
  } finally {
    closeSync(stderr);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** VmHWM only rises: the last value seen misses what was taken in the last milliseconds before the end. */
function pollMemory(pid) {
  let kilobytes = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      kilobytes = Math.max(kilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 5);
  return {
    stop() {
      clearInterval(timer);
      return kilobytes / 1024;
    },
  };
}

/** Runs a pair's sides in turn, A B A B, after one round that warms caches and does not count. */
export async function measurePair(pair, runs) {
  const results = { ours: [], against: [] };
  for (let round = 0; round <= runs; round++) {
    for (const side of ["ours", "against"]) {
      if (!pair[side]) continue;
      pair[side].before?.();
      const result = await measure(pair[side].command.map(String), pair[side].exitCodes);
      const problem = result.failed ?? pair[side].check?.(result.said);
      if (problem) return { failed: `${pair[side].label}: ${problem}` };
      if (round > 0) results[side].push(result);
    }
  }
  return { ours: summary(results.ours), against: results.against.length > 0 ? summary(results.against) : null };
}

function summary(results) {
  const middle = (key) => median(results.map((each) => each[key]));
  const seconds = results.map((each) => each.seconds);
  return {
    seconds: middle("seconds"),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    cpu: middle("cpu"),
    megabytes: middle("megabytes"),
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

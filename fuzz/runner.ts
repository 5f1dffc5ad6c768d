import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Case } from "./case.js";
import type { Reply } from "./child.js";
import type { CaseResult } from "./run-case.js";

/** A case may take so long, in milliseconds, on a machine that has other things to do: alone most take a tenth of a second. */
const MOST_TIME = 60_000;
/** JavaScript's own memory in the process that tries cases, in MiB. */
const HEAP = 512;
/** All memory of that process, in bytes: what files of some KiB, or of 1 MiB of gzip, may cost, and the harness itself. */
const MOST_MEMORY = 1 << 30;

/** Has cases tried in another process, which is ended where it hangs and started anew where it died. */
export class Runner {
  private child: ChildProcess | null = null;

  /** Never fails: a case that hangs, or kills the process, is a result as well. */
  async run(each: Case): Promise<CaseResult> {
    const child = (this.child ??= start());
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        done(failed("hang", `no end within ${MOST_TIME / 1000} s`));
        this.stop();
      }, MOST_TIME);
      const done = (result: CaseResult): void => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        resolve(result);
      };
      const onMessage = ({ result, peak }: Reply): void => {
        if (peak > MOST_MEMORY) {
          const text = `the process came to ${Math.round(peak / 2 ** 20)} MiB`;
          result = { ...result, fate: "failed", failures: [...result.failures, { rule: "memory", text }] };
          this.stop();
        }
        done(result);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        this.child = null;
        done(failed("crash", `the process ended with ${signal ?? code}`));
      };
      child.on("message", onMessage).on("exit", onExit);
      child.send(each);
    });
  }

  stop(): void {
    this.child?.removeAllListeners("exit");
    this.child?.kill("SIGKILL");
    this.child = null;
  }
}

function start(): ChildProcess {
  // Without guard regions around WebAssembly's memories, thousands of trees cost less.
  const execArgv = [`--max-old-space-size=${HEAP}`, "--disable-wasm-trap-handler"];
  return fork(join(import.meta.dirname, "child.js"), { execArgv, stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

function failed(rule: "hang" | "crash", text: string): CaseResult {
  return { fate: "failed", failures: [{ rule, text }], kinds: [], changes: [], said: [] };
}

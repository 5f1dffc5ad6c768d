import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { BIN } from "../../cli/run.js";
import { ended } from "../java.js";
import { scratchFolder } from "../scratch.js";

/** `backup run --follow` of one server, as a service: it is killed, and started anew. */
export class Follower {
  readonly #logFile = join(scratchFolder(), "backup.log");
  #child: ChildProcess | undefined;

  /** @param source a server's zoo.cfg or data directory */
  constructor(
    private readonly source: string,
    private readonly repos: readonly string[],
    private readonly more: readonly string[] = ["--interval", "300ms"],
  ) {
    onTestFinished(() => this.kill());
  }

  start(): void {
    const where = this.repos.flatMap((repo) => ["--repo", repo]);
    const log = openSync(this.#logFile, "a");
    this.#child = spawn(process.execPath, [BIN, "backup", "run", this.source, ...where, "--follow", ...this.more], {
      stdio: ["ignore", "ignore", log],
    });
    closeSync(log);
  }

  /** At any moment; it must have been running until then. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    if (child.exitCode !== null) throw new Error(`the backup ended with ${child.exitCode}:\n${this.log()}`);
    child.kill("SIGKILL");
    await ended(child);
  }

  /** Has it ship all that is whole, and end; returns its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (!child) throw new Error("the backup does not run");
    this.#child = undefined;
    child.kill("SIGTERM");
    return ended(child);
  }

  /** What it has said so far. */
  log(): string {
    return readFileSync(this.#logFile, "utf8");
  }
}

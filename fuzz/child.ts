import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "./case.js";
import { type CaseResult, runCase } from "./run-case.js";

/**
 * Tries the cases that it is sent, one after the other. In a process of its own, so that one that never ends, or takes
 * all memory, ends no more than this.
 */

export interface Reply {
  result: CaseResult;
  /** The most memory that the process ever had, in bytes. */
  peak: number;
}

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-fuzz-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
process.on("disconnect", () => process.exit());
process.on("unhandledRejection", (error) => {
  throw error;
});

process.on("message", async (each: Case) => {
  const result = await runCase(each, scratch);
  const reply: Reply = { result, peak: process.resourceUsage().maxRSS * 1024 };
  process.send?.(reply);
});

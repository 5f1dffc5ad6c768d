import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { SeenState } from "../adapter.js";
import type { Judge } from "../oracle/judge.js";

/**
 * What a killed run left, or someone put where a temporary would be: it is not followed, it does not block, and it stays.
 * Names with the process's number are those that repeat.
 */
export async function judgeLeftovers(state: SeenState, scratch: string, judge: Judge): Promise<void> {
  const room = join(scratch, "leftovers");
  const elsewhere = join(scratch, "elsewhere");
  for (const each of [room, elsewhere]) mkdirSync(each, { recursive: true });
  try {
    const names = ["", "restore.", "folder."].map((word) => `.zkrewind-${word}${process.pid}.tmp`);
    for (const name of names) symlinkSync(elsewhere, join(room, name));
    await state.restore(join(room, "new"));
    if (readdirSync(elsewhere).length > 0) judge.fail("leftovers", "what is written goes through a link");
    const left = readdirSync(room).filter((name) => name !== "new" && !names.includes(name));
    if (left.length > 0) judge.fail("leftovers", `${left.join(" ")} is left`);
    if (!existsSync(join(room, "new", "version-2"))) judge.fail("leftovers", "nothing was made");
  } finally {
    for (const each of [room, elsewhere]) rmSync(each, { recursive: true, force: true });
  }
}

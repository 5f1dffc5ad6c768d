import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const BIN = join(dirname(fileURLToPath(import.meta.url)), "../../bin/zkrewind.js");
const run = promisify(execFile);

/** What the built command writes to its standard output; it must exit with 0. */
export async function zkrewind(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [BIN, ...args], { maxBuffer: 1 << 29 });
  return stdout;
}

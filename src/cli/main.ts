import { version } from "./version.js";
import type { Safe } from "../text/safe.js";
import { context } from "./context/context.js";

/** The command line: `argv` as in process.argv. Sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await answer(argv);
  } catch (error) {
    (await import("./output/errors.js")).reportError(error);
  }
  process.exitCode = context().exitCode;
}

async function answer(argv: readonly string[]): Promise<void> {
  const args = argv.slice(2);
  // Answered before anything else is loaded.
  const isVersion = args.some((each) => each === "--version" || each === "-V");
  if (isVersion && args.every((each) => VERSION_ARGUMENTS.has(each))) {
    const { writeText } = await import("./output/descriptors.js");
    writeText(1, `${version()}\n` as Safe);
    if (args.includes("--verbose")) writeText(1, await surroundings());
    return;
  }
  const { run } = await import("./program.js");
  await run(args, version());
}

const VERSION_ARGUMENTS: ReadonlySet<string> = new Set(["--version", "-V", "--verbose"]);

/** What it runs on, for a report of an error. */
async function surroundings(): Promise<Safe> {
  const { crc32cImplementation } = await import("../checksum/crc32c.js");
  const crc32c = crc32cImplementation();
  const how = crc32c === "native" ? "native" : "js: right, but slower; the native part of fast-crc32c was not built";
  return `node     ${process.version}, ${process.platform} ${process.arch}\nCRC-32C  ${how}\n` as Safe;
}

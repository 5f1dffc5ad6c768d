import { createRequire } from "node:module";

/** The command line: `argv` as in process.argv. Sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const args = argv.slice(2);
  // Answered before anything else is loaded.
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    const { writeText } = await import("./descriptors.js");
    writeText(1, `${version()}\n`);
    return;
  }
  const { run } = await import("./program.js");
  await run(args, version());
}

function version(): string {
  const manifest = createRequire(import.meta.url)("../../package.json") as { version: string };
  return manifest.version;
}

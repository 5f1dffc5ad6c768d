import { Command } from "commander";
import { type CommandEntry, COMMANDS } from "../../src/cli/commands.js";
import { define } from "../../src/cli/program.js";

export interface Line {
  entry: CommandEntry;
  args: string[];
  /** What it can write, the usual one first; empty where it has no --format. */
  formats: readonly string[];
  options: ReadonlySet<string>;
}

interface Values {
  source: string;
  /** A znode, where a command must be told one; the root unless given. */
  path?: string;
  session?: string;
  /** Where two states are compared: the earlier one. */
  from?: string;
}

/** What stands for each kind of argument of a command that is asked about a source. */
const ARGUMENTS: Readonly<Record<string, (values: Values) => string[]>> = {
  source: ({ source }) => [source],
  node: ({ source }) => [source, source],
  path: ({ path = "/" }) => [path],
  id: ({ session = "0x1" }) => [session],
  line: () => ["java.io.IOException: CRC check failed"],
};

/** What a source is called. */
const SOURCES = new Set(["source", "node"]);

/** Optional arguments without which there is little to see. */
const GIVEN = new Set(["source"]);

/**
 * How each command that reads sources is asked about one: made of what it takes, so that a new command is among them.
 * Of those that must be told where to write, `-o` is the last argument, without the place.
 */
export async function linesFor(values: Values): Promise<Line[]> {
  const lines = await Promise.all(COMMANDS.map((entry) => lineFor(entry, values)));
  return lines.filter((line) => line !== null);
}

async function lineFor(entry: CommandEntry, values: Values): Promise<Line | null> {
  const command = await define(new Command(entry.name), entry);
  // Those of several parts have tests of their own.
  if (command.commands.length > 0) return null;
  if (!command.registeredArguments.some((argument) => SOURCES.has(argument.name()))) return null;
  const args = [entry.name];
  for (const argument of command.registeredArguments) {
    const name = argument.name();
    const given = ARGUMENTS[name];
    if (!argument.required && !GIVEN.has(name)) continue;
    if (given === undefined) throw new Error(`${entry.name}: say in ARGUMENTS what stands for <${name}>`);
    args.push(...given(values));
  }
  const options = new Set(command.options.map(({ long }) => long ?? ""));
  // What serves does not end: test/explorer has it.
  if (options.has("--port")) return null;
  if (options.has("--recursive")) args.push("--recursive");
  if (options.has("--txn")) args.push("--from", values.from ?? "0x100");
  const format = command.options.find(({ long }) => long === "--format");
  const writes = command.options.find(({ long }) => long === "--output")?.mandatory ?? false;
  return { entry, args: writes ? [...args, "-o"] : args, formats: format?.argChoices ?? [], options };
}

import type { Command } from "commander";

/** What a module in commands/ exports as `command`: it is loaded only when its name is called. */
export interface CommandModule {
  /** Adds arguments, options, help and the action. */
  define(command: Command): void;
}

/** Appends examples to a command's help. Each is a line that runs as it is, with a comment behind it. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, what: string])[]): void {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}  # ${what}`);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

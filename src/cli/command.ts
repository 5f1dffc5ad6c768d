import type { Command } from "commander";

/** What a module in commands/ exports as `command`: it is loaded only when its name is called. */
export interface CommandModule {
  /** Adds arguments, options, help and the action. */
  define(command: Command): void;
}

/** Appends examples to a command's help. Each is a line that runs as it is, below a comment on it. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, what: string])[]): void {
  const lines = examples.flatMap(([line, what]) => [`  # ${what}`, `  ${line}`]);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/**
 * Appends paragraphs to a command's help, as wide as the terminal is. Lines that begin with a space stay as they are
 * written.
 */
export function addNotes(command: Command, text: string): void {
  command.addHelpText(
    "after",
    () => `\n${filled(text.trim(), Math.min(command.configureOutput().getOutHelpWidth?.() || 80, WIDEST))}`,
  );
}

/** Longer lines than this are hard to read. */
const WIDEST = 100;

/** Text with its paragraphs broken into lines of at most `width` characters. */
export function filled(text: string, width: number): string {
  const lines: string[] = [];
  let goesOn = false;
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith(" ")) {
      lines.push(line);
      goesOn = false;
      continue;
    }
    for (const word of line.split(" ")) {
      const last = lines.at(-1) ?? "";
      if (goesOn && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
      goesOn = true;
    }
  }
  return lines.join("\n");
}

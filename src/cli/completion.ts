import { type Argument, Command, type Option } from "commander";
import { COMMANDS } from "./commands.js";
import { writeText } from "./output/descriptors.js";
import { define } from "./program.js";
import { continued, valuesOf } from "./options/values.js";
import { NO_PROGRESS } from "./output/progress.js";
import { joinSafe, safe } from "../text/safe.js";
import { visible } from "./output/text.js";

interface Candidate {
  value: string;
  description: string;
}

/**
 * Answers a shell that asks, with `complete -- WORDS`, how the last of the words can go on: a candidate a line, with its
 * description after a tab. No candidate means that files are what fits.
 */
export async function answerShell(words: readonly string[]): Promise<void> {
  const found = await candidates(words);
  const lines = found.map(
    ({ value, description }) => safe`${visible(value, "system")}\t${visible(description, "system")}\n`,
  );
  writeText(1, joinSafe(lines, ""));
}

/** How the last of `words`, which come after the program's name, can go on. */
export async function candidates(words: readonly string[]): Promise<Candidate[]> {
  const all = joined(words);
  const current = all.at(-1) ?? "";
  const before = all.slice(0, -1);
  const at = before.findIndex((word) => !word.startsWith("-"));
  const entry = COMMANDS.find(({ name }) => name === before[at]);
  if (entry)
    return matching(await ofCommand(await define(new Command(), entry), before.slice(at + 1), current), current);
  const asksForHelp = before[at] === "help" && at === before.length - 1;
  if (at >= 0 && !asksForHelp) return [];
  return matching(current.startsWith("-") ? [VERSION, ...COMMON] : COMMANDS.map(described), current);
}

/** bash makes three words of --format=json: here it is one. */
function joined(words: readonly string[]): string[] {
  const result: string[] = [];
  for (const [index, word] of words.entries()) {
    const whole = word === "=" || words[index - 1] === "=" ? result.pop() : undefined;
    result.push(whole === undefined ? word : `${whole}${word}`);
  }
  return result;
}

async function ofCommand(command: Command, before: readonly string[], current: string): Promise<Candidate[]> {
  const [, long, equals] = /^(--[^=]+)(=)/.exec(current) ?? [];
  const asked = optionNamed(command, long ?? before.at(-1) ?? "");
  if (asked && (equals || asked.required)) {
    const prefix = equals ? `${long}=` : "";
    const known = await valuesOf(asked);
    return known ? continued(known, current.slice(prefix.length)).map((value) => bare(prefix + value)) : [];
  }
  if (current.startsWith("-")) return [...command.options.filter(({ hidden }) => !hidden).map(ofOption), ...COMMON];
  const argument = argumentAt(command, before);
  if (argument?.name() === "path" && (current === "" || current.startsWith("/")))
    return (await (await import("./complete-path.js")).completePath(command, before, current || "/")).map(bare);
  return (argument?.argChoices ?? []).map(bare);
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => name === long || name === short);
}

function argumentAt(command: Command, before: readonly string[]): Argument | undefined {
  const isValue = (index: number): boolean => optionNamed(command, before[index - 1] ?? "")?.required ?? false;
  const given = before.filter((word, index) => !word.startsWith("-") && !isValue(index)).length;
  return command.registeredArguments[given];
}

function ofOption({ long, short, description }: Option): Candidate {
  return { value: long ?? short ?? "", description };
}

function bare(value: string): Candidate {
  return { value, description: "" };
}

function described({ name, summary }: { name: string; summary: string }): Candidate {
  return { value: name, description: summary };
}

function matching(found: readonly Candidate[], current: string): Candidate[] {
  return found.filter(({ value }) => value.startsWith(current));
}

const VERSION: Candidate = { value: "--version", description: "output the version number" };
/** What every command has. */
const COMMON: readonly Candidate[] = [
  { value: "--no-progress", description: NO_PROGRESS },
  { value: "--help", description: "display help for command" },
];

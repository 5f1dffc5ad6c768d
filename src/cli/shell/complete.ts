import type { Command } from "commander";
import { continued, valuesOf } from "../options/values.js";
import { borrowed, isOwn, NAMES, ownTakesPath } from "./commands.js";
import type { Walk } from "./walk.js";
import { escapeWord, wordsOf } from "./words.js";

/** How a line can go on, and the part of it that is completed: what node:readline asks. */
export async function completeLine(walk: Walk, line: string): Promise<[string[], string]> {
  const raw = /(?:[^\s\\]|\\.)*$/.exec(line)?.[0] ?? "";
  const [name, ...before] = wordsOf(line.slice(0, line.length - raw.length)) ?? [];
  const found = await candidates(walk, name, before, raw);
  return [found.filter((each) => each.startsWith(raw)), raw];
}

async function candidates(
  walk: Walk,
  name: string | undefined,
  before: readonly string[],
  raw: string,
): Promise<string[]> {
  if (name === undefined || (name === "help" && before.length === 0)) return NAMES.map((each) => `${each} `);
  if (!NAMES.includes(name)) return [];
  const command = isOwn(name) ? undefined : await borrowed(name);
  if (raw.startsWith("-")) return command?.options.map(({ long }) => `${long} `) ?? [];
  const asked = command?.options.find(({ long, short }) => before.at(-1) === long || before.at(-1) === short);
  if (asked?.required) {
    const known = await valuesOf(asked);
    return known ? continued(known, raw).map((value) => `${value} `) : [];
  }
  return takesPath(name, command) ? paths(walk, raw) : [];
}

function takesPath(name: string, command: Command | undefined): boolean {
  return command?.registeredArguments.some((each) => each.name() === "path") ?? ownTakesPath(name);
}

function paths(walk: Walk, raw: string): string[] {
  const above = raw.slice(0, raw.lastIndexOf("/") + 1);
  const typed = (wordsOf(above) ?? [""])[0] ?? "";
  return walk
    .children(walk.resolve(typed === "" ? "." : typed))
    .map(({ name, isParent }) => `${above}${escapeWord(name)}${isParent ? "/" : " "}`);
}

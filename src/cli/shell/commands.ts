import { Command, CommanderError, Help } from "commander";
import { readZnode } from "../../tree/index.js";
import { resolveBound } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { aclTexts } from "../commands/stat.js";
import { COMMANDS } from "../commands.js";
import { writeText } from "../output/descriptors.js";
import { reportError } from "../output/errors.js";
import { styleFor, terminalWidth } from "../output/output.js";
import { beginProgress, endProgress } from "../output/progress.js";
import { didYouMean, nearest } from "../options/nearest.js";
import { define } from "../program.js";
import { reportState, findZnode } from "../source.js";
import { isTerminal } from "../output/terminal.js";
import { valueLines, valueText, visible } from "../output/text.js";
import { txnLines } from "../render/txn-text.js";
import type { Walk } from "./walk.js";
import { wordsOf } from "./words.js";
import { joined, type Message, say, tag } from "../../text/message.js";
import { padEnd, safe, type Safe, words } from "../../text/safe.js";
import { escapedLines } from "../../text/unsafe.js";
import { usageText } from "../output/usage-text.js";
import { context } from "../context/context.js";

/** What the shell takes from the command line as it is, with the source, the path and the point put in. */
const BORROWED = COMMANDS.filter(({ inShell }) => inShell);
/** Options that a borrowed command has no use for here: the shell has its source. */
const ELSEWHERE = ["--log-dir", "--node", "--redact", "--redact-key-file"];

interface Own {
  usage: string;
  summary: string;
  run: (walk: Walk, words: readonly string[]) => void | Promise<void>;
}

const OWN: Readonly<Record<string, Own>> = {
  cd: { usage: "cd [PATH]", summary: "go to a znode; to the root if none is named", run: cd },
  pwd: { usage: "pwd", summary: "print the current znode's path", run: (walk) => print(visible(walk.path, "path")) },
  acl: { usage: "acl [PATH]", summary: "print a znode's ACL", run: acl },
  at: { usage: "at [POINT]", summary: "go to a point in time; without one, show the current one", run: at },
  before: { usage: "before POINT", summary: "go to just before a point", run: before },
  next: { usage: "next [N]", summary: "apply the next transaction, or the next N", run: next },
  prev: { usage: "prev [N]", summary: "take back the last transaction, or the last N", run: previous },
  help: { usage: "help [COMMAND]", summary: "list the commands, or a command's arguments and options", run: help },
  quit: { usage: "quit", summary: "leave, as does Ctrl-D", run: () => {} },
};

export const NAMES: readonly string[] = [...BORROWED.map(({ name }) => name), ...Object.keys(OWN), "exit"].sort();

export function isOwn(name: string): boolean {
  return Object.hasOwn(OWN, name) || name === "exit";
}

export function ownTakesPath(name: string): boolean {
  return OWN[name]?.usage.includes("PATH") ?? false;
}

/** Does what a line says; false when that is to leave. Nothing that goes wrong in it gets any further. */
export async function runLine(walk: Walk, line: string): Promise<boolean> {
  beginProgress();
  try {
    if (line.trimStart().startsWith("#")) return true;
    const words = wordsOf(line);
    if (!words) throw usage(say`a quote is not closed`);
    const [name, ...rest] = words;
    if (name === undefined) return true;
    if (name === "quit" || name === "exit") return false;
    const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
    if (own) await own.run(walk, rest);
    else if (BORROWED.some((each) => each.name === name)) await borrow(walk, name, rest);
    else throw noCommand(name);
  } catch (error) {
    // Commander has said what is wrong itself.
    if (!(error instanceof CommanderError)) reportError(error);
    else if (error.exitCode !== 0) context().exitCode = 2;
  } finally {
    endProgress();
  }
  return true;
}

/** A borrowed command with its arguments and options, for running, help and completion. */
export async function borrowed(name: string): Promise<Command> {
  const entry = BORROWED.find((each) => each.name === name);
  if (!entry) throw usage(say`there is no command ${tag.given(name)}`);
  const command = new Command(name).description(entry.summary);
  return define(command, entry);
}

async function borrow(walk: Walk, name: string, words: readonly string[]): Promise<void> {
  if (words.includes("--help") || words.includes("-h")) return help(walk, [name]);
  const isPlain = words.every((word) => !word.startsWith("-"));
  if (name === "cat" && isPlain && isTerminal(1)) return show(walk, words);
  const command = (await borrowed(name)).exitOverride().configureOutput({
    writeErr: (text) => writeText(2, escapedLines(text)),
    outputError: (text) => writeText(2, usageText(text, words)),
  });
  command.hook("preAction", () => complete(walk, command));
  await command.parseAsync([walk.sources[0] ?? "", ...words], { from: "user" });
}

/** Puts in what a command on the command line must be told, and the shell knows. */
async function complete(walk: Walk, command: Command): Promise<void> {
  const args = command.processedArgs as unknown[];
  for (const [index, argument] of command.registeredArguments.entries()) {
    if (argument.name() === "path") args[index] = walk.resolve((args[index] as string | undefined) ?? ".");
    // What follows the source would be taken for further ones.
    const extra = argument.name() === "source" && argument.variadic ? (args[index] as string[]).slice(1) : [];
    if (extra.length > 0) {
      const hint = say`help ${tag.given(command.name())} lists its options; --path may be one of them.`;
      throw usage(say`${tag.given(command.name())} takes no path: ${joined(extra.map(tag.path), " ")}`, hint);
    }
  }
  if (command.name() === "diff" || command.name() === "undo") await range(walk, command, args);
}

/** `diff POINT`: between that and here, whichever is earlier. */
async function range(walk: Walk, command: Command, args: unknown[]): Promise<void> {
  const text = args[1] as string | undefined;
  args[1] = undefined;
  if (text === undefined) return;
  const zxid = await resolveBound(walk.directory, { point: walk.point(text), inclusive: true });
  const isLater = zxid === null || zxid > walk.state.zxid;
  const there = zxid === null ? text : hex(zxid);
  command.setOptionValue("from", isLater ? hex(walk.state.zxid) : there);
  if (isLater) command.setOptionValue("to", there);
}

/** Data for eyes: nothing in it reaches the terminal as anything but text. */
function show(walk: Walk, [path = ".", ...rest]: readonly string[]): void {
  if (rest.length > 0) throw usage(say`cat takes one path`);
  const { data } = readZnode(walk.state.tree, findZnode(walk.state, walk.resolve(path)));
  for (const line of data === null ? [valueText(data)] : valueLines(data)) print(line);
}

function cd(walk: Walk, [path = "/", ...rest]: readonly string[]): void {
  if (rest.length > 0) throw usage(say`cd takes one path`);
  const wanted = walk.resolve(path);
  findZnode(walk.state, wanted);
  walk.path = wanted;
}

function acl(walk: Walk, [path = ".", ...rest]: readonly string[]): void {
  if (rest.length > 0) throw usage(say`acl takes one path`);
  const slot = findZnode(walk.state, walk.resolve(path));
  for (const each of aclTexts(readZnode(walk.state.tree, slot))) print(each);
}

async function at(walk: Walk, [point, ...rest]: readonly string[]): Promise<void> {
  if (rest.length > 0) throw usage(say`at takes one point`);
  if (point === undefined) reportState(walk.state);
  else await walk.at(point, true);
}

async function before(walk: Walk, [point, ...rest]: readonly string[]): Promise<void> {
  if (point === undefined || rest.length > 0) throw usage(say`before takes one point`);
  await walk.at(point, false);
}

async function next(walk: Walk, words: readonly string[]): Promise<void> {
  const style = await styleFor(undefined);
  const width = terminalWidth(undefined) ?? USUAL_WIDTH;
  for (let count = countOf("next", words); count > 0; count--) {
    const step = await walk.next();
    if (!step) throw new ZkRewindError(say`the logs end at ${hex(walk.state.zxid)}`, { exitCode: 4 });
    for (const line of txnLines(step.txn, true, { style, width })) print(line);
    if (!step.state.exact) reportState(step.state);
  }
}

/** Where the output is no terminal. */
const USUAL_WIDTH = 200;

async function previous(walk: Walk, words: readonly string[]): Promise<void> {
  for (let count = countOf("prev", words); count > 0; count--) await walk.previous();
  reportState(walk.state);
}

function countOf(name: string, [text = "1", ...rest]: readonly string[]): number {
  if (!/^[1-9]\d{0,8}$/.test(text) || rest.length > 0)
    throw usage(say`${tag.given(name)} takes a number of transactions`);
  return Number(text);
}

async function help(_: Walk, [name]: readonly string[]): Promise<void> {
  if (name === undefined) {
    const own = Object.values(OWN).map(({ usage: how, summary }) => [how, summary] as const);
    const others = BORROWED.map(({ name: each, summary }) => [each, summary] as const);
    for (const [how, summary] of [...others, ...own])
      print(safe`  ${padEnd(visible(how, "system"), 16)}${visible(summary, "system")}`);
    print(words("\nPaths are relative to the prompt's. help COMMAND shows a command's options; Tab completes."));
    return;
  }
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  if (own) return print(safe`${visible(own.usage, "system")}: ${visible(own.summary, "system")}`);
  if (!BORROWED.some((each) => each.name === name)) throw noCommand(name);
  print(escapedLines((await borrowed(name)).configureHelp(HELP).helpInformation().trimEnd()));
}

const HELP: Partial<Help> = {
  visibleArguments: (command) => command.registeredArguments.filter((each) => each.name() !== "source"),
  visibleOptions: (command) => command.options.filter(({ long }) => !ELSEWHERE.includes(long ?? "")),
  commandUsage: (command) =>
    new Help()
      .commandUsage(command)
      .replace(/ <source(\.\.\.)?>/, "")
      .replace("[other]", "[point]"),
};

function print(line: Safe): void {
  writeText(1, safe`${line}\n`);
}

function noCommand(name: string): ZkRewindError {
  return usage(
    say`there is no command ${tag.given(name)}`,
    didYouMean(nearest(name, NAMES).map(tag.given)) ?? say`help lists them.`,
  );
}

function usage(message: Message, hint?: Message): ZkRewindError {
  return new ZkRewindError(message, { exitCode: 2, ...(hint === undefined ? {} : { hint }) });
}

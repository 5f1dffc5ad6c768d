import { type Command, InvalidArgumentError, Option } from "commander";
import { DATA_MODES, type DataMode, type FormatName } from "../../export/index.js";
import type { OpenFilesOptions } from "../opened.js";
import { ZkRewindError } from "../../findings/finding.js";
import { offsetsOf } from "../../recovery/point/zone.js";
import type { Asked } from "../../repository/read/source.js";
import { LATEST, parsePoint, type PointRequest } from "../../recovery/index.js";
import { say } from "../../text/message.js";

/** What several commands share, so that it has one name and one meaning everywhere. */

export type FormatChoice = "text" | FormatName;

export interface SourceOptions {
  logDir?: string;
  /** Other servers' data directories, to be read with the source as one history. */
  node?: string[];
  /** What a snapshot or log from standard input is called. */
  name?: string | undefined;
  /** Where standard input and gzipped archives are kept while they are read. */
  scratch?: string | undefined;
  /** Bytes that may be kept there; half of the free space unless given. */
  scratchLimit?: number;
  /** Of backup repositories: which branch, the secret keys, and the keys that must have signed. */
  branch?: string;
  identity?: string[];
  trust?: string[];
  /** Whether they are held against what was seen of them before. */
  memory?: boolean;
}

/** What a source can be. */
export const SOURCE =
  "data directory, version-2 folder, snapshot, log, zoo.cfg, a tar archive of these, or a backup repository; - for standard input";

export interface ZoneOptions {
  /** The zone of times that name none. */
  tz?: string;
}

export interface PointFlags extends ZoneOptions {
  at?: string;
  before?: string;
  inexact?: boolean;
  newestExact?: boolean;
}

export interface OutputOptions {
  format: FormatChoice;
  output?: string;
}

/** One or more sources. */
export function addSources(command: Command): Command {
  command.argument("<source...>", SOURCE);
  return addLogDir(command);
}

/** One source and a znode in it: with both absolute, only their places tell them apart. */
export function addSourceAndPath(command: Command, path: "<path>" | "[path]"): Command {
  command.argument("<source>", SOURCE);
  command.argument(path, path === "[path]" ? "the znode; the root if not given" : "the znode");
  return addLogDir(command);
}

/** Where else files of the source are. */
export function addLogDir(command: Command): Command {
  return addFetch(command)
    .option("--log-dir <dir>", "where the logs are, if not beside the snapshots")
    .option(
      "--node <dir>",
      "another server's directory, read together with the source as one history; may be repeated",
      collect,
    );
}

/** How what is not a file or folder of this machine is read. */
export function addFetch(command: Command): Command {
  return command
    .option(
      "--scratch <dir>",
      "where to keep standard input, gzipped archives and backups while they are read; the system's temporary folder if not given",
    )
    .option(...SCRATCH_LIMIT)
    .option("--branch <name>", "of a backup, this branch instead of the main line")
    .option("--identity <file>", "of an encrypted backup, the secret key (age); may be repeated", collect)
    .option("--trust <key>", "of a backup, trust only what this key signed; may be repeated", collect)
    .option(...NO_MEMORY)
    .option("--name <file>", "the file name of a snapshot or log from standard input: snapshot.1f3")
    .hook("preAction", (_, action) => {
      if (action.opts<SourceOptions>().name === undefined || action.args.includes("-")) return;
      throw new ZkRewindError(say`--name is for standard input, and no source is -`, { exitCode: 2 });
    });
}

/** As `--scratch` says where. */
export const SCRATCH_LIMIT: [flags: string, description: string, parse: (text: string) => number] = [
  "--scratch-limit <size>",
  "how much may be kept in it: 512M, 10G; half of the free space if not given",
  byteCount,
];

/** ZKREWIND_MEMORY=off in the environment is the same. */
export const NO_MEMORY: [flags: string, description: string] = [
  "--no-memory",
  "do not hold a backup against what was seen of it before, and remember nothing of it",
];

/** What of the options says how a source is opened. */
export function openOptions(options: SourceOptions, asked?: Asked): OpenFilesOptions {
  const { logDir, name, scratch, scratchLimit, branch, identity, trust, memory } = options;
  return {
    ...(logDir === undefined ? {} : { logDir }),
    name,
    scratch,
    scratchLimit,
    backup: { branch, identity, trust, memory, asked },
  };
}

/** The same for another server's directory: where its logs are is for it to say. */
export function nodeOptions(options: SourceOptions): OpenFilesOptions {
  const its = { ...options };
  delete its.logDir;
  return openOptions(its);
}

export function addPoint(command: Command): Command {
  command
    .addOption(new Option("--at <point>", "the tree as of this point, inclusive").conflicts("before"))
    .addOption(new Option("--before <point>", "the tree just before this point"));
  return addZone(addFallback(command));
}

export type FallbackOptions = Pick<PointFlags, "inexact" | "newestExact">;

/** What to take instead of a state that cannot be rebuilt exactly. */
export function addFallback(command: Command): Command {
  const newest = "if the point is not exact, take the newest exact state before it";
  return command
    .option("--inexact", "if the point is not exact, take the nearest state, and name what is in doubt")
    .addOption(new Option("--newest-exact", newest).conflicts("inexact"));
}

/** What to answer with where a point cannot be rebuilt exactly, as `rebuild` takes it. */
export function fallbackOf({ inexact, newestExact }: FallbackOptions): {
  inexact: boolean;
  newestExact: boolean;
} {
  return { inexact: inexact ?? false, newestExact: newestExact ?? false };
}

export function addZone(command: Command): Command {
  return command.option(
    "--tz <zone>",
    "the zone of times without one: an IANA name such as Europe/Berlin, UTC, or local",
    zone,
  );
}

export function pointRequest({ at, before, tz }: PointFlags): PointRequest {
  if (before !== undefined) return { point: parsePoint(before, tz), inclusive: false };
  return at === undefined ? LATEST : { point: parsePoint(at, tz), inclusive: true };
}

export function addOutput(command: Command, formats: readonly FormatChoice[]): Command {
  return addFormat(command, formats).option("-o, --output <file>", "write to a new file; a run that fails leaves none");
}

/** For commands whose results are files of their own, and that report what they did. */
export function addFormat(command: Command, formats: readonly FormatChoice[]): Command {
  const [first = "text"] = formats;
  command.addOption(new Option("--format <format>", "the output format").choices(formats).default(first));
  if (!formats.includes("json")) return command;
  return command.option("--json", "the same as --format json").hook("preAction", (_, action) => takeJson(action));
}

function takeJson(command: Command): void {
  const { json, format } = command.opts<{ json?: boolean; format: FormatChoice }>();
  if (!json || format === "json") return;
  if (command.getOptionValueSource("format") === "cli")
    throw new ZkRewindError(say`--json and --format ${format} contradict each other`, { exitCode: 2 });
  command.setOptionValue("format", "json");
}

/** How many of what a command lists. */
export function addLimit(command: Command, what: string, fallback?: number): Command {
  return command.option("-n, --limit <n>", what, wholeNumber, fallback);
}

export interface SortOptions {
  sort: string;
  reverse?: boolean;
}

/** In which order: the first key is the usual one. Names and ids go up; numbers and times begin with the most. */
export function addSort(command: Command, keys: readonly string[]): Command {
  return addSortKey(command, keys).option("--reverse", "reverse the order");
}

/** For lists that begin with the most, and tell no others. */
export function addSortKey(command: Command, keys: readonly string[]): Command {
  const option = new Option("--sort <key>", "what to sort by; sizes, counts and times from the largest");
  return command.addOption(option.choices(keys).default(keys[0]));
}

export function addGlobs(command: Command): Command {
  return command
    .option("--include <glob>", "only znodes that match, and those above them; may be repeated", collect)
    .option("--exclude <glob>", "leave out znodes that match, and all below them; may be repeated", collect);
}

export function addData(command: Command, fallback: DataMode | null, where = " in JSON"): Command {
  const option = new Option("--data <mode>", `how to write data${where}; auto: as text where it is text, else base64`);
  return command.addOption(
    fallback === null ? option.choices(DATA_MODES) : option.choices(DATA_MODES).default(fallback),
  );
}

function zone(text: string): string {
  offsetsOf(text);
  return text;
}

/** For options that can be repeated. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Bytes of 4096, 512K, 1M, 1G. */
export function byteCount(text: string): number {
  const [, count, unit = ""] = /^(\d{1,9})([KMG]?)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It is a size such as 512K, 1M or 1G.");
  return Number(count) * 1024 ** ["", "K", "M", "G"].indexOf(unit);
}

/** For options that count something. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It takes a whole number.");
  return value;
}

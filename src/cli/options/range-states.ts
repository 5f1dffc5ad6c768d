import { type Command, Option } from "commander";
import { matcher } from "../../export/index.js";
import {
  type DataDirectory,
  LATEST,
  parsePoint,
  type PointRequest,
  rebuildPair,
  type PairOptions,
  type State,
  type StatePair,
} from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { hasTxn } from "../../recovery/scan/headers.js";
import { context } from "../context/context.js";
import { expectRebuild, openSource, openStateAt, reportState } from "../source.js";
import { nearestText } from "./log-range.js";
import {
  addFallback,
  addZone,
  fallbackOf,
  type FallbackOptions,
  type SourceOptions,
  type ZoneOptions,
} from "./options.js";
import { say, tag } from "../../text/message.js";

/** Two states, for commands about what happened between them. */
export interface StatesOptions extends SourceOptions, ZoneOptions, FallbackOptions {
  from?: string;
  to?: string;
  before?: string;
  txn?: string;
}

export interface GlobOptions {
  include?: string[];
  exclude?: string[];
}

export function addStates(command: Command): Command {
  command
    .option("--from <point>", "the earlier tree: as of this point, inclusive")
    .addOption(
      new Option("--to <point>", "the later tree: as of this point; the latest if not given").conflicts("before"),
    )
    .option("--before <point>", "the later tree: just before this point")
    .addOption(
      new Option("--txn <zxid>", "the trees just before and just after this transaction").conflicts([
        "from",
        "to",
        "before",
      ]),
    );
  return addZone(addFallback(command));
}

/** The two points, parsed before anything is read. */
export interface StatePoints {
  from: PointRequest | null;
  to: PointRequest;
  /** The one transaction between them, where one was asked for. */
  txn: bigint | null;
}

export function parseStates({ from, to, before, txn, tz }: StatesOptions): StatePoints {
  if (txn !== undefined) {
    const point = parsePoint(txn, tz);
    if (point.kind !== "zxid")
      throw new ZkRewindError(say`--txn takes a zxid: ${tag.line(txn)}`, {
        exitCode: 2,
        hint: say`For example 0x1d8e or e1:34.`,
      });
    return { from: { point, inclusive: false }, to: { point, inclusive: true }, txn: point.zxid };
  }
  return {
    from: from === undefined ? null : { point: parsePoint(from, tz), inclusive: true },
    to:
      before !== undefined
        ? { point: parsePoint(before, tz), inclusive: false }
        : to === undefined
          ? LATEST
          : { point: parsePoint(to, tz), inclusive: true },
    txn: null,
  };
}

/** Opens the two states. Refuses points that are the wrong way round, and a transaction that is none. */
export async function openStates(
  sources: readonly string[],
  options: StatesOptions,
  { from: earlier, to: later, txn }: StatePoints,
): Promise<{ from: State; to: State }> {
  if (txn !== null) await checkTxn(await openSource(sources, options), txn);
  const from = await openStateAt(sources, options, earlier ?? LATEST, 0, "from");
  const to = await openStateAt(sources, options, later, 0, "to");
  checkOrder(from, to);
  return { from, to };
}

/** The same two states of one source, the earlier only as far as the later one differs from it, where that is enough. */
export async function openPair(
  source: string,
  options: StatesOptions,
  { from, to, txn }: StatePoints,
  watch?: PairOptions["watch"],
): Promise<StatePair> {
  const earlier = from ?? LATEST;
  // In the shell the state of one of the two may be there already.
  if (context().inShell) {
    const states = await openStates([source], options, { from, to, txn });
    return { ...states, images: null };
  }
  const directory = await openSource([source], options);
  if (txn !== null) await checkTxn(directory, txn);
  expectRebuild(directory, to);
  const pair = await rebuildPair(directory, earlier, to, {
    ...fallbackOf(options),
    ...(watch ? { watch } : {}),
  });
  reportState(pair.from, "from");
  reportState(pair.to, "to");
  checkOrder(pair.from, pair.to);
  return pair;
}

/** Refuses a zxid that no log has a transaction of. */
async function checkTxn(directory: DataDirectory, txn: bigint): Promise<void> {
  if (await hasTxn(directory.logs, txn)) return;
  const hint = await nearestText(directory, txn);
  throw new ZkRewindError(say`there is no transaction ${hex(txn)}`, { exitCode: 1, hint });
}

function checkOrder(from: Pick<State, "zxid">, to: Pick<State, "zxid">): void {
  if (from.zxid <= to.zxid) return;
  throw new ZkRewindError(say`${hex(from.zxid)} is after ${hex(to.zxid)}`, {
    exitCode: 2,
    hint: say`--from names the earlier point, --to or --before the later.`,
  });
}

/** Whether globs leave a path; a subtree that is excluded goes whole. */
export function pathFilter({ include, exclude }: GlobOptions): (path: string) => boolean {
  const wanted = matcher(include);
  const unwanted = matcher(exclude);
  return (path) => (wanted === null || wanted(path)) && (unwanted === null || !withAncestors(path).some(unwanted));
}

function withAncestors(path: string): string[] {
  const list = [path];
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) list.push(path.slice(0, at));
  return list;
}

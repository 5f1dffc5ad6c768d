import type { Command } from "commander";
import { matcher } from "../../export/index.js";
import type { State } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { addZone, type SourceOptions, type ZoneOptions } from "./options.js";
import { openState } from "../source.js";

/** Two points, for commands about what happened between them. */
export interface FromToOptions extends SourceOptions, ZoneOptions {
  from?: string;
  before?: string;
  to?: string;
  inexact?: boolean;
}

export interface GlobOptions {
  include?: string[];
  exclude?: string[];
}

export function addFromTo(command: Command): Command {
  command
    .option("--from <point>", "the earlier tree: as of this point, itself included")
    .option("--before <point>", "the earlier tree: just before this point, so that its change shows")
    .option("--to <point>", "the later tree: as of this point; the latest if not given")
    .option("--inexact", "take the nearest state where the exact one cannot be rebuilt");
  return addZone(command);
}

/** The earlier of the two states. */
export function openFrom(sources: readonly string[], options: FromToOptions): Promise<State> {
  const { from, before } = options;
  if (from !== undefined && before !== undefined)
    throw new ZkRewindError("--from and --before both name the earlier tree", {
      exitCode: 2,
      hint: "Give one of them.",
    });
  const point = before === undefined ? (from === undefined ? {} : { at: from }) : { before };
  return openState(sources, { ...sourceOf(options), ...point });
}

export function openTo(sources: readonly string[], options: FromToOptions): Promise<State> {
  return openState(sources, { ...sourceOf(options), ...(options.to === undefined ? {} : { at: options.to }) });
}

/** Refuses points that are the wrong way round. */
export function checkOrder(from: State, to: State): void {
  if (from.zxid <= to.zxid) return;
  throw new ZkRewindError(`${hex(from.zxid)} is after ${hex(to.zxid)}`, {
    exitCode: 2,
    hint: "--from names the earlier point, --to the later.",
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

function sourceOf({ logDir, node, inexact, tz }: FromToOptions): SourceOptions & ZoneOptions & { inexact?: boolean } {
  return {
    ...(tz === undefined ? {} : { tz }),
    ...(logDir === undefined ? {} : { logDir }),
    ...(node === undefined ? {} : { node }),
    ...(inexact === undefined ? {} : { inexact }),
  };
}

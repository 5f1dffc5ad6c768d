import {
  type EarlierState,
  type DataDirectory,
  LATEST,
  type PointRequest,
  rebuild,
  type State,
  type StoredFile,
} from "../recovery/index.js";
import { logsAfter } from "../recovery/replay/logs-after.js";
import { type Finding, finding, ZkRewindError } from "../findings/finding.js";
import { isRepository } from "../repository/read/is-repository.js";
import type { Asked } from "../repository/read/source.js";
import { hex } from "../storage/zxid.js";
import { ChildIndex, NONE, pathOf, readZnode, ROOT } from "../tree/index.js";
import { openFiles } from "./opened.js";
import { didYouMean, nearest } from "./options/nearest.js";
import { expectReading, tellProgress, watched } from "./output/progress.js";
import {
  type FallbackOptions,
  fallbackOf,
  nodeOptions,
  openOptions,
  type PointFlags,
  pointRequest,
  type SourceOptions,
} from "./options/options.js";
import { reportFindings, reportPoint } from "./output/report.js";
import { counted } from "./output/text.js";
import { joined, say, tag } from "../text/message.js";
import { context } from "./context/context.js";

/** Has commands read what the shell has open, wherever they name no point of their own. */
export function keepOpen(what: { directory: DataDirectory; state: State }): void {
  context().inShell = what;
}

/** `asked`: all that is asked of the sources, where that is less than everything; of a repository no more is fetched. */
export async function openSource(
  sources: readonly string[],
  options: SourceOptions,
  asked?: Asked,
): Promise<DataDirectory> {
  const { inShell } = context();
  if (inShell) return inShell.directory;
  const directory = await openFiles(sources, openOptions(options, asked));
  if (!options.node) return watched(directory);
  const { merge } = await import("../recovery/ensemble/merge.js");
  const directories = [directory];
  for (const node of options.node) directories.push(await openFiles([node], nodeOptions(options)));
  const total = directories.flatMap(({ logs }) => logs).reduce((sum, { size }) => sum + size, 0);
  const tell = tellProgress();
  const merged = await merge(directories, { onProgress: (done) => tell({ done, total }) });
  return watched(merged.directory);
}

/**
 * Rebuilds the tree at the point that the options name, and says on standard error which one that is. `passes`: how
 * often the whole tree is going to be gone through after that, each as much work as reading its snapshot (`tellAfter`).
 */
export async function openState(
  sources: readonly string[],
  options: SourceOptions & PointFlags,
  passes = 0,
): Promise<State> {
  return openStateAt(sources, options, pointRequest(options), passes);
}

/** The same for a point that is parsed already; `name` is what the line on standard error calls it. */
export async function openStateAt(
  sources: readonly string[],
  options: SourceOptions & FallbackOptions,
  request: PointRequest,
  passes = 0,
  name?: "at" | "from" | "to" | "graft",
): Promise<State> {
  // Where no point was named: in the shell that is where one stands.
  const { inShell } = context();
  if (inShell && request === LATEST) return inShell.state;
  const asked = sources.some(isRepository) && !options.node ? ({ kind: "state", at: request } as const) : undefined;
  try {
    return await openRebuilt(await openSource(sources, options, asked), options, request, passes, name);
  } catch (error) {
    // What seemed enough of a backup may not be: all of it decides.
    if (!(error instanceof ZkRewindError) || error.exitCode !== 4 || !asked) throw error;
    return openRebuilt(await openSource(sources, options), options, request, passes, name);
  }
}

/** The same of a source that is open already. */
export async function openRebuilt(
  directory: DataDirectory,
  options: FallbackOptions,
  request: PointRequest,
  passes = 0,
  name?: "at" | "from" | "to" | "graft",
): Promise<State> {
  expectRebuild(directory, request, passes);
  const state = await rebuild(directory, request, fallbackOf(options));
  reportState(state, name);
  return state;
}

export function reportState(state: EarlierState, name?: "at" | "from" | "to" | "graft"): void {
  reportPoint(state, name);
  reportFindings([...state.findings.filter(({ code }) => code !== "acl.dangling"), ...danglingAcls(state)]);
}

/** What a rebuild is going to read, if nothing comes in between: its bytes are what progress is measured by. */
export function expectRebuild({ snapshots, logs }: DataDirectory, { point }: PointRequest, passes = 0): void {
  const to = point.kind === "zxid" ? point.zxid : null;
  const upTo = ({ zxid }: StoredFile): boolean => to === null || zxid === null || zxid <= to;
  const base = snapshots.filter(upTo).slice(-1);
  const files = [...base, ...logsAfter(logs.filter(upTo), base[0]?.zxid ?? 0n)];
  // What comes from logs alone is no larger than they are.
  const tree = base[0]?.size ?? files.reduce((sum, { size }) => sum + size, 0);
  expectReading(files, 1, passes * tree);
}

/**
 * ACL ids that a fuzzy snapshot's map lacks are normal where the log has the ACLs (ZOOKEEPER-4846): what counts is what
 * is left at the point itself.
 */
function danglingAcls(state: EarlierState): Finding[] {
  if (!state.findings.some(({ code }) => code === "acl.dangling")) return [];
  const { tree } = state;
  const paths: string[] = [];
  let left = 0;
  for (let slot = 0; slot < tree.znodes.slots; slot++) {
    if (!tree.znodes.exists(slot) || readZnode(tree, slot).acl !== undefined) continue;
    left++;
    if (paths.length < MOST_PATHS) paths.push(pathOf(tree, slot));
  }
  if (left === 0) return [];
  const more = left > paths.length ? ", …" : "";
  const message = say`the ${left === 1 ? "ACL of" : "ACLs of"} ${counted(left, "znode")} ${left === 1 ? "is" : "are"} not known: ${joined(paths.map(tag.path), ", ")}${more}`;
  return [finding("acl.dangling", message, { zxid: state.zxid })];
}

const MOST_PATHS = 5;

/** A znode's path as a user gives it: a slash at the end is forgiven. Throws a usage error for one that cannot be. */
export function parsePath(path: string): string {
  if (!path.startsWith("/")) {
    const hint = say`A source comes first, then the path: zkrewind stat /var/lib/zookeeper /app/config`;
    throw new ZkRewindError(say`a znode's path begins with "/": ${tag.path(path)}`, { exitCode: 2, hint });
  }
  return path.replace(/\/+$/, "") || "/";
}

/** The slot of a znode. Throws ZkRewindError 1, with the nearest that exists, where there is none. */
export function findZnode(state: State, path: string): number {
  const { znodes } = state.tree;
  const slot = path === "/" ? ROOT : znodes.findPath(Buffer.from(path));
  if (slot !== NONE) return slot;
  const above = existingAbove(state, path);
  const children = counted(znodes.numChildren(above.slot), "child", "children");
  const hint =
    didYouMean(nearPaths(state, path, above).map(tag.path)) ??
    say`The nearest znode above it is ${tag.path(above.path)}, with ${children}.`;
  throw new ZkRewindError(say`there is no znode ${tag.path(path)} at ${hex(state.zxid)}`, { exitCode: 1, hint });
}

interface Existing {
  path: string;
  slot: number;
}

/** The nearest znode above a path that exists: the root, if no other does. */
function existingAbove({ tree }: State, path: string): Existing {
  let above = path;
  for (;;) {
    above = above.slice(0, above.lastIndexOf("/"));
    const slot = above === "" ? ROOT : tree.znodes.findPath(Buffer.from(above));
    if (slot !== NONE) return { path: above || "/", slot };
  }
}

/** Znodes that a path which does not exist may have been meant to name: with the first missing part as one of those there. */
function nearPaths({ tree }: State, path: string, above: Existing): string[] {
  const base = above.path === "/" ? "/" : `${above.path}/`;
  const [missing = "", ...rest] = path.slice(base.length).split("/");
  const children = [...new ChildIndex(tree.znodes).of(above.slot)];
  const found = nearest(
    missing,
    children.map((slot) => pathOf(tree, slot).slice(base.length)),
  ).map((name) => [base + name, ...rest].join("/"));
  const whole = found.filter((each) => tree.znodes.findPath(Buffer.from(each)) !== NONE);
  return whole.length > 0 || rest.length === 0 ? whole : found.map((each) => each.slice(0, -rest.join("/").length - 1));
}

/** Paths of the latest state that a path may have been meant to name; none where that cannot be had. */
export async function nearPathsOf(directory: DataDirectory, path: string): Promise<string[]> {
  const state = await rebuild(directory, LATEST, { inexact: true }).catch(() => null);
  return state ? nearPaths(state, path, existingAbove(state, path)) : [];
}

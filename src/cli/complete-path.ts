import type { Command } from "commander";
import { rebuild } from "../recovery/index.js";
import { ChildIndex, NONE, pathOf, ROOT } from "../tree/index.js";
import { type PointFlags, pointRequest, type SourceOptions } from "./options/options.js";
import { allowProgress } from "./output/progress.js";
import { openSource } from "./source.js";
import { escaped } from "../text/unsafe.js";

/** Bytes of files beyond which nobody waits for a completion. */
const MOST_BYTES = 256 << 20;
/** A shell that is given more is of no help. */
const MOST_PATHS = 10_000;

/**
 * The paths that a znode's path can go on with, in the tree that the words before it name. A znode with children is
 * there twice, with a slash after it as well, so that a shell does not take it for the end. None where there is no such
 * tree, or where reading it would take long.
 */
export async function completePath(command: Command, before: readonly string[], begun: string): Promise<string[]> {
  allowProgress(false);
  try {
    const { source, options } = await parsed(command, before);
    if (source === "-") return [];
    const directory = await openSource([source], options);
    const files = [...directory.snapshots.slice(-1), ...directory.logs];
    if (files.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES) return [];
    const { tree } = await rebuild(directory, pointRequest(options), { inexact: true });
    const above = begun.slice(0, begun.lastIndexOf("/"));
    const slot = above === "" ? ROOT : tree.znodes.findPath(Buffer.from(above));
    if (slot === NONE) return [];
    const found: string[] = [];
    for (const child of new ChildIndex(tree.znodes).of(slot)) {
      const path = pathOf(tree, child);
      // What cannot be typed cannot be completed.
      if (!path.startsWith(begun) || escaped(path) !== path) continue;
      if (found.length >= MOST_PATHS) return [];
      found.push(path);
      if (tree.znodes.numChildren(child) > 0) found.push(`${path}/`);
    }
    return found;
  } catch {
    return [];
  }
}

/** The source and the options among the words of a command that is not yet whole. */
async function parsed(
  command: Command,
  before: readonly string[],
): Promise<{ source: string; options: SourceOptions & PointFlags }> {
  let source = "";
  command
    .exitOverride()
    .configureOutput({ writeErr() {}, outputError() {} })
    .action((first: string | string[]) => {
      source = typeof first === "string" ? first : (first[0] ?? "");
    });
  await command.parseAsync([...before, "/"], { from: "user" });
  return { source, options: command.opts() };
}

import { realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import type { DataDirectory } from "./data-directory.js";

/**
 * Nothing is made in a source: throws ZkRewindError 2 where a new file or folder would be in one of its folders or
 * below, whatever symlinks lead there.
 */
export function refuseInSource(output: string, { folders }: Pick<DataDirectory, "folders">): void {
  const own = folders.flatMap((folder) => identity(folder) ?? []);
  for (const above of foldersAbove(output)) {
    const index = own.indexOf(identity(above) ?? "");
    if (index < 0) continue;
    throw new ZkRewindError(say`${tag.file(output)} would be inside a source, ${tag.file(folders[index] ?? "")}`, {
      exitCode: 2,
      hint: say`zkrewind never writes into a source: name a path elsewhere.`,
    });
  }
}

/** The folders that a path is in, from the innermost that exists outwards. */
function foldersAbove(path: string): string[] {
  const above: string[] = [];
  let folder = realFolder(dirname(resolve(path)));
  for (;;) {
    above.push(folder);
    const next = dirname(folder);
    if (next === folder) return above;
    folder = next;
  }
}

/** A folder without symlinks, though its last parts may not exist. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    const above = dirname(folder);
    return above === folder ? folder : join(realFolder(above), basename(folder));
  }
}

/** What two paths to one folder have in common, over bind mounts too. */
function identity(folder: string): string | null {
  let stats: Stats;
  try {
    stats = statSync(folder);
  } catch {
    return null;
  }
  return `${stats.dev}:${stats.ino}`;
}

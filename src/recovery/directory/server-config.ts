import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { DISK } from "../../io/disk.js";
import type { FileTree } from "../../io/file-tree.js";
import { isFolder } from "./folder.js";
import { say, tag } from "../../text/message.js";

/** The folders that a zoo.cfg names, where they were found. */
export interface ServerFolders {
  dataDir: string;
  /** Undefined where the logs are in dataDir. */
  dataLogDir: string | undefined;
}

/**
 * Reads dataDir and dataLogDir of a zoo.cfg.
 *
 * Of a file that was named by itself (`within` null), an absolute path is where it says; a relative one is looked for
 * beside the file, above it, and from here. Of one that is in a folder which was named, the folder is what counts: it
 * may be a copy, on a machine where the server's own paths lead to other data. So what is in the folder, by the path or
 * by its last part, comes first.
 *
 * Throws ZkRewindError: 3 where the file or a folder cannot be found or read, 2 where it is no zoo.cfg.
 */
export function readServerConfig(tree: FileTree, path: string, within: string | null): ServerFolders {
  const { dataDir, dataLogDir } = settingsOf(tree, path);
  const locate = (setting: "dataDir" | "dataLogDir", folder: string): string => {
    const places =
      within === null ? placesOf(path, folder) : [...placesWithin(within, folder), ...outside(within, folder)];
    const found = places.find((place) => isFolder(tree, place));
    if (found !== undefined) return found;
    const hint = say`It is the ${setting} of ${tag.file(tree.shown(path))}. Name the folders themselves, with --log-dir for the logs.`;
    throw new ZkRewindError(say`${tag.file(folder)}: no such folder`, { exitCode: 3, hint });
  };
  return {
    dataDir: locate("dataDir", dataDir),
    dataLogDir: dataLogDir === undefined ? undefined : locate("dataLogDir", dataLogDir),
  };
}

/**
 * The dataLogDir of a zoo.cfg that is in the data directory itself: in the directory, or elsewhere if the dataDir is
 * indeed this directory. Undefined where the logs are in dataDir, or the file is about another directory.
 *
 * Throws ZkRewindError as `readServerConfig` does.
 */
export function logFolderOf(tree: FileTree, path: string, folder: string): string | undefined {
  const { dataDir, dataLogDir } = settingsOf(tree, path);
  if (dataLogDir === undefined) return undefined;
  const inside = placesWithin(folder, dataLogDir).find(
    (place) => isFolder(tree, place) && !tree.isSameFolder(place, folder),
  );
  const isOwn = tree.isSameFolder(resolve(folder, dataDir), folder);
  return inside ?? (isOwn ? resolve(folder, dataLogDir) : undefined);
}

/** A zoo.cfg's settings as they are written. Throws as `readServerConfig` does where it cannot be read. */
export function settingsIn(path: string, tree: FileTree = DISK): Map<string, string> {
  const stored = tree.bytesOf(path);
  if (stored.size > MOST_BYTES)
    throw new ZkRewindError(say`${tag.file(stored.id)} has ${stored.size} bytes: no zoo.cfg is that large`, {
      exitCode: 2,
    });
  const settings = new Map<string, string>();
  for (const line of stored.readAt(0, MOST_BYTES).toString("utf8").split(/\r?\n/)) {
    const match = /^\s*([\w.]+)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match && !line.trimStart().startsWith("#")) settings.set(match[1] as string, match[2] as string);
  }
  return settings;
}

/** As they are written; a dataLogDir that is the dataDir counts as none. */
export function foldersIn(
  settings: ReadonlyMap<string, string>,
  path: string,
): { dataDir: string; dataLogDir: string | undefined } {
  const dataDir = settings.get("dataDir");
  if (dataDir === undefined) throw new ZkRewindError(say`${tag.file(path)} names no dataDir`, { exitCode: 2 });
  const dataLogDir = settings.get("dataLogDir");
  return { dataDir, dataLogDir: dataLogDir === dataDir ? undefined : dataLogDir };
}

function settingsOf(tree: FileTree, path: string): { dataDir: string; dataLogDir: string | undefined } {
  return foldersIn(settingsIn(path, tree), tree.shown(path));
}

function placesOf(config: string, folder: string): string[] {
  const beside = resolve(dirname(config));
  if (isAbsolute(folder)) return [folder, join(beside, basename(folder))];
  return [join(beside, folder), join(dirname(beside), folder), resolve(folder)];
}

/** Where a configured folder can be in a folder: by its path, and by its last part. */
function placesWithin(within: string, folder: string): string[] {
  const here = resolve(within);
  const whole = resolve(here, folder);
  const last = join(here, basename(folder));
  return relative(here, whole).startsWith("..") ? [last] : [whole, last];
}

function outside(within: string, folder: string): string[] {
  return [isAbsolute(folder) ? folder : join(dirname(resolve(within)), folder)];
}

const MOST_BYTES = 1 << 20;

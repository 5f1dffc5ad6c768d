import { mkdirSync, renameSync, rmSync } from "node:fs";
import { cannotWrite, exists, makeTemporary, parentOfNew, taken } from "./new-path.js";
import { syncFolder } from "./sync-folder.js";

/**
 * Makes a folder with all that `fill` puts into it: it is given a new, empty folder with a temporary name, which gets
 * the path for its own when that is done. Nothing is left of it on failure.
 *
 * Throws ZkRewindError 3 where something has the path already, or it cannot be written.
 */
export async function makeFolder<T>(path: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const parent = parentOfNew(path);
  const { path: temporary, finished } = makeTemporary(parent, (name) => mkdirSync(name), remove);
  try {
    const result = await fill(temporary);
    syncFolder(temporary);
    // A rename would take the place of an empty folder.
    if (exists(path)) throw taken(path);
    renameSync(temporary, path);
    syncFolder(parent);
    return result;
  } catch (error) {
    remove(temporary);
    throw cannotWrite(path, error);
  } finally {
    finished();
  }
}

/** Makes a folder in one that is itself being made. Throws ZkRewindError 3 where it cannot. */
export function makeInner(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

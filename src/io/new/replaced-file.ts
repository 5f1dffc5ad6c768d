import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { cannotWrite, makeTemporary } from "./new-path.js";

/**
 * Writes a small file in the place of the one that is there: whoever reads it has the old one or the new one, whole. No
 * link is followed, neither at a temporary name nor at the path. Throws ZkRewindError 3.
 */
export function replaceFile(path: string, content: string | Uint8Array, mode: number): void {
  const make = (temporary: string): number => openSync(temporary, "wx", mode);
  const { path: temporary, made, finished } = makeTemporary(dirname(resolve(path)), make, remove);
  try {
    try {
      writeFileSync(made, content);
    } finally {
      closeSync(made);
    }
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw cannotWrite(path, error);
  } finally {
    finished();
  }
}

function remove(path: string): void {
  rmSync(path, { force: true });
}

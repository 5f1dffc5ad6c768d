import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { fileBytes } from "./file-bytes.js";
import { kindOfEntry } from "./entry-kind.js";
import type { FileTree } from "./file-tree.js";
import { asUnreadable } from "./unreadable-file.js";

/** The file system of this machine. */
export const DISK: FileTree = {
  shown: (path) => path,
  kindOf: (path) => kindOfEntry(reading(path, () => statSync(path))),
  namesIn: (folder) => reading(folder, () => readdirSync(folder).sort()),
  isThere: (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  bytesOf: fileBytes,
  isSameFolder(a, b) {
    try {
      return realpathSync(a) === realpathSync(b);
    } catch {
      return false;
    }
  },
};

function reading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUnreadable(path, error);
  }
}

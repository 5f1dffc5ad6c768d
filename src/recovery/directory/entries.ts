import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { asUnreadable } from "../../io/unreadable-file.js";

/** The names in a folder, in order. Throws UnreadableFile. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw asUnreadable(folder, error);
  }
}

/** What a path leads to. Throws UnreadableFile where that cannot be found out. */
export function statsOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw asUnreadable(path, error);
  }
}

/** Whether a path leads to a folder; false where that cannot be found out. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether two paths lead to one folder; false where one does not lead to any. */
export function isSameFolder(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

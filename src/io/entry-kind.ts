import type { Stats } from "node:fs";

/** What an entry of a folder is. */
export type EntryKind = "a file" | "a folder" | "a named pipe" | "a socket" | "a device" | "a link" | "no regular file";

/** By its status. */
export function kindOfEntry(stats: Stats): EntryKind {
  if (stats.isFile()) return "a file";
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return stats.isCharacterDevice() || stats.isBlockDevice() ? "a device" : "no regular file";
}

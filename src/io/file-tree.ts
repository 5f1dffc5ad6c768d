import type { Finding } from "../findings/finding.js";
import type { EntryKind } from "./entry-kind.js";
import type { StoredBytes } from "./stored-bytes.js";

/** A tree that was made of something else, with what is wrong with that. */
export interface KeptTree extends FileTree {
  readonly findings: Finding[];
}

/** Folders and files by their paths, on this machine or in an archive: who looks for files knows no more of them. */
export interface FileTree {
  /** What a path is called in messages. */
  shown(path: string): string;
  /** What a path leads to. Throws UnreadableFile where that is nothing, or cannot be found out. */
  kindOf(path: string): EntryKind;
  /** The names in a folder, in order. Throws UnreadableFile. */
  namesIn(folder: string): string[];
  /** Whether a name is taken, by a symlink that leads nowhere, too. */
  isThere(path: string): boolean;
  /** A regular file as it is now. Throws UnreadableFile. */
  bytesOf(path: string): StoredBytes;
  /** Whether two paths lead to one folder; false where one does not lead to any. */
  isSameFolder(a: string, b: string): boolean;
  /** Whether all of a snapshot was proven when it was made, and it is no server's own; where there are such. */
  isProven?(path: string): boolean;
}

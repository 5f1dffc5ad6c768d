import { basename, dirname, join, resolve } from "node:path";
import type { FileTree } from "../../io/file-tree.js";
import type { StoredBytes } from "../../io/stored-bytes.js";

/** A folder of a source, on this machine or in an archive. */
export class Folder {
  readonly tree: FileTree;
  readonly path: string;

  constructor(tree: FileTree, path: string) {
    this.tree = tree;
    this.path = path;
  }

  /** As messages name it. */
  get id(): string {
    return this.tree.shown(this.path);
  }

  get name(): string {
    return basename(resolve(this.path));
  }

  /** In order. Throws UnreadableFile. */
  names(): string[] {
    return this.tree.namesIn(this.path);
  }

  /** Where something in it is, as messages name it. */
  idOf(name: string): string {
    return this.tree.shown(this.pathOf(name));
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** A symlink that leads nowhere is there. */
  has(name: string): boolean {
    return this.tree.isThere(this.pathOf(name));
  }

  /** False where that cannot be found out. */
  hasFolder(name: string): boolean {
    return isFolder(this.tree, this.pathOf(name));
  }

  /** A regular file in it. Throws UnreadableFile. */
  bytesOf(name: string): StoredBytes {
    return this.tree.bytesOf(this.pathOf(name));
  }

  inner(name: string): Folder {
    return new Folder(this.tree, this.pathOf(name));
  }

  above(): Folder {
    return new Folder(this.tree, dirname(resolve(this.path)));
  }

  is(other: Folder): boolean {
    return this.tree === other.tree && this.tree.isSameFolder(this.path, other.path);
  }
}

/** Whether a path leads to a folder; false where that cannot be found out. */
export function isFolder(tree: FileTree, path: string): boolean {
  try {
    return tree.kindOf(path) === "a folder";
  } catch {
    return false;
  }
}

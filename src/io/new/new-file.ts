import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { cannotWrite, exists, makeTemporary, parentOfNew, taken, type Temporary } from "./new-path.js";
import { syncFolder } from "./sync-folder.js";

/** A new file that is written under a temporary name, and gets its own when all of it is on disk. */
export class NewFile {
  readonly path: string;
  private readonly parent: string;
  private temporary: Temporary<OpenFile> | null = null;
  private done = false;

  /**
   * Nothing is made before the first write.
   * Throws ZkRewindError 3 where something has the path already, or nothing can be made there.
   */
  constructor(path: string) {
    this.path = path;
    this.parent = parentOfNew(path);
  }

  /** Throws ZkRewindError 3 where it cannot be written. */
  write(bytes: Uint8Array): void {
    const { descriptor } = this.open().made;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  /** Brings the file to disk and puts it under its name. */
  finish(): void {
    if (this.done) return;
    const temporary = this.open();
    try {
      fsyncSync(temporary.made.descriptor);
      close(temporary.made);
      nameFile(temporary.path, this.path);
      remove(temporary.path);
      syncFolder(this.parent);
    } catch (error) {
      throw cannotWrite(this.path, error);
    } finally {
      this.discard();
    }
  }

  /** Leaves nothing behind. */
  discard(): void {
    const { temporary } = this;
    this.done = true;
    this.temporary = null;
    if (!temporary) return;
    close(temporary.made);
    remove(temporary.path);
    temporary.finished();
  }

  private open(): Temporary<OpenFile> {
    const make = (path: string): OpenFile => ({ descriptor: openSync(path, "wx", 0o666), isOpen: true });
    this.temporary ??= makeTemporary(this.parent, make, remove);
    return this.temporary;
  }
}

/**
 * Makes a file that `fill` writes: it is given a temporary name in the same folder, under which nothing is yet, and what
 * it has written there gets the path for its own. Nothing is left of it on failure.
 *
 * Throws ZkRewindError 3 where something has the path already, or it cannot be written.
 */
export async function makeFile<T>(path: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const parent = parentOfNew(path);
  const { path: temporary, finished } = makeTemporary(parent, () => undefined, remove);
  try {
    const result = await fill(temporary);
    nameFile(temporary, path);
    syncFolder(parent);
    return result;
  } catch (error) {
    throw cannotWrite(path, error);
  } finally {
    remove(temporary);
    finished();
  }
}

interface OpenFile {
  descriptor: number;
  isOpen: boolean;
}

function close(file: OpenFile): void {
  if (file.isOpen) closeSync(file.descriptor);
  file.isOpen = false;
}

function remove(path: string): void {
  rmSync(path, { force: true });
}

/** Unlike a rename, a link fails where something has taken the name in the meantime. */
function nameFile(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || exists(path)) throw taken(path);
    if (!NO_LINKS.has(code ?? "")) throw error;
    renameSync(temporary, path);
  }
}

/** What file systems without hard links answer. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Writes a short file whole, and brings it to disk, in a folder that is itself being made. */
export function writeNew(path: string, text: string): void {
  const descriptor = openSync(path, "wx", 0o644);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

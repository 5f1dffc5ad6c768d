import { closeSync, fsyncSync, openSync } from "node:fs";

/**
 * Brings a folder's entries to disk: a file that is on disk can still lose its name without that. Nothing is done where
 * the system cannot, as Windows and some network file systems.
 */
export function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** EACCES: a folder that may be written and not read. */
const CANNOT = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "EBADF"]);

import { closeSync, fsyncSync, openSync } from "node:fs";

/** Brings a folder's entries to disk: a file that is on disk can still lose its name without that. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

import { DISK } from "../../io/disk.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import type { DataDirectory } from "./data-directory.js";
import { Folder } from "./folder.js";
import { numberFile } from "./number-file.js";

/** The file `myid` in a dataDir, which holds an ensemble's server's own number. */
export interface OwnId {
  path: string;
  /** Null where there is no such file. */
  text: string | null;
}

/** The files `myid` that belong to a directory: beside each version-2 that its files are in. */
export function ownIds({ places }: DataDirectory): OwnId[] {
  return places
    .filter(({ name }) => name === "version-2")
    .map((version) => {
      const folder = version.above();
      return { path: folder.idOf("myid"), text: textIn(folder) };
    });
}

/** The number in a dataDir's `myid`; null where there is none that can be read. */
export function idIn(dataDir: string): number | null {
  const text = textIn(new Folder(DISK, dataDir))?.trim();
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null;
}

function textIn(folder: Folder): string | null {
  try {
    return numberFile(folder.bytesOf("myid"));
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
}

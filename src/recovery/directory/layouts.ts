import { parseFileName } from "../../storage/names.js";
import type { Folder } from "./folder.js";

/** The `version-2` in a folder, or the folder itself where it is one or holds such files; null otherwise. */
export function versionFolder(folder: Folder): Folder | null {
  if (folder.hasFolder(VERSION)) return folder.inner(VERSION);
  const isOne =
    folder.name === VERSION || (folder.name !== OLD_VERSION && folder.names().some((name) => parseFileName(name)));
  return isOne ? folder : null;
}

/** The same of a folder in another, which may not be there or not be readable. */
export function versionFolderIn(folder: Folder, name: string): Folder | null {
  try {
    return folder.hasFolder(name) ? versionFolder(folder.inner(name)) : null;
  } catch {
    return null;
  }
}

/** Whether a folder is a `version-1`, or holds one: the format of ZooKeeper before 3.0. */
export function isVersion1(folder: Folder): boolean {
  return folder.name === OLD_VERSION || folder.hasFolder(OLD_VERSION);
}

/**
 * Where in an archive the data is: `tar c /var/lib/zookeeper` makes folders above it. The first folder down from the top
 * that is a data directory's, or that does not just hold another one.
 */
export function innermost(folder: Folder): Folder {
  const names = folder.names();
  const [only] = names;
  const leadsOn = only !== undefined && names.length === 1 && folder.hasFolder(only) && versionFolder(folder) === null;
  return leadsOn ? innermost(folder.inner(only)) : folder;
}

const VERSION = "version-2";
const OLD_VERSION = "version-1";

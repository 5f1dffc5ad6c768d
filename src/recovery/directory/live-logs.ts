import { join } from "node:path";
import { DISK } from "../../io/disk.js";
import { statusOf } from "../../io/regular-file.js";
import { parseFileName } from "../../storage/names.js";

/** A log of a server that may be running. */
export interface LiveLog {
  path: string;
  /** In its name. */
  zxid: bigint;
  /** Tells it from one that had the same name, or the same inode, before it was deleted. */
  key: string;
}

/** The logs that lie in folders now, by the zxids in their names. What vanishes meanwhile, log or folder, is not among them. */
export function liveLogs(folders: readonly string[]): LiveLog[] {
  const files: LiveLog[] = [];
  for (const folder of folders) {
    for (const name of namesNow(folder)) {
      const parsed = parseFileName(name);
      // No server writes a compressed one.
      if (parsed?.kind !== "log" || parsed.suffix !== "") continue;
      const path = join(folder, name);
      const status = statusOf(path);
      if (status) files.push({ path, zxid: parsed.zxid, key: `${path} ${status.inode}` });
    }
  }
  return files.sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
}

/** The names in a folder of a server that may be running; none where the folder is gone: servers are set up anew. */
export function namesNow(folder: string): string[] {
  try {
    return DISK.namesIn(folder);
  } catch (error) {
    if (DISK.isThere(folder)) throw error;
    return [];
  }
}

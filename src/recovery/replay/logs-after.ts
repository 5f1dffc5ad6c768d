import type { StoredFile } from "../directory/data-directory.js";

/** The logs that can hold what follows a zxid: by their names, from the last with something in it that begins at or before it. */
export function logsAfter(logs: readonly StoredFile[], zxid: bigint): readonly StoredFile[] {
  let start = 0;
  for (const [index, log] of logs.entries())
    if (log.size > 0 && log.zxid !== null && log.zxid <= zxid + 1n) start = index;
  return logs.slice(start);
}

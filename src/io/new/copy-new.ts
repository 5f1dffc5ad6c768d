import { constants } from "node:fs";
import { copyFile, open } from "node:fs/promises";

/**
 * Copies a file that was written to one beside it, which must not exist, and brings that to disk: by the file system, as
 * a clone where it can make one. What lands there is not looked at.
 */
export async function copyNew(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const file = await open(to, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

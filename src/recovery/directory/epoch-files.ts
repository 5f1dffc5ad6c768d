import { lstatSync } from "node:fs";
import { join } from "node:path";
import { readPart, withRegular } from "../../io/regular-file.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import type { EpochFiles } from "./data-directory.js";
import { say, type Message } from "../../text/message.js";

/**
 * Reads the epoch files of a version-2 folder. `note` is called for one that is there and cannot be read; one that
 * holds more than any number takes is read no further than that.
 */
export function readEpochs(folder: string, note: (error: UnreadableFile) => void): EpochFiles {
  const unread: Message[] = [];
  const read = (name: "currentEpoch" | "acceptedEpoch" | "currentEpoch.tmp"): string | null => {
    const path = join(folder, name);
    try {
      return withRegular(path, (file) => {
        if (file.size > MOST_BYTES)
          throw new UnreadableFile(path, say`${file.size} bytes where a number belongs: it is not read`);
        return readPart(path, file, 0, MOST_BYTES).toString("utf8");
      });
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      if (!isThere(path)) return null;
      note(error);
      unread.push(say`${name} cannot be read: ${error.why}`);
      return null;
    }
  };
  const [current, accepted, temporary] = [read("currentEpoch"), read("acceptedEpoch"), read("currentEpoch.tmp")];
  return { current, accepted, temporary, updating: isThere(join(folder, "updatingEpoch")), unread };
}

/** A symlink that leads nowhere is there. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Servers write a number of at most 20 characters; an editor may add a line's end. */
const MOST_BYTES = 4096;

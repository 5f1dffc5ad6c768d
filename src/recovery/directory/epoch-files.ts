import { isSystemError, UnreadableFile } from "../../io/unreadable-file.js";
import type { EpochFiles } from "./data-directory.js";
import type { Folder } from "./folder.js";
import { numberFile } from "./number-file.js";
import { say, type Message } from "../../text/message.js";

/**
 * Reads the epoch files of a version-2 folder. `note` is called for one that is there and cannot be read; one that
 * holds more than any number takes is read no further than that.
 */
export function readEpochs(folder: Folder, note: (error: UnreadableFile) => void): EpochFiles {
  const unread: Message[] = [];
  const unopened: string[] = [];
  const read = (name: "currentEpoch" | "acceptedEpoch" | "currentEpoch.tmp"): string | null => {
    try {
      return numberFile(folder.bytesOf(name));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      if (!folder.has(name)) return null;
      note(error);
      if (failsToOpen(folder, name, error)) unopened.push(name);
      else unread.push(say`${name} cannot be read: ${error.why}`);
      return null;
    }
  };
  const [current, accepted, temporary] = [read("currentEpoch"), read("acceptedEpoch"), read("currentEpoch.tmp")];
  return { current, accepted, temporary, updating: folder.has("updatingEpoch"), unread, unopened };
}

/** Whether Java throws FileNotFoundException for it, and a server can put its own in its place. */
function failsToOpen(folder: Folder, name: string, { cause }: UnreadableFile): boolean {
  if (!folder.hasFolder(name)) return isSystemError(cause) && cause.syscall !== "read";
  try {
    return folder.inner(name).names().length === 0;
  } catch {
    return false;
  }
}

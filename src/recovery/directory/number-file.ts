import type { StoredBytes } from "../../io/stored-bytes.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { say } from "../../text/message.js";

/** The text of a file that holds a number. Throws UnreadableFile, also where it has more bytes than any number takes. */
export function numberFile(stored: StoredBytes): string {
  if (stored.size > MOST_BYTES)
    throw new UnreadableFile(stored.id, say`${stored.size} bytes where a number belongs: it is not read`);
  return stored.readAt(0, MOST_BYTES).toString("utf8");
}

/** Servers write a number of at most 20 characters; an editor may add a line's end. */
const MOST_BYTES = 4096;

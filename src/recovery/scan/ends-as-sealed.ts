import type { StoredBytes } from "../../io/stored-bytes.js";
import { UnreadableFile } from "../../io/unreadable-file.js";

/** Whether a file ends in an int 1 and "/", as it is stored. */
export function endsAsSealed(bytes: StoredBytes): boolean {
  if (bytes.size < SHORTEST) return false;
  try {
    return bytes.readAt(bytes.size - END.length, END.length).equals(END);
  } catch (error) {
    if (error instanceof UnreadableFile) return false;
    throw error;
  }
}

const END = Buffer.from([0, 0, 0, 1, 0x2f]);
/** Bytes that a server wants at the least. */
const SHORTEST = 10;

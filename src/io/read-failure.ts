import { type Finding, finding } from "../findings/finding.js";
import { CompressionError } from "./byte-source.js";
import { UnreadableFile } from "./unreadable-file.js";
import { say, tag } from "../text/message.js";

/** What an error met while reading a source says of its file, at an uncompressed offset; null for any other error. */
export function readFailure(error: unknown, file: string, offset: number): Finding | null {
  if (error instanceof CompressionError)
    return finding("file.compression", say`${tag.system(error.message)}`, { file, offset });
  return error instanceof UnreadableFile ? unreadable(error, offset) : null;
}

/** The finding for a file that cannot be opened or read (on). */
export function unreadable({ path, why }: UnreadableFile, offset = 0): Finding {
  return finding("file.unreadable", why, { file: path, ...(offset > 0 ? { offset } : {}) });
}

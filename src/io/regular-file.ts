import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { asUnreadable, UnreadableFile } from "./unreadable-file.js";
import { say } from "../text/message.js";

/** An open file, and what was known of it then. */
export interface OpenFile {
  descriptor: number;
  /** Bytes. */
  size: number;
  /** When it was last changed, in milliseconds. */
  modified: number;
}

/**
 * Opens a regular file for reading, and nothing else: a pipe would wait for a writer, a device could give bytes without
 * end or do something when it is opened. What is opened is asked again what it is, for the name may lead elsewhere by
 * then.
 *
 * Throws UnreadableFile.
 */
export function openRegular(path: string): OpenFile {
  try {
    refuseOthers(path, statSync(path));
    const descriptor = openSync(path, FLAGS);
    try {
      const stats = fstatSync(descriptor);
      refuseOthers(path, stats);
      return { descriptor, size: stats.size, modified: stats.mtimeMs };
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  } catch (error) {
    throw asUnreadable(path, error);
  }
}

/** Up to `length` bytes of an open file from a position on; fewer where it ends before. */
export function readPart(path: string, { descriptor }: OpenFile, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(length, 0));
  let read = 0;
  try {
    while (read < length) {
      const count = readSync(descriptor, bytes, read, length - read, from + read);
      if (count === 0) break;
      read += count;
    }
  } catch (error) {
    throw asUnreadable(path, error);
  }
  return bytes.subarray(0, read);
}

/** Opens a regular file for as long as `use` takes. Throws UnreadableFile. */
export function withRegular<T>(path: string, use: (file: OpenFile) => T): T {
  const file = openRegular(path);
  try {
    return use(file);
  } finally {
    closeSync(file.descriptor);
  }
}

/** Up to `length` bytes of a regular file from a position on; fewer where it ends before. Throws UnreadableFile. */
export function readBytes(path: string, from: number, length: number): Buffer {
  return withRegular(path, (file) => readPart(path, file, from, length));
}

/** What something is that is no regular file. */
export function kindOfEntry(stats: Stats): "a folder" | "a named pipe" | "a socket" | "a device" | "no regular file" {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return "a device";
  return "no regular file";
}

function refuseOthers(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new UnreadableFile(path, say`${kindOfEntry(stats)}, not a regular file`);
}

/** Windows has no such flags. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

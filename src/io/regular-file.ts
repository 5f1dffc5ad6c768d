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
 * Throws UnreadableFile, which calls it `name`.
 */
export function openRegular(path: string, name = path): OpenFile {
  try {
    refuseOthers(name, statSync(path));
    const descriptor = openSync(path, FLAGS);
    try {
      const stats = fstatSync(descriptor);
      refuseOthers(name, stats);
      return { descriptor, size: stats.size, modified: stats.mtimeMs };
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  } catch (error) {
    throw asUnreadable(name, error);
  }
}

/** Up to `length` bytes of an open file from a position on; fewer where it ends before. */
export function readPart(name: string, { descriptor }: OpenFile, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(length, 0));
  let read = 0;
  try {
    while (read < length) {
      const count = readSync(descriptor, bytes, read, length - read, from + read);
      if (count === 0) break;
      read += count;
    }
  } catch (error) {
    throw asUnreadable(name, error);
  }
  return bytes.subarray(0, read);
}

/** Opens a regular file for as long as `use` takes. Throws UnreadableFile, which calls it `name`. */
export function withRegular<T>(path: string, use: (file: OpenFile) => T, name = path): T {
  const file = openRegular(path, name);
  try {
    return use(file);
  } finally {
    closeSync(file.descriptor);
  }
}

/** What is known of a regular file without opening it; null where there is none (any more). */
export function statusOf(path: string): { size: number; modified: number; inode: number } | null {
  try {
    const stats = statSync(path);
    return stats.isFile() ? { size: stats.size, modified: stats.mtimeMs, inode: stats.ino } : null;
  } catch {
    return null;
  }
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

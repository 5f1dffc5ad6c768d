import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { kindOfEntry } from "./entry-kind.js";
import { asUnreadable, notRegular, UnreadableFile } from "./unreadable-file.js";

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

/** What is known of a regular file without opening it. */
export interface FileStatus {
  /** Bytes. */
  size: number;
  /** When it was last changed, in milliseconds. */
  modified: number;
  inode: number;
}

/** Throws UnreadableFile where there is none. */
export function statusAt(path: string): FileStatus {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    throw asUnreadable(path, error);
  }
  refuseOthers(path, stats);
  return { size: stats.size, modified: stats.mtimeMs, inode: stats.ino };
}

/** The same; null where there is none (any more). */
export function statusOf(path: string): FileStatus | null {
  try {
    return statusAt(path);
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
}

function refuseOthers(name: string, stats: Stats): void {
  if (!stats.isFile()) throw notRegular(name, kindOfEntry(stats));
}

/** Windows has no such flags. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

import { accessSync, constants, lstatSync, type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";
import { whileUnfinished } from "./unfinished.js";
import { inWords, isSystemError } from "../unreadable-file.js";

/**
 * Files and folders are made whole or not at all: under a temporary name in the same folder, which nothing has had
 * before, and with their own name only when all of them is on disk. What has that name already, be it a symlink to
 * nowhere, is left alone.
 */

/**
 * The folder that a new file or folder is going to be in: to be asked before the work, which may take long.
 *
 * Throws ZkRewindError 3 where something has the path already, or nothing can be made there.
 */
export function parentOfNew(path: string): string {
  const parent = dirname(resolve(path));
  let stats: Stats;
  try {
    stats = statSync(parent);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw cannotWriteIn(parent, error);
    throw new ZkRewindError(say`${tag.file(parent)}: no such folder`, { exitCode: 3, cause: error });
  }
  if (!stats.isDirectory()) throw new ZkRewindError(say`${tag.file(parent)}: not a folder`, { exitCode: 3 });
  if (exists(path)) throw taken(path);
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotWriteIn(parent, error);
  }
  return parent;
}

/** Whether anything has a path, a symlink that leads nowhere included. */
export function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

export function taken(path: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(path)} exists already`, {
    exitCode: 3,
    hint: say`zkrewind never overwrites anything: name another path.`,
  });
}

/** Something with a temporary name. */
export interface Temporary<T> {
  path: string;
  /** What making it answered. */
  made: T;
  /** Says that it has its own name now, or is gone. */
  finished: () => void;
}

/**
 * Has `make` make something, and fail with EEXIST if it is there, under names in a folder that nobody can foresee, until
 * one is free: so what a killed run left behind, or someone put there, is never in the way. `remove` is called if the
 * process is ended before it is finished.
 */
export function makeTemporary<T>(
  parent: string,
  make: (path: string) => T,
  remove: (path: string) => void,
): Temporary<T> {
  for (;;) {
    const path = join(parent, `.zkrewind-${randomName()}.tmp`);
    let isOurs = false;
    // Before it is made: a signal can come at once.
    const finished = whileUnfinished(() => {
      if (isOurs) remove(path);
    });
    try {
      const made = make(path);
      isOurs = true;
      return { path, made, finished };
    } catch (error) {
      finished();
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw cannotWriteIn(parent, error);
    }
  }
}

function randomName(): string {
  // Loaded only where something is written.
  return process.getBuiltinModule("node:crypto").randomBytes(8).toString("hex");
}

/** A system call's error as one that names what could not be written; any other as it is. */
export function cannotWrite(path: string, error: unknown): unknown {
  return isSystemError(error) ? failure(say`cannot write ${tag.file(path)}`, error) : error;
}

function cannotWriteIn(folder: string, error: unknown): unknown {
  return isSystemError(error) ? failure(say`cannot write in ${tag.file(folder)}`, error) : error;
}

function failure(what: Message, error: NodeJS.ErrnoException): ZkRewindError {
  return new ZkRewindError(say`${what}: ${inWords(error)}`, { exitCode: 3, cause: error });
}

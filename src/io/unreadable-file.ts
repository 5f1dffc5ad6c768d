import { ZkRewindError } from "../findings/finding.js";
import type { EntryKind } from "./entry-kind.js";
import { say, tag, type Message } from "../text/message.js";

/** A file or folder that cannot be opened or read, with the reason in words. Readers make a finding of it. */
export class UnreadableFile extends ZkRewindError {
  override name = "UnreadableFile";
  readonly path: string;
  /** Why, without the path. */
  readonly why: Message;

  constructor(path: string, why: Message, cause?: unknown) {
    super(say`${tag.file(path)}: ${why}`, { exitCode: 3, ...(cause === undefined ? {} : { cause }) });
    this.path = path;
    this.why = why;
  }
}

/** Something that is not opened, because it is no regular file. */
export function notRegular(path: string, kind: EntryKind): UnreadableFile {
  return new UnreadableFile(path, say`${kind}, not a regular file`);
}

/** The file system's error as an UnreadableFile; any other error as it is. */
export function asUnreadable(path: string, error: unknown): unknown {
  return isSystemError(error) ? new UnreadableFile(path, inWords(error), error) : error;
}

/** Whether an error came from a system call. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

/** A file system error in words, without the path. */
export function inWords(error: NodeJS.ErrnoException): Message {
  return say`${tag.system(WORDS[error.code ?? ""] ?? error.message)}`;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "read-only file system",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "larger than the file system or a limit allows",
  EISDIR: "is a folder",
  ENOTDIR: "a part of the path is not a folder",
  EEXIST: "exists already",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "a symlink that leads nowhere",
  EIO: "input/output error: the disk or its driver gave up",
  ENXIO: "no such device",
  EPIPE: "its reader is gone",
  ESTALE: "the network file system has lost the file",
  EMFILE: "too many open files",
  ENFILE: "too many open files on this machine",
};

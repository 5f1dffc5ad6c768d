import { ZkRewindError } from "../../findings/finding.js";
import { ClosedPipe, writeText } from "./descriptors.js";
import { reportFindings } from "./report.js";
import { ownLines, shown } from "./text.js";
import { type Message, type Tagged, say, tag } from "../../text/message.js";
import { safe } from "../../text/safe.js";

/** Says on standard error what went wrong, and sets the exit code. */
export function reportError(error: unknown): void {
  if (error instanceof ClosedPipe) return;
  if (error instanceof ZkRewindError) {
    reportFindings(error.findings);
    complain(error.said.message, error.said.hint);
    process.exitCode = error.exitCode;
  } else if (isSystemError(error)) {
    complain(say`${error.path === undefined ? "" : say`${tag.file(error.path)}: `}${inWords(error)}`);
    process.exitCode = CANNOT_READ_OR_WRITE;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    complain(
      say`internal error: ${tag.line(message)}`,
      say`Please report it; ZKREWIND_DEBUG=1 shows where it came from.`,
    );
    process.exitCode = CANNOT_READ_OR_WRITE;
  }
  if (process.env["ZKREWIND_DEBUG"] && error instanceof Error) writeText(2, safe`${ownLines(error.stack ?? "")}\n`);
}

const CANNOT_READ_OR_WRITE = 3;

function complain(message: Message, hint?: Message): void {
  writeText(2, safe`zkrewind: ${shown(message)}\n${hint === undefined ? "" : safe`  ${shown(hint)}\n`}`);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EISDIR: "is a folder",
  ENOTDIR: "a part of the path is not a folder",
  EEXIST: "exists already",
  EIO: "input/output error: the disk or its driver gave up",
  EMFILE: "too many open files",
};

function inWords(error: NodeJS.ErrnoException): Tagged {
  return tag.system(WORDS[error.code ?? ""] ?? error.message);
}

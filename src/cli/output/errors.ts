import { ZkRewindError } from "../../findings/finding.js";
import { inWords, isSystemError } from "../../io/unreadable-file.js";
import { context } from "../context/context.js";
import { ClosedPipe } from "../context/streams.js";
import { writeText } from "./descriptors.js";
import { reportFindings } from "./report.js";
import { shown } from "./text.js";
import { type Message, say, tag } from "../../text/message.js";
import { type Safe, safe } from "../../text/safe.js";
import { escapedLines } from "../../text/unsafe.js";
import { redactor } from "../redaction.js";

/** Says on standard error what went wrong, and sets the exit code. */
export function reportError(error: unknown): void {
  if (error instanceof ClosedPipe) return;
  if (error instanceof ZkRewindError) {
    reportFindings(error.findings);
    complain(error.said.message, error.said.hint);
    context().exitCode = error.exitCode;
  } else if (isSystemError(error)) {
    complain(say`${error.path === undefined ? "" : say`${tag.file(error.path)}: `}${inWords(error)}`);
    context().exitCode = CANNOT_READ_OR_WRITE;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    complain(
      say`internal error: ${tag.line(message)}`,
      say`Please report it; ZKREWIND_DEBUG=1 shows where it came from.`,
    );
    context().exitCode = CANNOT_READ_OR_WRITE;
  }
  if (context().env["ZKREWIND_DEBUG"] && error instanceof Error) writeText(2, safe`${stackText(error)}\n`);
}

const CANNOT_READ_OR_WRITE = 3;

function complain(message: Message, hint?: Message): void {
  writeText(2, safe`zkrewind: ${shown(message)}\n${hint === undefined ? "" : safe`  ${shown(hint)}\n`}`);
}

/** Where an error came from; its message may hold anything, and is left out of a redacted run. */
function stackText({ stack = "" }: Error): Safe {
  return escapedLines(redactor() ? stack.replace(/^[^]*?(?=\n\s+at )/, "") : stack);
}

import { fstatSync, writeSync } from "node:fs";
import { cannotWrite } from "../../io/new/new-path.js";

/** Standard output or standard error. */
export type Descriptor = 1 | 2;

/** Thrown where nobody reads the output any more: not an error, the end. */
export class ClosedPipe extends Error {
  override name = "ClosedPipe";
}

/** Where a request's input comes from, and where its output and its messages go. */
export interface Streams {
  /**
   * Writes bytes from `from` on, as many as are taken at once; returns the place after them. Throws ClosedPipe where
   * nobody reads them, ZkRewindError 3 where standard output cannot be written.
   */
  write(descriptor: Descriptor, bytes: Uint8Array, from: number): number;
  isTerminal(descriptor: 0 | Descriptor): boolean;
  /** Whether standard output is a terminal or goes to a program that may show it. */
  isLookedAt(): boolean;
  /** Columns of the terminal. */
  columns(): number;
  stdin(): NodeJS.ReadableStream;
  /** For what draws on the terminal by itself. */
  stderr(): NodeJS.WritableStream;
}

/**
 * The process's own. process.stdout is not used: it would queue all of a large output in memory, and make a pipe
 * non-blocking, for others that share it too.
 */
export const PROCESS_STREAMS: Streams = {
  write(descriptor, bytes, from) {
    let at = from;
    try {
      while (at < bytes.length) at += writeSync(descriptor, bytes, at, Math.min(PIECE, bytes.length - at));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") throw new ClosedPipe();
      // Full, and someone else made it so that it does not wait.
      if (code !== "EAGAIN") throw descriptor === 1 ? cannotWrite("to standard output", error) : error;
    }
    return at;
  },
  /** Only where a descriptor can be a terminal is node:tty loaded: it takes longer than most questions. */
  isTerminal(descriptor) {
    try {
      if (!fstatSync(descriptor).isCharacterDevice()) return false;
    } catch {
      // Closed, or a console that this system has no status of: the other way of asking knows.
    }
    return process.getBuiltinModule("node:tty").isatty(descriptor);
  },
  isLookedAt() {
    try {
      const status = fstatSync(1);
      return status.isFIFO() || status.isSocket() || this.isTerminal(1);
    } catch {
      return true;
    }
  },
  columns() {
    const { WriteStream } = process.getBuiltinModule("node:tty");
    return new WriteStream(1).columns || 80;
  },
  stdin: () => process.stdin,
  stderr: () => process.stderr,
};

const PIECE = 1 << 20;

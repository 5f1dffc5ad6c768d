import { writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { cannotWrite } from "../../io/new-path.js";
import type { Sink } from "../../io/sink.js";
import type { Safe } from "../../text/safe.js";

/** Thrown where nobody reads the output any more: not an error, the end. */
export class ClosedPipe extends Error {
  override name = "ClosedPipe";
}

/**
 * Standard output. process.stdout is not used: it would queue all of a large output in memory, and make a pipe
 * non-blocking, for others that share it too.
 */
export class StdoutSink implements Sink {
  write(bytes: Uint8Array): void | Promise<void> {
    announce?.(1);
    const written = writeSome(1, bytes, 0);
    if (written < bytes.length) return this.writeRest(bytes, written);
  }

  private async writeRest(bytes: Uint8Array, from: number): Promise<void> {
    for (let at = from; at < bytes.length; ) {
      await setTimeout(WAIT);
      at = writeSome(1, bytes, at);
    }
  }
}

/** Has `listener` called before anything is written: what stands on the terminal can make room. */
export function beforeWriting(listener: (descriptor: 1 | 2) => void): void {
  announce = listener;
}

let announce: ((descriptor: 1 | 2) => void) | null = null;

/**
 * Writes a short text whole: messages, help. Nobody listening is no error, nor is it one that a message cannot be
 * written: nobody could be told.
 */
export function writeText(descriptor: 1 | 2, text: Safe): void {
  announce?.(descriptor);
  const bytes = Buffer.from(text);
  try {
    for (let at = writeSome(descriptor, bytes, 0); at < bytes.length; at = writeSome(descriptor, bytes, at)) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT);
    }
  } catch (error) {
    if (!(error instanceof ClosedPipe) && descriptor === 1) throw error;
  }
}

/** Writes from `at` on, up to where the descriptor would block (someone else made it so); answers that place. */
function writeSome(descriptor: number, bytes: Uint8Array, from: number): number {
  let at = from;
  try {
    while (at < bytes.length) at += writeSync(descriptor, bytes, at, Math.min(PIECE, bytes.length - at));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPIPE") throw new ClosedPipe();
    if (code !== "EAGAIN") throw descriptor === 1 ? cannotWrite("to standard output", error) : error;
  }
  return at;
}

const PIECE = 1 << 20;
/** Milliseconds until a full pipe is tried again. */
const WAIT = 2;

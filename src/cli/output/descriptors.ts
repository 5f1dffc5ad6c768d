import { setTimeout } from "node:timers/promises";
import type { Sink } from "../../io/sink.js";
import type { Safe } from "../../text/safe.js";
import { context } from "../context/context.js";
import { ClosedPipe, type Descriptor, type Streams } from "../context/streams.js";

/** Standard output. */
export class StdoutSink implements Sink {
  private readonly streams: Streams = context().streams;

  write(bytes: Uint8Array): void | Promise<void> {
    context().progress.giveWay(1);
    const written = this.streams.write(1, bytes, 0);
    if (written < bytes.length) return this.writeRest(bytes, written);
  }

  private async writeRest(bytes: Uint8Array, from: number): Promise<void> {
    for (let at = from; at < bytes.length; ) {
      await setTimeout(WAIT);
      at = this.streams.write(1, bytes, at);
    }
  }
}

/**
 * Writes a short text whole: messages, help. Nobody listening is no error, nor is it one that a message cannot be
 * written: nobody could be told.
 */
export function writeText(descriptor: Descriptor, text: Safe): void {
  const { streams, progress } = context();
  progress.giveWay(descriptor);
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; (at = streams.write(descriptor, bytes, at)) < bytes.length; )
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT);
  } catch (error) {
    if (!(error instanceof ClosedPipe) && descriptor === 1) throw error;
  }
}

/** Milliseconds until a full pipe is tried again. */
const WAIT = 2;

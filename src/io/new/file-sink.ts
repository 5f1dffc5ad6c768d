import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { NewFile } from "./new-file.js";
import { cannotWrite } from "./new-path.js";
import type { Sink } from "../sink.js";

/**
 * A new file, whole or not at all: see NewFile. A device or named pipe (/dev/null) is written to as it is.
 *
 * @example
 * import { mkdtempSync, readFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { FileSink } from "zkrewind/io";
 *
 * const sink = new FileSink(join(mkdtempSync(join(tmpdir(), "new-")), "file"));
 * await sink.write(Buffer.from("whole, or not at all"));
 * sink.finish();
 * console.log(readFileSync(sink.path, "utf8"));
 */
export class FileSink implements Sink {
  readonly path: string;
  private readonly out: Pick<NewFile, "write" | "finish" | "discard">;
  private pause = Date.now() + PAUSE_EVERY;

  /** Refuses what exists; nothing is made before the first write. */
  constructor(path: string) {
    this.path = path;
    this.out = isDevice(path) ? new Device(path) : new NewFile(path);
  }

  write(bytes: Uint8Array): void | Promise<void> {
    this.out.write(bytes);
    // Signals are only seen between turns of the event loop: without a pause, Ctrl-C would have to wait for the end.
    if (Date.now() < this.pause) return;
    this.pause = Date.now() + PAUSE_EVERY;
    return setImmediate();
  }

  /** Puts the file under its name. */
  finish(): void {
    this.out.finish();
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.out.discard();
  }
}

function isDevice(path: string): boolean {
  try {
    const stats = statSync(path);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    return false;
  }
}

class Device {
  private readonly path: string;
  /** -1 before the first byte, and when it is closed. */
  private descriptor = -1;

  constructor(path: string) {
    this.path = path;
  }

  write(bytes: Uint8Array): void {
    try {
      if (this.descriptor < 0) this.descriptor = openSync(this.path, "w");
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at, bytes.length - at);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  finish(): void {
    this.discard();
  }

  discard(): void {
    if (this.descriptor >= 0) closeSync(this.descriptor);
    this.descriptor = -1;
  }
}

/** Milliseconds. */
const PAUSE_EVERY = 50;

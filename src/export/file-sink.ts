import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ZkRewindError } from "../findings/finding.js";
import { syncFolder } from "../io/sync-folder.js";
import type { Sink } from "./sink.js";
import { say, tag } from "../text/message.js";

/**
 * A new file. It is written under a temporary name in the same folder, and gets its own only when all of it is on disk:
 * a file with the right name is always whole. An existing one is never replaced; a device or named pipe (/dev/null) is
 * written to as it is.
 */
export class FileSink implements Sink {
  readonly path: string;
  /** What is written to: a device itself. */
  private readonly temporary: string;
  private readonly device: boolean;
  /** -1 before the first byte. */
  private descriptor = -1;
  private done = false;
  private pause = Date.now() + PAUSE_EVERY;

  /** Refuses what exists; nothing is made before the first write. */
  constructor(path: string) {
    this.path = path;
    const stats = statSync(path, { throwIfNoEntry: false });
    this.device = stats !== undefined && !stats.isFile() && !stats.isDirectory();
    if (stats && !this.device) throw refused(path);
    this.temporary = this.device ? path : join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  }

  write(bytes: Uint8Array): void | Promise<void> {
    this.open();
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at, bytes.length - at);
    // Signals are only seen between turns of the event loop: without a pause, Ctrl-C would have to wait for the end.
    if (Date.now() < this.pause) return;
    this.pause = Date.now() + PAUSE_EVERY;
    return setImmediate();
  }

  /** Puts the file under its name. */
  finish(): void {
    if (this.done) return;
    this.open();
    if (this.device) return this.close();
    fsyncSync(this.descriptor);
    this.close();
    try {
      nameFile(this.temporary, this.path);
    } finally {
      rmSync(this.temporary, { force: true });
    }
    syncFolder(dirname(this.path));
  }

  /** Leaves nothing behind. */
  discard(): void {
    if (this.done) return;
    const opened = this.descriptor >= 0;
    this.close();
    if (opened && !this.device) rmSync(this.temporary, { force: true });
  }

  private open(): void {
    if (this.descriptor < 0) this.descriptor = openSync(this.temporary, this.device ? "w" : "wx", 0o666);
  }

  private close(): void {
    this.done = true;
    if (this.descriptor >= 0) closeSync(this.descriptor);
  }
}

/** Unlike a rename, a link fails where something has taken the name in the meantime. */
function nameFile(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || existsSync(path)) throw refused(path);
    if (!NO_LINKS.has(code ?? "")) throw error;
    renameSync(temporary, path);
  }
}

/** What file systems without hard links answer. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

function refused(path: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(path)} exists already`, {
    exitCode: 3,
    hint: say`Nothing is ever overwritten: name another file.`,
  });
}

const PAUSE_EVERY = 50;

import { closeSync, fstatSync, readSync } from "node:fs";
import { openRegular } from "./regular-file.js";
import { asUnreadable } from "./unreadable-file.js";

/** A regular file that somebody else is writing. */
export class GrowingFile {
  readonly path: string;
  private readonly descriptor: number;

  /** Throws UnreadableFile. */
  constructor(path: string) {
    this.path = path;
    this.descriptor = openRegular(path).descriptor;
  }

  /** Bytes that it has now. */
  get size(): number {
    return fstatSync(this.descriptor).size;
  }

  /** Reads up to `length` bytes that are at `position` to `target[offset…]`; returns how many. Throws UnreadableFile. */
  read(target: Buffer, offset: number, length: number, position: number): number {
    try {
      return readSync(this.descriptor, target, offset, length, position);
    } catch (error) {
      throw asUnreadable(this.path, error);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

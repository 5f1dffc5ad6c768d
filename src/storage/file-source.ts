import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "./source.js";

/** A plain file, read synchronously: on a warm cache several times faster than a promise for each chunk. */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly compression = "none";
  /** Its size when it was opened: a live server's log may grow, and what comes later is not read. */
  readonly size: number;
  storedRead = 0;
  private readonly descriptor: number;
  private closed = false;

  constructor(path: string) {
    this.name = path;
    this.descriptor = openSync(path, "r");
    this.size = fstatSync(this.descriptor).size;
  }

  read(target: Buffer, offset: number, length: number): number {
    const wanted = Math.min(length, MOST_A_READ, this.size - this.storedRead);
    if (wanted <= 0) return 0;
    const count = readSync(this.descriptor, target, offset, wanted, this.storedRead);
    this.storedRead += count;
    return count;
  }

  /** The first bytes, without moving on. */
  peek(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.descriptor, bytes, 0, length, 0));
  }

  close(): void {
    if (!this.closed) closeSync(this.descriptor);
    this.closed = true;
  }
}

/** One read system call moves at most 2 GiB - 4 KiB. */
const MOST_A_READ = 0x7ffff000;

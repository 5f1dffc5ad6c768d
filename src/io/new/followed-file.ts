import { closeSync, readSync } from "node:fs";
import type { ByteSource } from "../byte-source.js";
import { openRegular } from "../regular-file.js";
import { asUnreadable } from "../unreadable-file.js";

/** How much of a file is written, for another thread that reads behind: it can be sent there. */
export interface Written {
  /** Bytes that are written; and 1 when there will be no more. */
  readonly bytes: BigInt64Array;
}

export function nothingWritten(): Written {
  return { bytes: new BigInt64Array(new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT)) };
}

/** Says that a file has so many bytes. */
export function haveWritten({ bytes }: Written, count: number): void {
  Atomics.store(bytes, 0, BigInt(count));
  Atomics.notify(bytes, 0);
}

/** Says that no more will come: whoever waits for it goes on. */
export function endWriting({ bytes }: Written): void {
  Atomics.store(bytes, 1, 1n);
  Atomics.notify(bytes, 0);
}

/**
 * A file that another thread is writing, read from the disk's side: by its path, never further than is written. Reading
 * waits, this thread with it, until there is more or no more will come. `size`: what it is going to have.
 */
export class FollowedFile implements ByteSource {
  readonly name: string;
  readonly compression = "none";
  readonly size: number;
  storedRead = 0;
  private readonly written: Written;
  private readonly descriptor: number;
  private closed = false;

  /** Throws UnreadableFile. */
  constructor(path: string, size: number, written: Written) {
    this.name = path;
    this.size = size;
    this.written = written;
    this.descriptor = openRegular(path).descriptor;
  }

  read(target: Buffer, offset: number, length: number): number {
    const there = Math.min(this.waitFor(this.storedRead), this.size);
    const wanted = Math.min(length, there - this.storedRead);
    if (wanted <= 0) return 0;
    try {
      const count = readSync(this.descriptor, target, offset, wanted, this.storedRead);
      this.storedRead += count;
      return count;
    } catch (error) {
      throw asUnreadable(this.name, error);
    }
  }

  again(): FollowedFile {
    return new FollowedFile(this.name, this.size, this.written);
  }

  close(): void {
    if (!this.closed) closeSync(this.descriptor);
    this.closed = true;
  }

  /** Waits until more than `count` bytes are written: how many there are. */
  private waitFor(count: number): number {
    const { bytes } = this.written;
    for (;;) {
      const ended = Atomics.load(bytes, 1) !== 0n;
      const there = Atomics.load(bytes, 0);
      if (ended || there > count) return Number(there);
      // The end is told without a change of the number that is waited on: it may come just before the wait.
      Atomics.wait(bytes, 0, there, MOST_WAIT);
    }
  }
}

/** Milliseconds. */
const MOST_WAIT = 20;

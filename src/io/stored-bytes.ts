import type { Message } from "../text/message.js";
import type { ByteSource } from "./byte-source.js";

/** Where bytes are kept, as plain data that can be sent to another thread. */
export interface Place {
  /** A regular file on this machine. */
  path: string;
  /** What it is called, if not by its path. */
  id?: string;
  /** The bytes of it that count, if not all. */
  part?: { from: number; size: number };
  /** The whole file when it was found: its bytes, and when it was last changed, in milliseconds. */
  status?: { size: number; modified: number };
  /** Why it cannot be read, where that is known. */
  why?: Message;
}

/**
 * Bytes that are kept somewhere under a name, as they are stored, compressed or not: a file, a member of an archive.
 * Whoever reads them knows no more of where they are, so that a new kind of source is one more implementation.
 */
export interface StoredBytes {
  /** Names it in messages, and tells it from all others: a path, or `backup.tar:version-2/log.1f`. */
  readonly id: string;
  /** Bytes, when it was found; 0 where it could not be opened. */
  readonly size: number;
  readonly place: Place;
  /** Up to `length` bytes from `offset` on; fewer where it ends before. Throws UnreadableFile. */
  readAt(offset: number, length: number): Buffer;
  /** All of them, from the beginning. Throws UnreadableFile. */
  open(): StoredSource;
  /** What became of it since it was found: `longer`, where it is at least as long. */
  change(): "none" | "longer" | "other";
}

/** A source of bytes as they are stored, which come at once. */
export interface StoredSource extends ByteSource {
  readonly compression: "none";
  readonly size: number;
  read(target: Buffer, offset: number, length: number): number;
  /** The first bytes, without moving on: before anything is read. */
  peek(length: number): Buffer;
  again(): StoredSource;
}

/** Bytes of a place that a file of `length` bytes has. */
export function sizeWithin({ part }: Place, length: number): number {
  return part ? Math.max(0, Math.min(part.size, length - part.from)) : length;
}

import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";

/**
 * Where a repository's objects are kept. Names are relative, `/`-separated, of [A-Za-z0-9._-] segments that do not begin
 * with a dot (`isObjectName`). Objects are immutable once put, except the few advisory ones that say so.
 *
 * What cannot be reached, read or written throws ZkRewindError 3, with the store's own word for it.
 */
export interface ObjectStore {
  /** What people call it: a folder's path, or s3://bucket/prefix. Never holds a credential. */
  readonly location: string;
  /**
   * Stores `bytes` whole or not at all. "exists" where an object of that name is there: whether it is equal is the
   * caller's to check by `head`. `crc32c` is of the stored bytes, compared with what the store keeps.
   */
  put(name: string, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "exists">;
  /** Undefined where there is none. */
  head(name: string, signal?: AbortSignal): Promise<ObjectInfo | undefined>;
  /**
   * All of it, or of a range what there is of it. Undefined where there is none. Throws ZkRewindError 3 where it is larger
   * than any object: no more than MOST_OBJECT bytes, or the range's, are taken into memory.
   */
  get(name: string, range?: ObjectRange, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** The same, streamed. Throws where there is none. */
  open(name: string, range?: ObjectRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** All whose names begin with a prefix, in the order of their names' bytes. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo>;
  /** No error where there is none. */
  delete(name: string, signal?: AbortSignal): Promise<void>;
}

export interface PutOptions {
  /** Of the stored bytes, an unsigned number. */
  crc32c: number;
  /** Takes the place of an object of that name: for the advisory ones alone. */
  replace?: boolean;
  signal?: AbortSignal;
}

export interface ObjectInfo {
  name: string;
  /** Bytes. */
  size: number;
  /** Undefined where the store keeps none. */
  crc32c: number | undefined;
  /** By the store's clock, in milliseconds since 1970. */
  modified: number;
}

export interface ObjectRange {
  offset: number;
  length: number;
}

/** Whether a name is one that an object can have: nothing else is ever asked of a store, or believed of it. */
export function isObjectName(name: string): boolean {
  return name.length <= MOST_NAME && NAME.test(name);
}

/** Throws ZkRewindError 3 where it is none. */
export function checkObjectName(name: string): void {
  if (!isObjectName(name)) throw new ZkRewindError(say`${tag.file(name)} is not an object's name`, { exitCode: 3 });
}

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
/** S3 takes 1,024 bytes, prefix and all. */
const MOST_NAME = 512;

/**
 * What a snapshot's stream is cut into: a store keeps a CRC-32C of all of an object that came in a single request. Bytes.
 */
export const MOST_PART = 64 << 20;
/**
 * No object is larger, whatever is in it: a segment can end with one long record, which is not cut (MOST_RECORD). What is
 * larger was not put by a writer, and is not taken into memory. Bytes.
 */
export const MOST_OBJECT = 320 << 20;

/** What there is to read of an object that must have so many bytes: one more shows that it has more. */
export function upTo(bytes: number): ObjectRange {
  return { offset: 0, length: Math.min(bytes, MOST_OBJECT) + 1 };
}

export function tooLarge(shown: string): ZkRewindError {
  return new ZkRewindError(say`${tag.file(shown)} is larger than any object that a writer puts`, { exitCode: 3 });
}

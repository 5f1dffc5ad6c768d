import type { FileObjectName, PartName, SegmentName } from "../names.js";

/** The format that is written, and the newest that is read. */
export const FORMAT = 1;
/** No link, mark, record or journal is longer: nothing more is parsed. Bytes. */
export const MOST_DOCUMENT = 64 << 20;
/** DEFLATE makes of a byte no more than these. */
export const MOST_INFLATED = 1032;

/** What one writer says at one time: docs/backup-format.md. */
export interface Link {
  server: string;
  writer: string;
  depth: number;
  /** Whether it holds the whole line by itself. */
  whole: boolean;
  /** When it was written, by the writer's clock: ISO. No order depends on it. */
  time: string;
  /** The link that it continues. */
  previous: { name: string; sha256: string } | null;
  /** The server has no longer what its line held after this zxid. */
  cut: bigint | null;
  segments: Segment[];
  /** In a whole link: what its line once held, and no longer does. */
  dropped: Segment[];
  snapshots: Snapshot[];
  files: FileObject[];
  /** Names of segments whose place those of this link take, in every line: compaction. */
  replaces: string[];
  /** The last transaction that is shipped. */
  tip: Tip | null;
  /** The names of the ensemble's voting members; null where they are not known. */
  voters: string[] | null;
}

/** A transaction, and when it was made by its header, in milliseconds. */
export interface Tip {
  zxid: bigint;
  time: bigint;
}

/** An object, and what a store must have of it. */
export interface StoredObject {
  name: string;
  /** Bytes as stored. */
  size: number;
  /** Of the bytes as stored. */
  crc32c: number;
}

export interface Segment extends SegmentName, StoredObject {
  /** The transaction before its first in the server's own logs; null where that is not known. */
  after: bigint | null;
  /** When its first and last transactions were made, in milliseconds. */
  from: bigint;
  to: bigint;
}

export interface Snapshot {
  kind: PartName["kind"];
  zxid: bigint;
  content: string;
  /** Uncompressed. */
  bytes: number;
  parts: StoredObject[];
  /**
   * Of a base, the name of the segment that ended at its zxid in the line it was made of: it is the state of no other line.
   */
  on?: string;
}

export interface FileObject extends FileObjectName, StoredObject {}

/** All objects that a link names. */
export function objectsOf({ segments, dropped, snapshots, files }: Link): StoredObject[] {
  return [...segments, ...dropped, ...snapshots.flatMap(({ parts }) => parts), ...files].map(
    ({ name, size, crc32c }) => ({
      name,
      size,
      crc32c,
    }),
  );
}

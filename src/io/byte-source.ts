/** How a file is compressed: snappy in the framing of snappy-java, as servers write it. */
export type Compression = "none" | "gzip" | "snappy";

/** What the names of files end in that are compressed so. */
export const SUFFIX: Readonly<Record<Compression, string>> = { none: "", gzip: ".gz", snappy: ".snappy" };

/** A file's uncompressed bytes, from the beginning to the end. What they are read from is opened for reading only. */
export interface ByteSource {
  /** The file's path, for messages. */
  readonly name: string;
  readonly compression: Compression;
  /** Uncompressed bytes in all, where that is known before reading. */
  readonly size: number | undefined;
  /** Bytes of the file that are left out after the header (see LogSlice); none unless given. */
  readonly skipped?: number;
  /** Bytes of the file as stored that were read so far. */
  readonly storedRead: number;
  /**
   * Reads up to `length` bytes to `target[offset…]` and returns how many; 0 at the end.
   * Throws CompressionError where the compressed stream is damaged, and UnreadableFile.
   */
  read(target: Buffer, offset: number, length: number): number | Promise<number>;
  /**
   * The same on another thread, begun before the bytes are wanted; null where that is not worth it. Until it is done
   * nothing else may be read, and target[offset, offset + length) belongs to it.
   */
  readAhead?(target: Buffer, offset: number, length: number): Promise<number> | null;
  /**
   * Reads up to `length` bytes that are at `position`, without moving on; 0 at the end. Only where that costs no more
   * than reading.
   */
  readAt?(target: Buffer, offset: number, length: number, position: number): number;
  /** Has `read` go on at a place: only where that costs nothing. */
  goTo?(position: number): void;
  /** The same bytes once more from the beginning, opened anew. */
  again(): ByteSource;
  close(): void;
}

/** A compressed stream that is damaged, cut, or followed by something else. */
export class CompressionError extends Error {
  override name = "CompressionError";
}

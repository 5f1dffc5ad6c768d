import type { Finding } from "../../findings/finding.js";
import { type ByteRange, LogSlice } from "../../storage/log-slice.js";
import { type ByteSource, openSource } from "../../io/byte-source.js";

/** A snapshot or log, wherever it is kept. */
export interface StoredFile {
  kind: "snapshot" | "log";
  /** As messages name it: the file's name, with its folder where names alone would not do. */
  name: string;
  /** Where it is, for those who open it with other tools. */
  path: string;
  /** The zxid in its name; null where the name has none. */
  zxid: bigint | null;
  /** Bytes as stored. */
  size: number;
  /** When it was last changed, in milliseconds; undefined where that means nothing. */
  modified?: number;
  /** Which of several servers' it is, where several are read as one history (merge.ts). */
  node?: string;
  /** The records of a log that count, where not all of them do. */
  range?: ByteRange;
  open(): ByteSource;
}

/** The text of an epoch file; null where there is none. */
export interface EpochFiles {
  current: string | null;
  accepted: string | null;
}

/**
 * What a source holds: the files of one server's data directory. A folder today; whatever keeps such files can be one.
 */
export interface DataDirectory {
  /** What the user named. */
  sources: string[];
  /** In order of their zxids. */
  snapshots: StoredFile[];
  logs: StoredFile[];
  /** Undefined where the source is single files, which have no epochs beside them. */
  epochs: EpochFiles | undefined;
  /** What was found out by looking at names alone. */
  findings: Finding[];
}

/** Opens what a stored file names: for files that lie on this machine. */
export function openStored({ path, range }: Pick<StoredFile, "path" | "range">): ByteSource {
  return range ? new LogSlice(path, range) : openSource(path);
}

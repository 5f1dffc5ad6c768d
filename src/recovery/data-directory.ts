import type { Finding } from "../storage/finding.js";
import type { ByteSource } from "../storage/source.js";

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

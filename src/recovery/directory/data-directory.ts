import type { Folder } from "./folder.js";
import type { Finding } from "../../findings/finding.js";
import { type ByteRange, LogSlice } from "../../storage/log-slice.js";
import type { ByteSource } from "../../io/byte-source.js";
import { openBytes } from "../../io/open-bytes.js";
import { FailedSource } from "../../io/failed-source.js";
import type { StoredBytes } from "../../io/stored-bytes.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { type Message } from "../../text/message.js";

/**
 * A snapshot or log, wherever it is kept. One that cannot be read, now or later, is one too: whoever reads it gets a
 * finding for that, and goes on with the others.
 */
export interface StoredFile {
  /** By its first bytes; by its name where they cannot be read. */
  kind: "snapshot" | "log";
  /** As messages name it: the file's name, with its folder where names alone would not do. */
  name: string;
  /** Where it is: its bytes' id. */
  path: string;
  /** The zxid in its name; null where the name has none. */
  zxid: bigint | null;
  /** Bytes as stored that are going to be read; 0 where it could not be opened. */
  size: number;
  /** The whole file, as it is stored. */
  bytes: StoredBytes;
  /** Whether all of a snapshot was proven when it was made, by more than is here: a base of a backup. */
  proven?: boolean;
  /** Which of several servers' it is, where several are read as one history (merge.ts). */
  node?: string;
  /** The records of a log that count, where not all of them do. */
  range?: ByteRange;
  /** `range`: these records of a log only. Never throws: a file that cannot be opened fails when read. */
  open(range?: ByteRange): ByteSource;
}

/** A compressed log, and the plain one of the same name. */
export interface LogCopy {
  log: StoredFile;
  of: StoredFile;
}

/** The texts of the epoch files; null where there is none, or it cannot be read. */
export interface EpochFiles {
  current: string | null;
  accepted: string | null;
  /** What a crash left of a new currentEpoch: servers from 3.5 on look at currentEpoch.tmp, 3.4 at updatingEpoch. */
  temporary: string | null;
  updating: boolean;
  /** Those that are there and that cannot be read, each with the reason. */
  unread: readonly Message[];
  /**
   * Those that are there and that cannot even be opened (permissions, a link to nowhere, an empty folder): to a server they
   * are as if they were not there, and it writes them anew.
   */
  unopened: readonly string[];
}

/** Everything in the folders that a server's settings name: servers go by names alone. */
export interface ServerListing {
  dataDir: readonly ListedName[];
  /** Null where it is the same folder. */
  dataLogDir: readonly ListedName[] | null;
}

/** A file that a folder lists, and that is opened only when it is asked for. */
export interface ListedName {
  name: string;
  /** As messages name it. */
  path: string;
  /** Throws UnreadableFile. */
  find: () => StoredBytes;
}

/**
 * What a source holds: the files of one server's data directory, wherever they are kept.
 */
export interface DataDirectory {
  /** What the user named. */
  sources: string[];
  /** In order of their zxids. */
  snapshots: StoredFile[];
  logs: StoredFile[];
  /** Compressed logs that are not read, because the plain one is beside them. */
  copies: LogCopy[];
  /** Undefined where the source is single files, which have no epochs beside them. */
  epochs: EpochFiles | undefined;
  /** What is in a server's folders, by name: undefined where the source is not the folders of one server. */
  listing?: ServerListing;
  /** The folders that its files are in, on this machine or in an archive. */
  places: readonly Folder[];
  /** The folders of this machine that belong to the source: nothing may be made in them or below. */
  folders: readonly string[];
  /** What was found out without reading the files, and which of them could not be read: more come as they are read. */
  findings: Finding[];
}

/** Opens stored bytes, or these records of a log only. Never throws: what cannot be opened fails when it is read. */
export function openStored(bytes: StoredBytes, range?: ByteRange): ByteSource {
  try {
    const source = openBytes(bytes);
    return range ? new LogSlice(source, range) : source;
  } catch (error) {
    if (error instanceof UnreadableFile) return new FailedSource(error);
    throw error;
  }
}

/** Of sources in which nothing has been found. */
export function emptyDirectory(sources: string[]): DataDirectory {
  return { sources, snapshots: [], logs: [], copies: [], epochs: undefined, places: [], folders: [], findings: [] };
}

/** Of what was not rebuilt from files. */
export const NO_FILES: DataDirectory = emptyDirectory([]);

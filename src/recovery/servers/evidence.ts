import type { DataDirectory, ServerListing, StoredFile } from "../directory/data-directory.js";
import type { LogScan } from "../scan/scan-log.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { nameIn } from "./names.js";
import type { ServerEvidence } from "./verdict.js";

/** What is known of a directory for a server; `files`: all that it holds and what servers alone read, with their scans. */
export function serverEvidence(
  directory: DataDirectory,
  files: readonly StoredFile[],
  scans: readonly (SnapshotScan | LogScan)[],
): ServerEvidence {
  const snapshots = new Map<string, SnapshotScan>();
  const logs = new Map<string, LogScan>();
  for (const scan of scans) {
    if ("trailers" in scan) snapshots.set(scan.path, scan);
    else logs.set(scan.path, scan);
  }
  return {
    listing: directory.listing ?? listingOf(directory),
    epochs: directory.epochs,
    files: new Map(files.map((file) => [file.path, file])),
    snapshots,
    logs,
  };
}

/** Single files, and several servers' that are read as one: as if all lay in one folder. */
function listingOf({ snapshots, logs }: DataDirectory): ServerListing {
  const listed = [...snapshots, ...logs].map(({ name, path, bytes }) => ({
    name: nameIn(name),
    path,
    find: () => bytes,
  }));
  return { dataDir: listed, dataLogDir: null };
}

import type { Answer } from "../answer.js";

/** What the admin server's snapshot and restore say (3.9 and later), and the task that purges files. */
export const ADMIN_ANSWERS: readonly Answer[] = [
  {
    id: "admin-restored",
    role: "harms",
    says: [
      "Restored to a new database. lastProcessedZxid={zxidDecimal}, nodeCount={}, sessionCount={}",
      "Restore taken in {milliseconds} ms",
    ],
    means:
      "The admin server's restore command replaced the tree in the server's memory. The logs continue as if the old tree were there: until the next snapshot, the files do not hold the tree that it serves. Take a snapshot, and do the same on every server.",
    findings: ["digest.mismatch", "tree.mismatch", "coverage.gap", "log.backward"],
    looks: ["after-zxid"],
    otherwise: "a snapshot was written since then",
    next: ["verify"],
  },
  {
    id: "admin-failed",
    role: "troubles",
    says: [
      "Exception occurred when restore snapshot via the restore command",
      "Exception occurred when taking the snapshot via the snapshot admin command",
      "Snapshot file {file} is empty",
      "InputStream from restore request is null",
      "InputStream can not be null when restoring from snapshot",
    ],
    means:
      "An admin command could not take or load a snapshot; the exception next to this line says why. The restore command does not read compressed snapshots.",
    findings: ["file.empty", "snapshot.truncated", "snapshot.seal"],
    otherwise: "the snapshots here are sound",
    next: ["verify"],
  },
  {
    id: "admin-refused",
    role: "normal",
    says: [
      "Restore command is disabled",
      "Restore command requires serializeLastProcessedZxidEnable flag is set to true",
      "Restore request was rate limited",
      "Snapshot command is disabled",
      "Snapshot command requires serializeLastProcessedZxidEnable flag is set to true",
      "Snapshot request was rate limited",
    ],
    means:
      "The server refused an admin command: a setting forbids it, or the last one was too recent. Nothing was changed.",
    next: ["config"],
  },
  {
    id: "admin-normal",
    role: "normal",
    says: [
      "Before restore database. lastProcessedZxid={zxidDecimal}, nodeCount={}，sessionCount={}",
      "After restore database. lastProcessedZxid={zxidDecimal}, nodeCount={}, sessionCount={}",
      "Blocking request submission while restore is in progress",
    ],
    means: "The admin server's restore is under way.",
  },
  {
    id: "purged",
    role: "normal",
    says: [
      "Removing file: {} {file}",
      "Purge task completed.",
      "Purge task started.",
      "Purge task is not scheduled.",
      "Shutting down purge task.",
      "autopurge.purgeInterval set to {}",
      "autopurge.snapRetainCount set to {}",
      "Invalid autopurge.snapRetainCount: {}. Defaulting to {}",
      "Purge task is already running.",
      "Purge task not started. Ignoring shutdown!",
    ],
    means:
      "The server deletes old snapshots and the logs before them, except for the newest few (autopurge.snapRetainCount). Points before the oldest remaining snapshot can no longer be rebuilt.",
  },
  {
    id: "purge-failed",
    role: "troubles",
    says: ["Error occurred while purging.", "Failed to remove {file}", "count should be greater than or equal to 3"],
    means: "The server could not delete old files, which will fill the disk: check the folder's owner and permissions.",
    next: ["disk"],
  },
];

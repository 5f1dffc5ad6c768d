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
      "The admin server's restore put another tree into the server's memory. Its logs go on as if the old tree were there: until the next snapshot, the files do not give what it serves. Take a snapshot, and do the same on every server.",
    findings: ["digest.mismatch", "tree.mismatch", "coverage.gap", "log.backward"],
    looks: ["after-zxid"],
    otherwise: "a snapshot was written since",
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
      "An admin command could not take or load a snapshot; the exception beside this line says why. The restore command takes no compressed snapshot.",
    findings: ["file.empty", "snapshot.truncated", "snapshot.seal"],
    otherwise: "the snapshots here are whole",
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
    means: "An admin command was refused, by a setting or because one was just made. Nothing was changed.",
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
      "Old snapshots and the logs before them are deleted, all but the newest few (autopurge.snapRetainCount). Points before the oldest that stays can no longer be rebuilt.",
  },
  {
    id: "purge-failed",
    role: "troubles",
    says: ["Error occurred while purging.", "Failed to remove {file}", "count should be greater than or equal to 3"],
    means: "Old files could not be deleted, and fill the disk in time: the folder's owner and permissions.",
    next: ["disk"],
  },
];

import type { Answer } from "../answer.js";

/** The epoch files, and what servers say to each other about epochs. */
export const EPOCH_ANSWERS: readonly Answer[] = [
  {
    id: "current-epoch",
    role: "stops",
    says: ["The current epoch, {epoch}, is older than the last zxid, {zxidDecimal}"],
    means:
      "The epoch in currentEpoch is older than the other files: they were copied or restored without it, or a server died before it wrote it. The server does not start. The zxid is in decimal.",
    findings: ["epoch.behind", "epoch.unreadable", "file.leftover"],
    looks: ["epoch-files"],
    otherwise: "the files agree now",
    next: ["resync", "restore"],
  },
  {
    id: "accepted-epoch",
    role: "stops",
    says: ["The accepted epoch, {epoch} is less than the current epoch, {other}"],
    means: "acceptedEpoch must be at least currentEpoch. The server does not start.",
    findings: ["epoch.order", "epoch.missing", "epoch.unreadable"],
    looks: ["epoch-files"],
    otherwise: "the files agree now",
    next: ["resync", "restore"],
  },
  {
    id: "epoch-unreadable",
    role: "stops",
    says: ["Found {} in {file}"],
    also: ["Found {text} in {file}/currentEpoch", "Found {text} in {file}/acceptedEpoch"],
    means:
      "An epoch file does not hold a number: the server crashed, or the disk was full, while it was written. The server does not start.",
    findings: ["epoch.unreadable", "file.leftover"],
    looks: ["epoch-files"],
    otherwise: "it holds a number now",
    next: ["resync", "restore"],
  },
  {
    id: "epoch-missing",
    role: "normal",
    says: [
      "acceptedEpoch not found! Creating with a reasonable default of {epoch}. This should only happen when you are upgrading your installation",
      "currentEpoch not found! Creating with a reasonable default of {epoch}. This should only happen when you are upgrading your installation",
      "{file} not found! Creating with a reasonable default of {epoch}. This should only happen when you are upgrading your installation",
    ],
    means:
      "There was no epoch file, and the server took the epoch of its last zxid. Normal for a directory that was restored or that comes from a standalone server.",
    findings: ["epoch.missing"],
  },
  {
    id: "epoch-from-tmp",
    role: "normal",
    says: [
      "{file} found. Setting current epoch to {epoch}.",
      "{file} found. The server was terminated after taking a snapshot but before updating current epoch. Setting current epoch to {epoch}.",
    ],
    means:
      "The server died between taking the leader's snapshot and writing currentEpoch. The temporary file that it left holds the epoch, and the server has now written that (ZOOKEEPER-4269). Nothing is lost.",
    looks: ["epoch-files"],
  },
  {
    id: "updating-epoch",
    role: "troubles",
    says: ["Failed to create {file}", "Failed to delete {file}", "Failed to write new file {file}"],
    means:
      "A 3.4 server could not write an epoch file, or the marker file updatingEpoch: check the folder's owner and permissions, and its disk. The server does not follow the leader until it can.",
    findings: ["file.leftover", "epoch.unreadable"],
    looks: ["epoch-files"],
    otherwise: "the folder could not be written then",
    next: ["disk"],
  },
  {
    id: "leaders-epoch",
    role: "troubles",
    says: [
      "Leaders epoch, {epoch} is less than accepted epoch, {other}",
      "Proposed leader epoch {} is less than our accepted epoch {}",
      "Error: Epoch of leader is lower",
    ],
    means:
      "This server has accepted a later epoch than the leader's, and does not follow the leader: the leader's directory was restored from an older state, this one belongs to another ensemble, or it was cut off while the others elected a leader. It tries again and again.",
    findings: ["epoch.behind", "ensemble.divergent-tail", "epoch.order"],
    looks: ["epoch-files"],
    otherwise: "this server's epoch files match its other files: compare the servers",
    next: ["compare", "resync"],
  },
  {
    id: "follower-ahead",
    role: "troubles",
    says: [
      "Follower is ahead of the leader, leader summary: {} (current epoch), {zxid} (last zxid)",
      "Follower is ahead of the leader (has a later activated configuration)",
    ],
    also: ["Follower is ahead of the leader"],
    means:
      "A follower has a later transaction, epoch or configuration than the elected leader: for example, one server kept its old files when the others were restored. The election starts again.",
    findings: ["ensemble.divergent-tail", "epoch.behind"],
    looks: ["epoch-files"],
    otherwise: "this server's files are consistent in themselves: compare the servers",
    next: ["compare"],
  },
  {
    id: "other-epoch-ack",
    role: "troubles",
    says: [
      "NEWLEADER ACK from sid: {} is from a different epoch - current 0x{epoch} receieved 0x{other}",
      "NEWLEADER ACK from sid: {} is from a different epoch - current 0x{epoch} received 0x{other}",
    ],
    means:
      "A follower acknowledged an earlier election, in a late packet. The leader does not count it; the follower tries again.",
    next: ["nothing"],
  },
  {
    id: "epoch-set",
    role: "normal",
    says: ["Set the current epoch to {epoch}"],
    means: "The server takes over the leader's epoch: all is well.",
  },
];

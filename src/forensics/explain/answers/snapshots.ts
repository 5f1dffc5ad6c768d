import type { Answer } from "../answer.js";
import { SNAPSHOT_DAMAGE } from "./causes.js";

/** Snapshots: what loading and writing them says. */
export const SNAPSHOT_ANSWERS: readonly Answer[] = [
  {
    id: "crc-corruption",
    role: "harms",
    says: ["CRC corruption", "CRC corruption in snapshot : {file}"],
    means:
      "A snapshot's checksum does not match its bytes. The server tries an older snapshot, and needs all logs from that one on.",
    findings: [
      "snapshot.seal",
      "snapshot.zeros",
      "snapshot.repeated-id",
      "snapshot.end-mark",
      "snapshot.no-seal",
      "file.set-aside",
      "file.text-mode",
    ],
    otherwise: "the disk or memory returned other bytes then, or the file has been replaced since",
    next: ["info", "restore"],
  },
  {
    id: "problem-reading-snap",
    role: "harms",
    says: ["problem reading snap file {file}"],
    means:
      "A snapshot cannot be read; the exception below says why. The server tries an older one, and needs all logs from that one on.",
    findings: [...SNAPSHOT_DAMAGE, "file.set-aside"],
    looks: ["over-limit"],
    otherwise: "the file is gone or has been replaced",
    next: ["info", "restore"],
  },
  {
    id: "no-valid-snapshots",
    role: "stops",
    says: ["Not able to find valid snapshots in {file}"],
    means: "None of the snapshots could be read. The server does not start.",
    findings: [...SNAPSHOT_DAMAGE, "file.set-aside"],
    looks: ["over-limit"],
    otherwise: "the server read other files than these",
    next: ["resync", "restore", "salvage"],
  },
  {
    id: "invalid-snapshot",
    role: "harms",
    says: [
      "invalid snapshot {file}",
      "Invalid snapshot {file}. len = {length}, byte = {}",
      "Invalid snapshot {file}. too short, len = {length} bytes",
      "Invalid snapshot {file} len = {length} byte = {}",
      "Invalid snapshot {file} too short, len = {length}",
      "Read incorrect number of bytes from {file}",
    ],
    means:
      "The file does not end as a snapshot does: it was cut, something was appended to it, or it is not a snapshot. The server takes an older snapshot instead, and needs all logs from that one on.",
    findings: [...SNAPSHOT_DAMAGE, "file.set-aside"],
    otherwise: "the file is gone or has been replaced; a server deletes a snapshot that it could not finish",
    next: ["info", "restore"],
  },
  {
    id: "snapshot-not-opened",
    role: "harms",
    says: ["Unable to open file {file}"],
    means: "A snapshot cannot be opened. The server takes an older one: check the file's owner and permissions.",
    findings: ["file.unreadable", "file.compression"],
    otherwise: "it can be opened now",
    next: ["disk"],
  },
  {
    id: "snapshot-magic",
    role: "harms",
    says: ["mismatching magic headers {magic} != {}"],
    means: "A snapshot does not begin with ZKSN. The server tries an older one.",
    findings: ["file.magic", "file.suffix", "file.compression", "file.set-aside"],
    otherwise: "the file is gone or has been replaced",
    next: ["info", "restore"],
  },
  {
    id: "compression",
    role: "harms",
    says: [],
    also: ["java.util.zip.ZipException", "Not in GZIP format", "SnappyIOException", "FAILED_TO_UNCOMPRESS"],
    means: "A compressed snapshot is damaged or cut, or its suffix is wrong. The server tries an older one.",
    findings: ["file.compression", "file.suffix"],
    otherwise: "the file is gone or has been replaced",
    next: ["info", "restore"],
  },
  {
    id: "unable-to-find-parent",
    role: "harms",
    says: ["Invalid Datatree, unable to find parent {} of path {path}"],
    means: "A snapshot holds a znode before or without its parent. The server tries an older snapshot.",
    findings: ["snapshot.orphan", "snapshot.root", "snapshot.path"],
    otherwise: "the file is gone or has been replaced",
    next: ["info", "restore"],
  },
  {
    id: "missing-acls",
    role: "stops",
    says: ["Incorrent format of InputArchive when deserialize DataTree - missing acls"],
    also: ["Incorrect format of InputArchive when deserialize DataTree - missing acls"],
    means:
      "The list of ACLs at the beginning of a snapshot has fewer entries than its count says: bytes are damaged. The exception is not an IOException, so the server does not try an older snapshot, and does not start.",
    findings: ["snapshot.acl-map", "snapshot.length", "snapshot.truncated", "snapshot.seal", "file.text-mode"],
    otherwise: "the file is gone or has been replaced",
    next: ["resync", "restore"],
  },
  {
    id: "no-snapshot",
    role: "stops",
    says: ["No snapshot found, but there are log entries. Something is broken!"],
    means:
      "There are logs and no snapshot that can be read. The server does not start. With -Dzookeeper.snapshot.trust.empty=true it starts with what the logs alone give, which is right only if they go back to the first transaction.",
    findings: ["coverage.no-snapshot", ...SNAPSHOT_DAMAGE],
    otherwise: "there is now a snapshot that a server can read",
    next: ["resync", "restore"],
  },
  {
    id: "no-snapshot-trusted",
    role: "harms",
    says: ["{}This should only be allowed during upgrading."],
    means:
      "There is no snapshot, and a setting lets the server start without one (zookeeper.snapshot.trust.empty): its tree is what the logs alone give. That is right only if they go back to the first transaction, as after an upgrade from 3.4.",
    findings: ["coverage.no-snapshot", "coverage.gap", "coverage.none"],
    otherwise: "the server has written a snapshot since then",
    next: ["verify"],
  },
  {
    id: "empty-data-tree",
    role: "harms",
    says: ["Unexpected empty data tree, setting zxid to -1"],
    means:
      "The data directory is empty, and neither zookeeper.db.autocreate nor a file named initialize allows that: dataDir may be wrong, or a disk not mounted. The server waits for a leader to send it everything.",
    findings: ["coverage.none", "coverage.no-snapshot"],
    otherwise: "this directory is not empty",
    next: ["config"],
  },
  {
    id: "snapshot-not-written",
    role: "stops",
    says: ["Severe unrecoverable error, exiting"],
    means:
      "A snapshot could not be written; the exception below says why, most often a full disk. The server exits. It may leave the snapshot behind, cut or empty.",
    findings: [
      "snapshot.truncated",
      "file.empty",
      "file.short-header",
      "file.leftover",
      "file.compression",
      "file.text-mode",
    ],
    otherwise: "the server has deleted the unfinished snapshot",
    next: ["disk"],
  },
  {
    id: "no-zookeeper-znode",
    role: "harms",
    says: ["There's no /zookeeper znode - this should never happen."],
    means: "The loaded tree lacks the znode /zookeeper: a snapshot or a log is not from this ensemble.",
    findings: SNAPSHOT_DAMAGE,
    otherwise: "the files now have the znode",
    next: ["resync", "restore"],
  },
  {
    id: "config-znode-missing",
    role: "normal",
    says: [
      "There's no /zookeeper/config znode - this should never happen.",
      "configuration znode missing (should only happen during upgrade), creating the node",
      "configuration node missing - should not happen",
    ],
    means:
      "The tree has no /zookeeper/config, as in a directory that 3.4 began. The server creates it; no transaction records that.",
  },
  {
    id: "snapshot-busy",
    role: "troubles",
    says: ["Too busy to snap, skipping"],
    means:
      "The previous snapshot was not finished when the next one was due. The server skips that one, and the logs grow until the next. The disk is slow, or snapCount is too small for a tree of this size.",
    next: ["disk"],
  },
  {
    id: "empty-snapshot-stays",
    role: "normal",
    says: ["Could not delete empty snapshot file: {file}"],
    means:
      "A snapshot could not be written, and the empty file that it left could not be deleted. Servers skip such a file. An error next to this line says why the snapshot could not be written.",
    findings: ["file.empty"],
    next: ["move-empty"],
  },
  {
    id: "empty-snapshot-deleted",
    role: "normal",
    says: ["Deleted empty snapshot file: {file}"],
    means: "A snapshot could not be written, and the server has deleted the empty file that it left.",
  },
  {
    id: "temporary-file",
    role: "troubles",
    says: [
      "Could not rename temporary file {} to {file}",
      "Unable to abort file {file}",
      "Unable to delete tmp file during abort {file}",
      "Unable to delete tmp file {file}",
    ],
    means:
      "The server first writes an epoch file or a snapshot under a temporary name, and could not rename or delete it: check the folder's permissions and its disk.",
    findings: ["file.leftover", "epoch.unreadable", "epoch.behind"],
    otherwise: "the temporary file is gone",
    next: ["disk"],
  },
  {
    id: "snapshot-size",
    role: "normal",
    says: ["Unable to get size of most recent snapshot"],
    means:
      "The server could not get the size of its newest snapshot: until it can, it sends followers full snapshots instead of logs.",
  },
  {
    id: "snapshot-writer-closed",
    role: "normal",
    says: ["FileSnap has already been closed", "Snapshot's not open for writing: uninitialized header"],
    means:
      "The server tried to write a snapshot while it was shutting down. The earlier snapshots and the logs are sound.",
  },
  {
    id: "older-layout",
    role: "normal",
    says: [
      "Got EOF exception while reading the digest, likely due to the reading an older snapshot.",
      "Got EOFException while reading the last processed zxid, likely due to reading an older snapshot.",
    ],
    means: "An earlier release wrote the snapshot, or that trailer was switched off. Harmless.",
    next: ["info"],
  },
  {
    id: "snapshot-normal",
    role: "normal",
    says: [
      "Reading snapshot {file}",
      "Snapshotting: 0x{zxid} to {file}",
      "Snapshot taken in {milliseconds} ms",
      "Snapshot loaded in {milliseconds} ms, highest zxid is 0x{zxid}, digest is {}",
      "{} txns loaded in {milliseconds} ms",
      "Initialize file found, an empty database will not block voting participation",
      "zookeeper.snapshot.trust.empty : {}",
    ],
    means: "The server loads or writes a snapshot: all is well.",
  },
  {
    id: "snapshot-settings",
    role: "normal",
    says: [
      "SnapCount should be 2 or more. Now, snapCount is reset to 2",
      "zookeeper.snapSizeLimitInKb set to a non-positive value {}; disabling feature",
    ],
    means:
      "A setting for when to write snapshots is out of range: the server uses another value, which the line names.",
  },
];

import type { Answer } from "../answer.js";
import { SNAPSHOT_DAMAGE } from "./causes.js";

/** Snapshots: what loading and writing them says. */
export const SNAPSHOT_ANSWERS: readonly Answer[] = [
  {
    id: "crc-corruption",
    role: "harms",
    says: ["CRC corruption", "CRC corruption in snapshot : {file}"],
    means:
      "A snapshot's seal does not match its bytes. The server tries an older snapshot, and needs all the logs behind that one.",
    findings: [
      "snapshot.seal",
      "snapshot.zeros",
      "snapshot.repeated-id",
      "snapshot.end-mark",
      "snapshot.no-seal",
      "file.set-aside",
      "file.text-mode",
    ],
    otherwise: "the disk or the memory gave other bytes then, or the file was replaced since",
    next: ["info", "restore"],
  },
  {
    id: "problem-reading-snap",
    role: "harms",
    says: ["problem reading snap file {file}"],
    means:
      "A snapshot cannot be read; the exception below says why. The server tries an older one, and needs all the logs behind that one.",
    findings: [...SNAPSHOT_DAMAGE, "file.set-aside"],
    looks: ["over-limit"],
    otherwise: "the file is gone or was replaced since",
    next: ["info", "restore"],
  },
  {
    id: "no-valid-snapshots",
    role: "stops",
    says: ["Not able to find valid snapshots in {file}"],
    means: "Of all snapshots none could be read. The server does not start.",
    findings: [...SNAPSHOT_DAMAGE, "file.set-aside"],
    looks: ["over-limit"],
    otherwise: "the files that the server read are others than these",
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
      "The file does not end as a snapshot does: it was cut, something was added to it, or it is no snapshot. The server passes over it, and needs all the logs behind the one that it takes instead.",
    findings: [...SNAPSHOT_DAMAGE, "file.set-aside"],
    otherwise: "the file is gone or was replaced since; a server deletes the snapshot that it could not finish",
    next: ["info", "restore"],
  },
  {
    id: "snapshot-not-opened",
    role: "harms",
    says: ["Unable to open file {file}"],
    means: "A snapshot cannot be opened. The server passes over it: look at its owner and permissions.",
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
    otherwise: "the file is gone or was replaced since",
    next: ["info", "restore"],
  },
  {
    id: "compression",
    role: "harms",
    says: [],
    also: ["java.util.zip.ZipException", "Not in GZIP format", "SnappyIOException", "FAILED_TO_UNCOMPRESS"],
    means: "A compressed snapshot is damaged, cut, or not what its name says. The server tries an older one.",
    findings: ["file.compression", "file.suffix"],
    otherwise: "the file is gone or was replaced since",
    next: ["info", "restore"],
  },
  {
    id: "unable-to-find-parent",
    role: "harms",
    says: ["Invalid Datatree, unable to find parent {} of path {path}"],
    means: "A snapshot holds a znode whose parent is not before it. The server tries an older snapshot.",
    findings: ["snapshot.orphan", "snapshot.root", "snapshot.path"],
    otherwise: "the file is gone or was replaced since",
    next: ["info", "restore"],
  },
  {
    id: "missing-acls",
    role: "stops",
    says: ["Incorrent format of InputArchive when deserialize DataTree - missing acls"],
    also: ["Incorrect format of InputArchive when deserialize DataTree - missing acls"],
    means:
      "The list of ACLs at the beginning of a snapshot has no entry where its count says that there is one: bytes are damaged. As this is no IOException, the server does not try an older snapshot, and does not start.",
    findings: ["snapshot.acl-map", "snapshot.length", "snapshot.truncated", "snapshot.seal", "file.text-mode"],
    otherwise: "the file is gone or was replaced since",
    next: ["resync", "restore"],
  },
  {
    id: "no-snapshot",
    role: "stops",
    says: ["No snapshot found, but there are log entries. Something is broken!"],
    means:
      "There are logs and no snapshot that can be read. The server does not start. With -Dzookeeper.snapshot.trust.empty=true it starts with what the logs alone give: right only if they begin at the beginning.",
    findings: ["coverage.no-snapshot", ...SNAPSHOT_DAMAGE],
    otherwise: "a snapshot that a server can read is here now",
    next: ["resync", "restore"],
  },
  {
    id: "no-snapshot-trusted",
    role: "harms",
    says: ["{}This should only be allowed during upgrading."],
    means:
      "There is no snapshot, and the server was told to go on without (zookeeper.snapshot.trust.empty): its tree is what the logs alone give. Right only if they begin at the beginning, as after an upgrade from 3.4.",
    findings: ["coverage.no-snapshot", "coverage.gap", "coverage.none"],
    otherwise: "the server has written a snapshot since",
    next: ["verify"],
  },
  {
    id: "empty-data-tree",
    role: "harms",
    says: ["Unexpected empty data tree, setting zxid to -1"],
    means:
      "The data directory is empty, and neither zookeeper.db.autocreate nor a file named initialize says that it should be: a wrong dataDir, or a disk that is not mounted? The server waits for a leader to send it everything.",
    findings: ["coverage.none", "coverage.no-snapshot"],
    otherwise: "the directory that was looked at is not empty",
    next: ["config"],
  },
  {
    id: "snapshot-not-written",
    role: "stops",
    says: ["Severe unrecoverable error, exiting"],
    means:
      "A snapshot could not be written; the exception below says why, most often a full disk. The server exits. What was to be the snapshot may be there, cut or empty.",
    findings: [
      "snapshot.truncated",
      "file.empty",
      "file.short-header",
      "file.leftover",
      "file.compression",
      "file.text-mode",
    ],
    otherwise: "the server has deleted what it could not finish",
    next: ["disk"],
  },
  {
    id: "no-zookeeper-znode",
    role: "harms",
    says: ["There's no /zookeeper znode - this should never happen."],
    means: "The tree that was loaded lacks the znode /zookeeper: a snapshot or a log is not one of this ensemble's.",
    findings: SNAPSHOT_DAMAGE,
    otherwise: "the znode is in the files now",
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
      "The tree has no /zookeeper/config, as in a directory that 3.4 began. The server makes it; no transaction records that.",
  },
  {
    id: "snapshot-busy",
    role: "troubles",
    says: ["Too busy to snap, skipping"],
    means:
      "The snapshot before was not finished when the next one was due. It is left out; the logs grow until the next. The disk is slow, or snapCount small for so large a tree.",
    next: ["disk"],
  },
  {
    id: "empty-snapshot-stays",
    role: "normal",
    says: ["Could not delete empty snapshot file: {file}"],
    means:
      "A snapshot could not be written, and the empty file that is left of it could not be deleted. Servers pass over it. Why it could not be written is told by an error beside this line.",
    findings: ["file.empty"],
    next: ["move-empty"],
  },
  {
    id: "empty-snapshot-deleted",
    role: "normal",
    says: ["Deleted empty snapshot file: {file}"],
    means: "A snapshot could not be written, and the server has deleted the empty file that was left of it.",
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
      "An epoch file or a snapshot is written under a temporary name first; it could not be given its own, or taken away. The folder's permissions, or its disk.",
    findings: ["file.leftover", "epoch.unreadable", "epoch.behind"],
    otherwise: "the temporary file is gone",
    next: ["disk"],
  },
  {
    id: "snapshot-size",
    role: "normal",
    says: ["Unable to get size of most recent snapshot"],
    means:
      "The newest snapshot could not be looked at: the server sends followers whole snapshots instead of logs until it can.",
  },
  {
    id: "snapshot-writer-closed",
    role: "normal",
    says: ["FileSnap has already been closed", "Snapshot's not open for writing: uninitialized header"],
    means: "A snapshot was to be written while the server shuts down. The snapshots before and the logs are whole.",
  },
  {
    id: "older-layout",
    role: "normal",
    says: [
      "Got EOF exception while reading the digest, likely due to the reading an older snapshot.",
      "Got EOFException while reading the last processed zxid, likely due to reading an older snapshot.",
    ],
    means: "The snapshot was written by an earlier release, or with that trailer switched off. Harmless.",
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
      "A setting for when snapshots are written is out of bounds: the server takes another value, which the line names.",
  },
];

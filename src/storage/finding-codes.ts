import type { Severity } from "./finding.js";

export interface FindingKind {
  severity: Severity;
  /** What it means, in a line. */
  meaning: string;
  /** What the server says or does about it, in its own words where it has any. */
  server: string;
  /** What to do next. */
  next: string;
}

function kind(severity: Severity, meaning: string, server: string, next: string): FindingKind {
  return { severity, meaning, server, next };
}

const SILENT = "The server says nothing.";
const OLDER = "An older snapshot with the logs after it can rebuild the state: see `zkrewind info`.";
const TAIL = "Nothing sound follows: only what was being written is lost. `zkrewind restore` makes a clean directory.";
const MIDDLE =
  "Sound transactions follow it. Compare with another server's copy, or rewrite it with `zkrewind salvage`.";

/** Every finding, by its stable code. */
export const FINDINGS = {
  "file.unreadable": kind(
    "error",
    "The file cannot be opened or read.",
    "FileNotFoundException … (Permission denied); Unable to access datadir, exiting abnormally.",
    "Check owner and permissions.",
  ),
  "file.empty": kind(
    "warning",
    "The file has no bytes: a disk that was full, or a crash at creation.",
    "A log: EOFException and no start up to 3.8; 3.9 deletes it if it is the last (Delete empty tail log file, ZOOKEEPER-2332). A snapshot is passed over.",
    "It holds nothing; setting it aside loses nothing.",
  ),
  "file.short-header": kind(
    "warning",
    "The file ends inside its 16-byte header.",
    "A log: EOFException and no start, in every release. A snapshot is passed over.",
    "It holds nothing; setting it aside loses nothing.",
  ),
  "file.magic": kind(
    "error",
    "The first bytes are not those of a snapshot or log.",
    "A log: Transaction log: … has invalid magic number …, and no start. A snapshot: mismatching magic headers …, and an older one is tried.",
    "Another file under this name? Compare with another server's copy.",
  ),
  "file.version": kind(
    "error",
    "The header's version is not 2, the only one there is.",
    SILENT,
    "The header is damaged; the rest may be sound.",
  ),
  "file.dbid": kind(
    "warning",
    "The header's dbid differs from what servers write; no checksum covers it in a log.",
    "The server ignores it.",
    "Harmless in itself, but the bytes have been changed.",
  ),
  "file.name": kind(
    "error",
    "The name's zxid does not fit the content.",
    "The server trusts the name and may skip transactions or replay too many.",
    "Rename a copy by the zxid inside, or restore from it.",
  ),
  "file.changed": kind(
    "note",
    "The file changed while it was read: a live server's.",
    "—",
    "Run again on a copy, or when the server is down, for a final answer.",
  ),
  "file.leftover": kind(
    "note",
    "A file that a crash or a failed write left behind.",
    "The server ignores it.",
    "Nothing; it is not read.",
  ),
  "file.unknown": kind("note", "Not a file of ZooKeeper's.", "The server ignores it.", "Nothing; it is not read."),
  "file.duplicate": kind(
    "warning",
    "Two snapshots of one zxid.",
    "The server takes the one that the directory lists first.",
    "Compare the two; keep the sound one.",
  ),
  "file.compression": kind(
    "error",
    "The compressed stream is damaged or cut.",
    "problem reading snap file … with a ZipException, EOFException or SnappyIOException; the server tries an older snapshot.",
    OLDER,
  ),
  "file.suffix": kind(
    "warning",
    "The name's suffix and the compression inside differ.",
    "The server trusts the suffix: Invalid snapshot …, or Not in GZIP format; it tries an older one.",
    "Rename a copy.",
  ),

  "snapshot.truncated": kind(
    "error",
    "The snapshot ends too early.",
    "Invalid snapshot … len = …, byte = … (its last bytes are looked at first), or problem reading snap file … EOFException; the server tries an older one.",
    OLDER,
  ),
  "snapshot.length": kind(
    "error",
    "A length that is negative or beyond the end of the file.",
    "problem reading snap file … Unreasonable length = …; the server tries an older one.",
    OLDER,
  ),
  "snapshot.seal": kind(
    "error",
    "The Adler-32 of the bytes differs from the seal: the content was changed after it was written.",
    "CRC corruption in snapshot : … (up to 3.5), CRC corruption (3.6 on); the server tries an older one.",
    OLDER,
  ),
  "snapshot.no-seal": kind(
    "error",
    "The nodes are complete but no seal follows.",
    "Invalid snapshot … len = …, byte = …; the server tries an older one.",
    OLDER,
  ),
  "snapshot.end-mark": kind(
    "error",
    'The "/" that ends a seal is something else; no checksum covers it.',
    "Of the last seal: Invalid snapshot … len = …, byte = …; of an earlier one nothing: its text is ignored.",
    OLDER,
  ),
  "snapshot.layout": kind(
    "warning",
    "A snapshot without the trailers that its neighbours have: it may have been cut just behind a seal.",
    SILENT,
    "Its znodes are whole and sealed; only the digest is gone.",
  ),
  "snapshot.trailing": kind(
    "error",
    "Bytes after the last seal.",
    "Invalid snapshot … len = …, byte = …: its last bytes are looked at first; the server tries an older one.",
    "The sealed part is sound; find out what wrote to the file.",
  ),
  "snapshot.root": kind(
    "error",
    "The first node is not the root.",
    "Invalid Datatree, unable to find parent  of path …; the server tries an older one.",
    OLDER,
  ),
  "snapshot.orphan": kind(
    "error",
    "A znode whose parent is not before it.",
    "Invalid Datatree, unable to find parent … of path …; the server tries an older one.",
    OLDER,
  ),
  "snapshot.duplicate-node": kind("error", "A path that occurs twice.", "The later one wins silently.", OLDER),
  "snapshot.path": kind(
    "error",
    "A path that cannot be one.",
    "Invalid Datatree, unable to find parent …; a path without a slash replaces the root, silently.",
    OLDER,
  ),
  "snapshot.digest": kind(
    "error",
    "The tree digest in the snapshot is not that of its znodes at its zxid.",
    "Digests are not matching. Value is Zxid. (3.6 on; it goes on all the same)",
    OLDER,
  ),
  "snapshot.ahead": kind(
    "warning",
    "The snapshot holds changes later than the end of the logs: they were cut or lost.",
    "Highest txn zxid 0x… is not covering the snapshot digest zxid 0x…, which might lead to inconsistent state (3.6 on); earlier releases say nothing.",
    "Points after the snapshot cannot be proven exact from these files.",
  ),
  "snapshot.acl-map": kind("error", "The ACL map is damaged.", "EOFException or Unreasonable length.", OLDER),

  "acl.dangling": kind(
    "warning",
    "A znode whose ACL id is not in the map (ZOOKEEPER-4846).",
    "Ignoring acl … as it does not exist in the cache; then Failed to fetch acls for …: an error to the client that reads it, and from 3.8 on the server dies at the next change there.",
    "Resolved where a later transaction gives the ACL; otherwise choose one when restoring.",
  ),
  "session.not-listed": kind(
    "note",
    "A session that was open but is not in the snapshot's list, which is not in step with the transactions.",
    SILENT,
    "Its znodes are right; only its timeout is not known.",
  ),
  "session.missing-owner": kind(
    "note",
    "An ephemeral znode whose session is not among the sessions.",
    SILENT,
    "On a server it would stay until deleted by hand (ZOOKEEPER-4837).",
  ),

  "log.torn-tail": kind(
    "warning",
    "The last record is incomplete: the server died while writing it.",
    "Nothing where the file ends, Last transaction was partial. where zeros follow; it goes on without that record.",
    TAIL,
  ),
  "log.torn": kind(
    "error",
    "A record is broken and sound ones follow it.",
    "Last transaction was partial., or nothing: the server drops the rest of the file and goes on with the next one, over the hole.",
    MIDDLE,
  ),
  "log.length": kind(
    "error",
    "A record's length cannot be right.",
    "Unreasonable length = …, and no start; a length of -1 is a NullPointerException.",
    MIDDLE,
  ),
  "log.crc": kind(
    "error",
    "A record's bytes do not match its checksum.",
    "CRC check failed, and no start: Unexpected exception, exiting abnormally; in an ensemble Unable to load database on disk.",
    "`zkrewind log` shows the records around it; compare with another server's copy.",
  ),
  "log.end-mark": kind(
    "error",
    "A record is whole but its end mark is not 0x42.",
    "Last transaction was partial.: the server drops it and what follows in the file, and goes on with the next file.",
    MIDDLE,
  ),
  "log.padding": kind(
    "warning",
    "Bytes that are not zero in the padding after the last record.",
    "The server ends at the first zero length and ignores them.",
    "Nothing readable is there; find out what wrote to the file.",
  ),
  "log.after-padding": kind(
    "error",
    "Sound records lie behind zero bytes: the server will not see them.",
    "The server ends at the first zero length, silently.",
    MIDDLE,
  ),
  "log.malformed": kind(
    "error",
    "A record whose checksum is right but whose content does not parse.",
    "Nothing: an EOFException inside is taken for the end of the file; or Unreasonable length = …, and no start.",
    "Report it with `zkrewind log --data`: a newer format or a bug.",
  ),
  "log.unknown-type": kind(
    "warning",
    "A transaction type that no release up to 3.9 writes.",
    "Unsupported Txn with type=… (%d… up to 3.8), and no start.",
    "Replay cannot know what it did: points after it are not exact.",
  ),
  "log.duplicate": kind(
    "warning",
    "A zxid that occurs twice with the same bytes.",
    SILENT,
    "Harmless: it is applied once.",
  ),
  "log.conflict": kind(
    "error",
    "A zxid that occurs twice with different bytes.",
    SILENT,
    "Two histories in one directory. Compare with the other servers.",
  ),
  "log.backward": kind(
    "error",
    "A zxid lower than the one before it.",
    "…(highestZxid) > …(next log) for type … (3.4: higestZxid); it is applied all the same.",
    "Files of two histories in one directory?",
  ),
  "log.clock": kind(
    "note",
    "The clock stepped back between two transactions.",
    SILENT,
    "Times as points are ambiguous around it; use zxids.",
  ),

  "coverage.gap": kind(
    "error",
    "Transactions are missing and no snapshot bridges them.",
    "Nothing when it starts, with the hole; perhaps The txn 0x… of snapshot digest does not exist. (3.9) or Digests are not matching. Value is Zxid. (3.6 on)",
    "Fill it from another server's logs (`zkrewind compare`).",
  ),
  "coverage.bridged-gap": kind(
    "note",
    "Transactions are missing, but a snapshot begins after them: normal after a sync from the leader.",
    SILENT,
    "Points inside it cannot be rebuilt from this server alone.",
  ),
  "coverage.no-snapshot": kind(
    "warning",
    "There is no snapshot.",
    "No snapshot found, but there are log entries. Something is broken! (3.5.3 and later do not start)",
    "`zkrewind restore` builds one if the logs reach back to the beginning.",
  ),
  "coverage.no-log": kind(
    "note",
    "There is no log: only the snapshots themselves.",
    SILENT,
    "Only a snapshot that is not fuzzy is an exact point.",
  ),
  "coverage.none": kind(
    "error",
    "Nothing here can be rebuilt.",
    "—",
    "Is this the data directory? A snapshot or log is needed.",
  ),

  "replay.missing-parent": kind(
    "error",
    "A create whose parent does not exist.",
    "Ignoring processTxn failure hdr: … at debug level only.",
    "The snapshot before it or a missing transaction is the cause.",
  ),
  "replay.missing-node": kind(
    "error",
    "A change to a znode that does not exist.",
    "Ignoring processTxn failure hdr: … error: -101, at debug level only.",
    "The snapshot before it or a missing transaction is the cause.",
  ),
  "replay.exists": kind(
    "error",
    "A create of a znode that exists already.",
    "Ignoring processTxn failure hdr: … error: -110, at debug level only; Failed to set parent cversion for: … if the parent is missing.",
    "The snapshot before it or a missing transaction is the cause.",
  ),
  "replay.version": kind(
    "error",
    "A change whose version does not follow the znode's.",
    SILENT,
    "A transaction before it is missing or was changed.",
  ),
  "replay.children": kind(
    "error",
    "A delete of a znode that has children.",
    SILENT,
    "A transaction before it is missing or was changed.",
  ),
  "replay.session": kind(
    "warning",
    "A transaction of a session that was never opened or is closed.",
    SILENT,
    "The snapshot before it or a missing transaction is the cause.",
  ),
  "digest.mismatch": kind(
    "error",
    "The replayed tree's digest differs from the transaction's: this or an earlier transaction is not what the server applied.",
    "Digests are not matching. Value is Zxid., then once First digest mismatch on txn: … (3.6 on); it goes on all the same.",
    "The state is proven up to the transaction before. Compare with another server.",
  ),
  "digest.charset": kind("note", "The server's digests take characters that are not ASCII as \"?\": its JVM ran with an ASCII locale (LC_ALL=C).", "Between servers of different locales: Digests are not matching.", "Harmless here. Give all servers one locale, or -Dfile.encoding=UTF-8."),
  "tree.mismatch": kind(
    "error",
    "A snapshot and the replay of the one before it give different trees at the same zxid.",
    SILENT,
    "One of the two is wrong: `zkrewind diff` shows the znodes.",
  ),

  "ensemble.divergent-tail": kind(
    "warning",
    "A server logged transactions that no majority ever saw: they were never committed, and a newer epoch went on without them.",
    "Truncating log to get in sync with the leader 0x… (when the server rejoins); it says nothing at its start.",
    "Do not restore from that server alone. `zkrewind compare` shows the transactions, for those whose clients never got an answer.",
  ),
  "ensemble.conflict": kind(
    "error",
    "The same zxid has different bytes on two servers: corruption, or two ensembles' files.",
    SILENT,
    "`zkrewind compare` shows both. Most servers' version is followed; verify each server's directory.",
  ),
  "ensemble.ambiguous": kind(
    "warning",
    "The servers' logs disagree about the transaction that an epoch began after, and as many say one as the other.",
    SILENT,
    "Add the directory of another server of the ensemble.",
  ),
  "ensemble.digest": kind(
    "error",
    "Two servers logged the same transaction with different tree digests: their trees differed by then.",
    "Digests are not matching. Value is Zxid.",
    "`zkrewind verify` on each tells whose replay agrees with its digests.",
  ),
  "ensemble.uncommitted": kind(
    "note",
    "The newest transactions are on less than a majority of the servers: whether they were committed is not known.",
    SILENT,
    "Were the copies taken at the same time? Restoring from the server that has them keeps them.",
  ),
  "ensemble.hole": kind(
    "note",
    "A server's logs lack transactions that others have.",
    SILENT,
    "Name the others with --node: they are then read as one history.",
  ),
  "ensemble.trees": kind(
    "error",
    "Servers' trees differ after the same transaction.",
    "Digests are not matching. Value is Zxid. (3.6 and later, on the server whose tree is wrong)",
    "`zkrewind compare` lists the znodes. `zkrewind verify` on each tells which replay its digests confirm.",
  ),

  "epoch.missing": kind(
    "note",
    "An epoch file is missing.",
    "currentEpoch not found! Creating with a reasonable default of …: the server makes it from the last zxid.",
    "Nothing.",
  ),
  "epoch.unreadable": kind(
    "error",
    "An epoch file is not a number.",
    "Found … in …/currentEpoch, and no start: Unable to load database on disk.",
    "Write the epoch of the last zxid (`zkrewind restore` does).",
  ),
  "epoch.behind": kind(
    "error",
    "currentEpoch is less than the last zxid's epoch.",
    "The current epoch, …, is older than the last zxid, …: Unable to load database on disk.",
    "Write the epoch of the last zxid (`zkrewind restore` does).",
  ),
  "epoch.order": kind(
    "error",
    "acceptedEpoch is less than currentEpoch.",
    "The accepted epoch, … is less than the current epoch, …: Unable to load database on disk.",
    "Raise acceptedEpoch (`zkrewind restore` does).",
  ),
  "server.start": kind(
    "error",
    "A server would not start on this directory.",
    "Unexpected exception, exiting abnormally; in an ensemble Unable to load database on disk and Unable to run quorum server. What follows Caused by: says why.",
    "`zkrewind restore` makes one that it starts on.",
  ),
} satisfies Record<string, FindingKind>;

export type FindingCode = keyof typeof FINDINGS;

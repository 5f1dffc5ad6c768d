import { type FindingKind, kind, SILENT } from "./kind.js";
import { HISTORY_FINDINGS } from "./history.js";

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
  "file.zeros": kind(
    "error",
    "The file has nothing but zeros: it was given its size and never written, or what was written was lost.",
    "A log: invalid magic number 0, and no start. A snapshot: Invalid snapshot … len = …, byte = 0; an older one is tried.",
    "Nothing in it can be read. Compare with another server's copy.",
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
  "snapshot.zeros": kind(
    "error",
    "Zeros where znodes should be: the file was given its size, and a part of it was never written.",
    "Invalid snapshot … len = …, byte = 0 where they reach to the end, else CRC corruption; the server tries an older one.",
    OLDER,
  ),
  "snapshot.repeated-id": kind(
    "error",
    "An id that occurs twice among the sessions or in the ACL map, which servers write from maps.",
    "The later one wins silently.",
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

  "log.header": kind(
    "error",
    "The log's header is damaged. Its records prove themselves by their checksums and are read all the same.",
    "Transaction log: … has invalid magic number …, and no start.",
    "`zkrewind salvage` writes them into a log with a sound header.",
  ),
  "log.torn-tail": kind(
    "warning",
    "The last record is incomplete: the server died while writing it.",
    "Nothing where the file ends, Last transaction was partial. where zeros follow; it goes on without that record.",
    TAIL,
  ),
  "log.garbage": kind(
    "error",
    "What follows the last sound record is neither a record that was being written nor zeros: damage of unknown extent.",
    "By its first bytes: Last transaction was partial., and it goes on without the rest of the file; or Unreasonable length = …, and no start.",
    "How many transactions were there is not known. Take them from another server's copy: `zkrewind salvage --node`.",
  ),
  "log.torn": kind(
    "error",
    "A record is broken that was whole: sound ones follow it, or its checksum still proves it.",
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
    "A record is whole but for its end mark, which is not 0x42. It counts only where the next record follows on it.",
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

  ...HISTORY_FINDINGS,
} satisfies Record<string, FindingKind>;

export type FindingCode = keyof typeof FINDINGS;

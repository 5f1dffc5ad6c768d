import { type FindingKind, kind, SILENT } from "./kind.js";

/** What is found out about a history as a whole: coverage, replay, epochs, several servers, whether a server starts. */
export const HISTORY_FINDINGS = {
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
  "digest.charset": kind(
    "note",
    "The server's digests take paths in another charset than UTF-8: that of its JVM's locale (LC_ALL=C, ISO-8859-1, a code page of Windows), before Java 18.",
    "Between servers of different locales: Digests are not matching.",
    "Harmless here. Give all servers one locale, or -Dfile.encoding=UTF-8.",
  ),
  "digest.cversion": kind(
    "note",
    "A znode's cversion has come to its end, 2147483647, and stays there (3.6 on); the digests of transactions that would raise it count it as wrapped, and prove nothing.",
    "Digests are not matching. Value is Zxid.: at each of them, on the server that wrote them as well.",
    "Sequential names under that znode repeat: have the clients use another one.",
  ),
  "replay.cversion": kind(
    "warning",
    "A znode's cversion has come to its end, and nothing in the files tells whether it wraps (up to 3.5) or stays (3.6 on).",
    SILENT,
    "Have the clients use another znode. Versions of 3.6 and later keep it at 2147483647.",
  ),
  "tree.mismatch": kind(
    "error",
    "A snapshot and the replay of the one before it give different trees at the same zxid.",
    SILENT,
    "One of the two is wrong: `zkrewind diff` shows the znodes.",
  ),
  "tree.orphan": kind(
    "warning",
    "A znode that is in no znode's list of children: its parent was deleted under it.",
    "A client that knows the path can read it, no list has it, and the next snapshot leaves it out.",
    "`zkrewind export` has it, marked as an orphan; `zkrewind restore` refuses to drop it unless --exclude names it.",
  ),

  "session.mismatch": kind(
    "error",
    "The sessions in a snapshot are not those that the transactions leave open: one too many, one too few, or another timeout.",
    SILENT,
    "`zkrewind sessions` at a point before it shows the transactions' own. Compare with another server's copy.",
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

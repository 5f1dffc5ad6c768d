import { kinds, SILENT } from "../kind.js";

const BEFORE_IT = "The cause is the snapshot before it, or a missing transaction.";
const ANOTHER = "A transaction before it is missing or was changed.";

export const REPLAY_FINDINGS = kinds({
  "replay.missing-parent": {
    severity: "error",
    meaning: "A create whose parent does not exist.",
    server: "Ignoring processTxn failure hdr: … at debug level only.",
    next: BEFORE_IT,
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "replay.missing-node": {
    severity: "error",
    meaning: "A change to a znode that does not exist.",
    server: "Ignoring processTxn failure hdr: … error: -101, at debug level only.",
    next: BEFORE_IT,
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "replay.exists": {
    severity: "error",
    meaning: "A create of a znode that exists already.",
    server:
      "Ignoring processTxn failure hdr: … error: -110, at debug level only; Failed to set parent cversion for: … if the parent is missing.",
    next: BEFORE_IT,
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "replay.version": {
    severity: "error",
    meaning: "A change whose version does not follow the znode's.",
    server: SILENT,
    next: ANOTHER,
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "replay.children": {
    severity: "error",
    meaning: "A delete of a znode that has children.",
    server: SILENT,
    next: ANOTHER,
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "replay.session": {
    severity: "warning",
    meaning: "A transaction of a session that was never opened or is closed.",
    server: SILENT,
    next: BEFORE_IT,
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "digest.mismatch": {
    severity: "error",
    meaning:
      "The replayed tree's digest differs from the transaction's: this or an earlier transaction is not what the server applied.",
    server: "Digests are not matching. Value is Zxid., then once First digest mismatch on txn: … (3.6 on); it goes on.",
    next: "The state is proven up to the transaction before. Compare with another server.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "digest.charset": {
    severity: "note",
    meaning:
      "The server's digests take paths in another charset than UTF-8: that of its JVM's locale (LC_ALL=C, ISO-8859-1, a code page of Windows), before Java 18.",
    server: "Between servers of different locales: Digests are not matching.",
    next: "Harmless here. Give all servers the same locale, or -Dfile.encoding=UTF-8.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "digest.cversion": {
    severity: "note",
    meaning:
      "A znode's cversion has reached its maximum, 2147483647, and stays there (3.6 on); the digests of transactions that would raise it count it as wrapped, and prove nothing.",
    server: "Digests are not matching. Value is Zxid. for each of them, on the server that wrote them as well.",
    next: "Sequential names under that znode repeat: let the clients use another znode.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "replay.cversion": {
    severity: "note",
    meaning:
      "A znode's cversion has reached its maximum, and nothing in the files shows whether it wraps (up to 3.5) or stays (3.6 on).",
    server: SILENT,
    next: "Let the clients use another znode. 3.6 and later keep the cversion at 2147483647.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
});

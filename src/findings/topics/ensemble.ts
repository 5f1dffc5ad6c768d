import { kinds, SILENT } from "../kind.js";

export const ENSEMBLE_FINDINGS = kinds({
  "ensemble.divergent-tail": {
    severity: "warning",
    meaning:
      "A server logged transactions that no majority ever saw: they were never committed, and a newer epoch went on without them.",
    server:
      "Truncating log to get in sync with the leader 0x… (when the server rejoins); it says nothing at its start.",
    next: "Do not restore from that server alone. `zkrewind compare` shows the transactions, for those whose clients never got an answer.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.conflict": {
    severity: "error",
    meaning: "The same zxid has different bytes on two servers: corruption, or two ensembles' files.",
    server: SILENT,
    next: "`zkrewind compare` shows both. Most servers' version is followed; verify each server's directory.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.ambiguous": {
    severity: "warning",
    meaning:
      "The servers' logs disagree about the transaction that an epoch began after, and as many say one as the other.",
    server: SILENT,
    next: "Add the directory of another server of the ensemble.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.digest": {
    severity: "error",
    meaning: "Two servers logged the same transaction with different tree digests: their trees differed by then.",
    server: "Digests are not matching. Value is Zxid.",
    next: "`zkrewind verify` on each tells whose replay agrees with its digests.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.uncommitted": {
    severity: "note",
    meaning:
      "The newest transactions are on less than a majority of the servers: whether they were committed is not known.",
    server: SILENT,
    next: "Were the copies taken at the same time? Restoring from the server that has them keeps them.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.hole": {
    severity: "note",
    meaning: "A server's logs lack transactions that others have.",
    server: SILENT,
    next: "Name the others with --node: they are then read as one history.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.trees": {
    severity: "error",
    meaning: "Servers' trees differ after the same transaction.",
    server: "Digests are not matching. Value is Zxid. (3.6 and later, on the server whose tree is wrong)",
    next: "`zkrewind compare` lists the znodes. `zkrewind verify` on each tells which replay its digests confirm.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
});

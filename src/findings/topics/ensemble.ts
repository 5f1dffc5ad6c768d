import { kinds, SILENT } from "../kind.js";

export const ENSEMBLE_FINDINGS = kinds({
  "ensemble.divergent-tail": {
    severity: "warning",
    meaning:
      "A server logged transactions that no majority ever saw: they were never committed, and a newer epoch began without them.",
    server:
      "Truncating log to get in sync with the leader 0x… (when the server rejoins); it says nothing at its start.",
    next: "Do not restore from that server alone. `zkrewind compare` shows the transactions: their clients never got a reply.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.conflict": {
    severity: "error",
    meaning: "The same zxid has different bytes on two servers: corruption, or two ensembles' files.",
    server: SILENT,
    next: "`zkrewind compare` shows both. The version of most servers is taken; verify each server's directory.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.ambiguous": {
    severity: "warning",
    meaning:
      "The servers' logs disagree about the transaction that an epoch began after, and neither side has more servers.",
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
    next: "`zkrewind verify` on each shows whose replay matches its digests.",
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
    next: "Check whether the copies were taken at the same time. Restoring from the server that has these transactions keeps them.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.hole": {
    severity: "note",
    meaning: "A server's logs lack transactions that others have.",
    server: SILENT,
    next: "Name the others with --node, to read them as one history.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "ensemble.trees": {
    severity: "error",
    meaning: "Servers' trees differ after the same transaction.",
    server: "Digests are not matching. Value is Zxid. (3.6 and later, on the server whose tree is wrong)",
    next: "`zkrewind compare` lists the znodes. `zkrewind verify` on each shows whose replay matches its digests.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
});

import { kinds, SILENT } from "../kind.js";

export const TREE_FINDINGS = kinds({
  "acl.dangling": {
    severity: "warning",
    meaning: "A znode whose ACL id is not in the map (ZOOKEEPER-4846).",
    server:
      "Ignoring acl … as it does not exist in the cache; then Failed to fetch acls for …: the client that reads the znode gets an error, and from 3.8 on the server dies at the next change of it.",
    next: "None needed if a later transaction sets the ACL; otherwise `zkrewind restore` with --open-dangling-acls.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: ["open-acls"],
  },
  "session.not-listed": {
    severity: "note",
    meaning:
      "A session was open but is missing from the snapshot's list, which servers write at another moment than the znodes.",
    server: SILENT,
    next: "Its ephemerals are right; only its timeout is unknown.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "session.missing-owner": {
    severity: "note",
    meaning: "An ephemeral znode whose session is not among the sessions.",
    server: SILENT,
    next: "On a server it would stay until deleted by hand (ZOOKEEPER-4837).",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "tree.mismatch": {
    severity: "error",
    meaning: "A snapshot and the replay of the one before it give different trees at the same zxid.",
    server: SILENT,
    next: "One of the two is wrong: `zkrewind diff` shows the znodes that differ.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "tree.orphan": {
    severity: "warning",
    meaning: "A znode is in no parent's list of children: its parent was deleted under it.",
    server: "A client that knows the path can read it, but no parent lists it, and the next snapshot leaves it out.",
    next: "`zkrewind export` writes it, marked as an orphan; `zkrewind restore` drops it only if --exclude names it.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "session.mismatch": {
    severity: "error",
    meaning:
      "The sessions in a snapshot are not those that the transactions leave open: one too many, one too few, or another timeout.",
    server: SILENT,
    next: "`zkrewind sessions` at a point before it shows those that the transactions leave open. Compare with another server's copy.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
});

import { kinds } from "../kind.js";

const NO_SERVER = "It reads no backup repositories.";

export const BACKUP_FINDINGS = kinds({
  "backup.lost": {
    severity: "error",
    meaning: "An object that is missing or damaged in every repository that was read: what it held is not there.",
    server: NO_SERVER,
    next: "Read it with another repository as well: `zkrewind verify REPO OTHER`. What is in none of them, a server may still have: `zkrewind backup run` ships it again.",
    damage: true,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: [],
  },
  "backup.damaged": {
    severity: "warning",
    meaning: "An object that is missing or damaged in one repository, and was read from another.",
    server: NO_SERVER,
    next: "Look at the disk or bucket that it was in; `zkrewind backup verify` names all of them.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: [],
  },
  "backup.unreachable": {
    severity: "warning",
    meaning: "A repository that could not be read: the others alone were.",
    server: NO_SERVER,
    next: "See that it can be reached, and what is in it: `zkrewind backup list`.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: [],
  },
  "backup.hole": {
    severity: "warning",
    meaning: "Transactions that no server has shipped: a history that is read across it is not whole.",
    server: NO_SERVER,
    next: "Back up the other servers too: each ships what it has. `zkrewind info` says which points can be rebuilt all the same.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: [],
  },
});

import { kinds } from "../kind.js";

export const ARCHIVE_FINDINGS = kinds({
  "archive.damaged": {
    severity: "error",
    meaning: "A tar archive that is cut or damaged: what came after that place is not there.",
    server: "It reads no archives.",
    next: "Pack it again, and see whether whatever packed or carried it ended with an error: a pipe through kubectl exec or ssh can break off.",
    damage: true,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
  "archive.member": {
    severity: "warning",
    meaning: "A member of a tar archive that is not read as it is written there.",
    server: "It reads no archives.",
    next: "Look at the archive with `tar tvf`: is it what it should be?",
    damage: false,
    stops: "nothing",
    unfinished: false,
    cures: [],
  },
});

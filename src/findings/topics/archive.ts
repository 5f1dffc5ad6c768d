import { kinds } from "../kind.js";

export const ARCHIVE_FINDINGS = kinds({
  "archive.damaged": {
    severity: "error",
    meaning: "A tar archive that is cut or damaged: what came after that place is missing.",
    server: "The server reads no archives.",
    next: "Pack it again, and check that the command that packed or copied it ended without an error: a pipe through kubectl exec or ssh can break off.",
    damage: true,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    causes: [],
    cures: [],
  },
  "archive.member": {
    severity: "warning",
    meaning: "A member of a tar archive that is not read, or not as the archive has it.",
    server: "The server reads no archives.",
    next: "List the archive with `tar tvf` and check that the member is what it should be.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    causes: [],
    cures: [],
  },
});

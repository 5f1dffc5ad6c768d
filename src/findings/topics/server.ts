import { kinds } from "../kind.js";

const EPOCH = "Write the epoch of the last zxid (`zkrewind restore` does).";

export const SERVER_FINDINGS = kinds({
  "epoch.missing": {
    severity: "note",
    meaning: "An epoch file is missing.",
    server: "currentEpoch not found! Creating with a reasonable default of …: the server makes it from the last zxid.",
    next: "Nothing.",
    damage: false,
    stops: "never",
    unfinished: false,
    cures: ["resync", "restore"],
  },
  "epoch.unreadable": {
    severity: "error",
    meaning: "An epoch file is not a number.",
    server: "Found … in …/currentEpoch, and no start: Unable to load database on disk.",
    next: EPOCH,
    damage: false,
    stops: "always",
    unfinished: false,
    cures: ["resync", "restore"],
  },
  "epoch.behind": {
    severity: "error",
    meaning: "The epoch in currentEpoch is lower than the last zxid's.",
    server: "The current epoch, …, is older than the last zxid, …: Unable to load database on disk.",
    next: EPOCH,
    damage: false,
    stops: "always",
    unfinished: false,
    cures: ["resync", "restore"],
  },
  "epoch.order": {
    severity: "error",
    meaning: "The epoch in acceptedEpoch is lower than the one in currentEpoch.",
    server: "The accepted epoch, … is less than the current epoch, …: Unable to load database on disk.",
    next: "Raise acceptedEpoch (`zkrewind restore` does).",
    damage: false,
    stops: "always",
    unfinished: false,
    cures: ["resync", "restore"],
  },
  "server.start": {
    severity: "error",
    meaning: "A server would not start on this directory.",
    server:
      "Unexpected exception, exiting abnormally; in an ensemble Unable to load database on disk and Unable to run quorum server. What follows Caused by: says why.",
    next: "`zkrewind restore` makes one that it starts on.",
    damage: false,
    stops: "always",
    unfinished: false,
    cures: [],
  },
});

import { kinds, SILENT } from "../kind.js";

const EPOCH = "Write the epoch of the last zxid into it, as `zkrewind restore` does.";

export const SERVER_FINDINGS = kinds({
  "folder.mixed": {
    severity: "error",
    meaning: "Snapshots are in dataLogDir, or logs in dataDir, and the two are different folders.",
    server:
      "LogDirContentCheckException: Log directory has snapshot files, or SnapDirContentCheckException: Snapshot directory has log files; no start (3.4.13 and 3.5.4 on, ZOOKEEPER-2967).",
    next: "Move them to the other folder; if they are interchanged, change dataDir and dataLogDir in zoo.cfg.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: ["mixed-folders"],
  },
  "folder.inexact": {
    severity: "warning",
    meaning:
      "These files were restored from a state that was not exact, or salvaged with losses: they are sound, and not all that servers had is in them.",
    server: SILENT,
    next: "Read the file beside them that says what is in doubt or lost. To have that too, `zkrewind restore` from the first source again, with another server's files as --node.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: [],
  },
  "epoch.missing": {
    severity: "note",
    meaning: "An epoch file is missing.",
    server: "currentEpoch not found! Creating with a reasonable default of …: the server makes it from the last zxid.",
    next: "Nothing.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: ["resync", "restore"],
  },
  "epoch.unreadable": {
    severity: "error",
    meaning: "An epoch file is not a number.",
    server: "Found … in …/currentEpoch, and no start: Unable to load database on disk.",
    next: EPOCH,
    damage: false,
    stops: "start",
    unfinished: false,
    replay: "none",
    cures: ["resync", "restore"],
  },
  "epoch.temporary": {
    severity: "note",
    meaning:
      "The server was killed while it wrote a new epoch: currentEpoch.tmp (3.5 on) or updatingEpoch (3.4) is there.",
    server:
      "currentEpoch.tmp found. Setting current epoch to …: where currentEpoch is too low it takes that (3.5 on, ZOOKEEPER-4269); 3.4 does the same with updatingEpoch.",
    next: "Nothing.",
    damage: false,
    stops: "nothing",
    unfinished: false,
    replay: "none",
    cures: [],
  },
  "epoch.behind": {
    severity: "error",
    meaning: "The epoch in currentEpoch is lower than the last zxid's.",
    server: "The current epoch, …, is older than the last zxid, …: Unable to load database on disk.",
    next: EPOCH,
    damage: false,
    stops: "start",
    unfinished: false,
    replay: "none",
    cures: ["resync", "restore"],
  },
  "epoch.order": {
    severity: "error",
    meaning: "The epoch in acceptedEpoch is lower than the one in currentEpoch.",
    server: "The accepted epoch, … is less than the current epoch, …: Unable to load database on disk.",
    next: "Raise acceptedEpoch, as `zkrewind restore` does.",
    damage: false,
    stops: "start",
    unfinished: false,
    replay: "none",
    cures: ["resync", "restore"],
  },
  "server.start": {
    severity: "error",
    meaning: "A server would not start on this directory.",
    server:
      "Unexpected exception, exiting abnormally; in an ensemble Unable to load database on disk and Unable to run quorum server. The text after Caused by: says why.",
    next: "`zkrewind restore` makes a directory that it starts on; where it refuses, it names the states that can be had. Files that went through a text mode: `zkrewind salvage` first.",
    damage: false,
    stops: "start",
    unfinished: false,
    replay: "none",
    cures: [],
  },
});

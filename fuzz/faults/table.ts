import type { Aim } from "../case.js";

/** A fault that the project once had, put back by exact text: where that is no longer there, the table must follow. */
export interface Fault {
  /** As the issue "Never wrong silently" counts them. */
  id: string;
  what: string;
  edits: readonly { file: string; from: string; to: string }[];
  /** Where it can be met at all, if that is seldom. */
  aim?: Aim;
}

/** What a table without types needs: one edit. */
function fault(id: string, what: string, file: string, from: string, to: string, aim?: Aim): Fault {
  return { id, what, edits: [{ file, from, to }], ...(aim ? { aim } : {}) };
}

/** Not here, for the fuzzer does not look at it: redaction (C.14). */
export const FAULTS: readonly Fault[] = [
  fault(
    "A.1",
    "a znode that is in no list of children counts as existing",
    "tree/data-tree.ts",
    "if (existing !== NONE && znodes.parent(existing) === parent) {",
    "if (existing !== NONE) {",
  ),
  fault(
    "A.2",
    "quotas are counted where their limits are gone",
    "tree/quota.ts",
    "for (const [path, each] of this.quotas) if (each.limited) each.limited = this.limits.has(path);",
    "",
  ),
  fault(
    "A.5",
    "an undo writes what the server counts",
    "forensics/diff/quota-paths.ts",
    "return isBelowQuotaRoot(path) && path.endsWith(STATS);",
    "return isBelowQuotaRoot(path) && path.length === 0;",
  ),
  fault(
    "A.3",
    "a cversion stays at its end before 3.6 too",
    "tree/data-tree.ts",
    "if (this.isFrom36(txn)) {\n      this.cversionEnds.stays",
    "if (slot >= 0) {\n      this.cversionEnds.stays",
    { mutations: [[]], directory: { layout: "3.5", manyChildren: true } },
  ),
  fault(
    "A.4",
    "a record that lacks only its end mark is applied",
    "storage/log-reader.ts",
    "if (!(await isFollowed(window, this.longest, zxid, length)))\n",
    "if (length < 0)\n",
  ),
  fault(
    "B.6",
    "snapshots are no evidence of a later state",
    "recovery/exact/evidence.ts",
    "for (const snapshot of directory.snapshots) {\n    if (snapshot.size === 0) continue;",
    "for (const snapshot of directory.snapshots) {\n    if (snapshot.size >= 0) continue;",
  ),
  fault(
    "B.6",
    "names that a snapshot's own last zxid contradicts are believed",
    "recovery/exact/base.ts",
    "last === null || last >= zxid) return null;",
    "last === null || last >= 0n) return null;",
    { mutations: [["sealed last zxid"], ["names swapped"]], directory: { layout: "3.9-no-digest" } },
  ),
  fault(
    "B.6",
    "what the replay from the base before shows of a base does not count",
    "recovery/exact/assess.ts",
    "    if (!before || differs === null) return false;\n",
    "    if (!before || differs !== undefined) return false;\n",
  ),
  fault(
    "B.7",
    "a snapshot with a digest is taken to be the tree of it",
    "recovery/exact/base.ts",
    "return equal && newestChange <= own.zxid ? own.zxid : null;",
    "return newestChange <= own.zxid ? own.zxid : null;",
    {
      mutations: ["sealed znode data", "sealed znode time", "sealed znode versions"].map((each) => [
        each,
        "only the newest snapshot left",
      ]),
      directory: { layout: "3.9" },
    },
  ),
  fault(
    "B.8",
    "ranges go on over what does not fit",
    "recovery/replay/replay.ts",
    "const to = this.fittedTo ?? last;",
    "const to = last;",
  ),
  fault(
    "B.8",
    "a rebuild takes a base that its neighbours differ from",
    "recovery/exact/neighbours.ts",
    'if (before === null ? earlier.length > 0 : !isAlike(before)) return "ask";',
    "",
  ),
  fault(
    "B.9",
    "timeouts of sessions are not compared",
    "recovery/replay/session-list.ts",
    "if (known !== timeout) return otherTimeout(id, timeout, known);",
    "",
  ),
  fault(
    "B.9",
    "a snapshot is not fuzzy beyond its name",
    "recovery/exact/fuzzy-window.ts",
    'return window(digestZxid > lastZxid ? digestZxid : lastZxid, "digest");',
    'return window(begin, "digest");',
  ),
  fault(
    "B.10",
    "the newest exact state is called the latest",
    "recovery/rebuild.ts",
    "if (exact && !later) return",
    "if (exact) return",
  ),
  fault(
    "B.11",
    "what looks like a clock is epoch and counter",
    "recovery/point/point.ts",
    "const EPOCH_COUNTER = /^e(",
    "const EPOCH_COUNTER = /^e?(",
  ),
  fault(
    "B.11",
    "of a time that clocks came by several times one is taken",
    "recovery/point/resolve.ts",
    "if (edgeCount + (beginsLater ? 1 : 0) <= 1) return;",
    "if (edgeCount >= 0) return;",
  ),
  fault(
    "C.12",
    "temporaries are named after the process",
    "io/new/new-path.ts",
    'return process.getBuiltinModule("node:crypto").randomBytes(8).toString("hex");',
    "return String(process.pid);",
  ),
  {
    id: "C.12",
    what: "pipes and devices are opened",
    aim: { mutations: [["pipe"], ["link to a device"]] },
    edits: [
      { file: "io/regular-file.ts", from: "refuseOthers(name, statSync(path));", to: "statSync(path);" },
      { file: "io/regular-file.ts", from: "refuseOthers(name, stats);", to: "" },
    ],
  },
  fault(
    "C.13",
    "`log` does not say what it could not read",
    "export/walk/log.ts",
    "finding: (each) => options.onFinding?.(each),",
    "finding: () => undefined,",
  ),
  fault(
    "C.14",
    "text from files reaches the terminal as it is",
    "text/unsafe.ts",
    "return text.replace(UNSAFE_OR_BACKSLASH, escape) as Safe;",
    "return text as Safe;",
    { mutations: [["stranger"], ["sealed txn path"]], directory: { oddNames: true } },
  ),
  {
    id: "C.15",
    what: "the search for the next sound record gives up after so many heads",
    aim: { mutations: [["raw record head"], ["raw record payload"]], directory: { fakeHeads: true } },
    edits: [
      { file: "storage/sound-search.ts", from: "mostClaims = MOST_CLAIMS", to: "mostClaims = 16" },
      {
        file: "storage/sound-search.ts",
        from: "else if (this.full) await this.begin(Math.max(from, this.reach));",
        to: "else if (this.full) return null;",
      },
    ],
  },
  fault(
    "C.16",
    "a file that vanishes ends the run",
    "io/unreadable-file.ts",
    "return isSystemError(error) ? new UnreadableFile(path, inWords(error), error) : error;",
    "return error;",
    { live: "removed" },
  ),
];

// What is measured: rows of pairs. A pair is ours beside another command, and what is to be reached.
import {
  between,
  both,
  buildGoal,
  buildOf,
  EXTREME,
  firstOf,
  formatter,
  nearTheEnd,
  rebuild,
  restore,
  restoreThree,
  server,
  threeServers,
  SMALL_DIRECTORY,
  titleOf,
  toolkit,
  zkrewind,
} from "./commands.mjs";
import { dataSet } from "./data.mjs";

/**
 * Every row: an id, what it is about, and `pairs(sizes)`. A pair's goals, all on medians:
 *   timeRatio, memoryRatio   ours / the other's, at most
 *   megabytes                ours, at most; `megabytesEach`: both
 *   seconds                  ours, at most
 */
export const ROWS = [
  {
    id: "verify",
    title: "verify --no-replay of a snapshot",
    pairs: ({ set }) => [
      {
        title: "against the server's FileSnap load",
        ours: zkrewind("verify", "--no-replay", set.snapshot),
        against: server(["load", set.snapshots]),
        goals: { timeRatio: 1 / 10 },
      },
      {
        title: "against SnapshotFormatter",
        ours: zkrewind("verify", "--no-replay", set.snapshot),
        against: formatter([set.snapshot]),
        goals: { timeRatio: 1 / 30, memoryRatio: 1 / 15 },
        slow: true,
      },
    ],
  },
  {
    id: "rebuild",
    title: "rebuild at the last zxid",
    pairs: ({ set }) => [
      {
        title: "snapshot and logs, a digest checked at each transaction",
        ours: rebuild(set),
        against: server(["restore", set.snapshots, set.logs]),
        goals: { timeRatio: 1 / 4.5, memoryRatio: 1 / 3, megabytes: memoryBound(set) },
      },
    ],
  },
  {
    id: "export",
    title: "export --format ndjson of the tree",
    pairs: ({ set }) => [
      {
        title: "against SnapshotFormatter -d",
        ours: zkrewind("export", set.snapshots, "--format", "ndjson", "-o", "/dev/null"),
        against: formatter(["-d", set.snapshot]),
        goals: { timeRatio: 1 / 20 },
        slow: true,
      },
    ],
  },
  {
    id: "log",
    title: "log --format ndjson of one log",
    pairs: ({ set }) => [
      {
        title: "against TxnLogToolkit",
        ours: zkrewind("log", "--format", "ndjson", set.logFiles[0]),
        against: toolkit(set.logFiles[0]),
        goals: { timeRatio: 1 / 8 },
      },
    ],
  },
  {
    id: "restore",
    title: "restore: rebuild, write, read back",
    pairs: ({ set }) => [
      {
        title: "against the server's load and its own snapshot write",
        ...restore([set.snapshots], set.snapshots),
        goals: { timeRatio: 1 / 4 },
      },
      {
        title: "for an ensemble of three, against cp of the snapshot three times and sync",
        ...restoreThree(set),
        goals: { timeRatio: 2 },
      },
    ],
  },
  {
    id: "diff",
    title: "what differs between two points, and who made it so",
    pairs: ({ set }) => [
      {
        title: "diff of the last 10,000 transactions, against a rebuild",
        ours: between(set, "diff", nearTheEnd(set)),
        against: rebuild(set),
        goals: { timeRatio: 1.5, megabytes: memoryBound(set) },
      },
      {
        title: "diff of all transactions, against a rebuild",
        ours: between(set, "diff", firstOf(set)),
        against: rebuild(set),
        goals: { timeRatio: 2.5 },
      },
      {
        title: "the same as NDJSON, without who",
        ours: between(set, "diff", firstOf(set), "--no-who", "--format", "ndjson"),
        against: rebuild(set),
        goals: { timeRatio: 2.5 },
      },
      {
        title: "undo of the last 10,000 transactions, against a rebuild",
        ours: between(set, "undo", nearTheEnd(set)),
        against: rebuild(set),
        goals: { timeRatio: 1.5, megabytes: memoryBound(set) },
      },
    ],
  },
  {
    id: "history",
    title: "history -r / of all transactions",
    pairs: ({ set, tenth }) => [
      {
        title: "against a rebuild",
        ours: historyOf(set),
        against: rebuild(set),
        goals: { megabytes: 2 * memoryBound(set) },
        slow: true,
      },
      ...(tenth ? [grown("and growth", historyOf, { set: tenth, big: set })] : []),
    ],
  },
  {
    id: "compare",
    title: "compare of three servers: memory and growth, ten times the znodes and the transactions",
    pairs: ({ set, tenth }) => {
      const bound = { megabytes: 2 * memoryBound(set) };
      const pair = grown("all the same", threeServers, { set: tenth ?? set, big: tenth && set, ...bound });
      return [pair];
    },
  },
  {
    id: "many-snapshots",
    title: "verify of a directory with many snapshots: memory and growth, ten times the snapshots",
    pairs: ({ someSnapshots, manySnapshots }) =>
      [["verify"], ["verify", "--no-replay"]].map((args) =>
        grown(titleOf(args), (set) => zkrewind(...args, ...both(set)), {
          set: someSnapshots,
          big: manySnapshots,
          megabytesEach: 2 * memoryBound(someSnapshots),
        }),
      ),
  },
  {
    id: "build",
    title: "build from NDJSON: a line a znode",
    pairs: ({ set }) => [{ title: `${set.name}, exported`, ...buildOf(set), goals: { seconds: buildGoal(set) } }],
  },
  {
    id: "streaming",
    title: "streaming: memory and growth, ten times the znodes",
    pairs: ({ set, big }) => [
      ...STREAMING.map((args) =>
        grown(titleOf(args), (size) => zkrewind(...args, size.snapshot), { set, big, megabytesEach: 200 }),
      ),
      {
        title: "log of one file",
        ours: zkrewind("log", "--format", "ndjson", set.logFiles[0]),
        goals: { megabytes: 200 },
      },
    ],
  },
  {
    id: "growth",
    title: "rebuild and export: memory and growth, ten times the znodes",
    pairs: ({ set, big }) => [
      grown("rebuild of one snapshot", (size) => zkrewind("stat", size.snapshots, "/"), { set, big, bounded: true }),
      grown("export of one snapshot", (size) => zkrewind("export", size.snapshots, "-o", "/dev/null"), {
        set,
        big,
        bounded: true,
      }),
    ],
  },
  {
    id: "workers",
    title: "verify of many logs, two cores against one",
    pairs: ({ manyLogs }) => {
      if (!manyLogs) return [];
      const ours = zkrewind("verify", "--no-replay", manyLogs.snapshots, "--log-dir", manyLogs.logs);
      return [
        {
          title: `${manyLogs.logFiles.length} logs and a snapshot`,
          ours: { ...ours, label: "two cores" },
          against: { label: "one core", command: ["taskset", "-c", "0", ...ours.command] },
          goals: { timeRatio: 1 / 1.7 },
        },
      ];
    },
  },
  {
    id: "startup",
    title: "start",
    pairs: () => [...startPairs("", []), ...(process.env[CERTIFICATES] ? startPairs(WITHOUT, CLEAN) : [])],
  },
  {
    id: "extremes",
    title: "a value of 100 MB, a znode of a million children, a path of 200 levels",
    pairs: ({ extremes: set }) => [
      ...STREAMING.map((args) => ({
        title: titleOf(args),
        ours: zkrewind(...args, set.snapshot),
        ...(args[0] === "verify" ? { against: server(["load", set.snapshots], EXTREME) } : {}),
        goals: { megabytes: 200 },
        slow: true,
      })),
      ...[["verify", "--no-replay"], ["info"], ["log", "--format", "ndjson"]].map((args) => ({
        title: `${titleOf(args)} of the snapshot and the log`,
        ours: zkrewind(...args, ...both(set)),
        ...(args[0] === "log" ? { against: toolkit(set.logFiles[0], EXTREME) } : {}),
        goals: { megabytes: 200 },
        slow: true,
      })),
      {
        title: "rebuild at the last zxid",
        ours: rebuild(set),
        against: server(["restore", set.snapshots, set.logs], EXTREME),
        goals: { megabytes: memoryBound(set) },
        slow: true,
      },
      {
        title: "export of the tree",
        ours: zkrewind("export", set.snapshots, "-o", "/dev/null"),
        against: formatter(["-d", set.snapshot], EXTREME),
        goals: { megabytes: memoryBound(set) },
        once: true,
      },
      {
        title: "restore, here with the log's transactions",
        ...restore(both(set), set.snapshots, EXTREME),
        goals: { megabytes: memoryBound(set) },
        slow: true,
      },
    ],
  },
  {
    id: "many-files",
    title: "twenty thousand logs: memory and growth, ten times the files",
    pairs: ({ someFiles, manyFiles }) => {
      const most = manyFiles ?? someFiles;
      return [
        ...[["verify", "--no-replay"], ["info"], ["log", "--format", "ndjson"]].map((args) =>
          grown(titleOf(args), (set) => zkrewind(...args, ...both(set)), {
            set: someFiles,
            big: manyFiles,
            megabytesEach: 200,
          }),
        ),
        {
          title: "rebuild at the last zxid, four of five logs after the snapshot",
          ours: rebuild(most),
          against: server(["restore", most.snapshots, most.logs]),
          goals: { megabytes: memoryBound(most) },
          slow: true,
        },
      ];
    },
  },
  {
    id: "huge",
    title: "a snapshot of more than 4 GiB",
    optional: true,
    pairs: () => {
      const huge = dataSet("huge");
      return STREAMING.map((args) => ({
        title: `${titleOf(args)}, ${(huge.snapshotBytes / 1e9).toFixed(1)} GB`,
        ours: zkrewind(...args, huge.snapshot),
        goals: { megabytes: 200 },
        slow: true,
      }));
    },
  },
];

/** Where this is set, Node reads a file of certificates at every start: all starts look more alike than they are. */
const CERTIFICATES = "NODE_EXTRA_CA_CERTS";
const WITHOUT = `, without ${CERTIFICATES}`;
const CLEAN = ["env", "-u", CERTIFICATES];

function startPairs(title, prefix) {
  const nothing = { label: "node -e 0", command: [...prefix, "node", "-e", "0"] };
  const pair = (what, { label, command }) => ({
    title: `${what}${title}`,
    ours: { label, command: [...prefix, ...command] },
    against: nothing,
    goals: { timeRatio: 2 },
    quickly: true,
  });
  return [
    pair("--version", zkrewind("--version")),
    pair("info of a small directory", zkrewind("info", SMALL_DIRECTORY)),
  ];
}

const STREAMING = [["verify", "--no-replay"], ["info"], ["du"], ["export", "--order", "file", "-o", "/dev/null"]];

function historyOf(set) {
  return zkrewind("history", ...both(set), "/", "-r", "-o", "/dev/null");
}

/** The bound of a rebuild's memory: 1.5 times the snapshot and 150 MB. */
function memoryBound({ snapshotBytes }) {
  return (1.5 * snapshotBytes) / 2 ** 20 + 150;
}

/** One command at two sizes; only at one where there is no big one. */
function grown(title, side, { set, big, bounded = false, ...goals }) {
  const small = { ...side(set), label: `${side(set).label}, ${set.name}` };
  if (!big) {
    return { title, ours: small, goals: bounded ? { megabytes: memoryBound(set) } : goals };
  }
  return {
    title,
    ours: { ...side(big), label: `${side(big).label}, ${big.name}` },
    against: small,
    goals: {
      timeRatio: 11,
      ...(bounded ? { megabytes: memoryBound(big), againstMegabytes: memoryBound(set) } : goals),
    },
    slow: true,
  };
}

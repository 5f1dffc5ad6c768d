// What is measured: rows of pairs. A pair is ours beside another command, and what is to be reached.
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataSet, java } from "./data.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ZKREWIND = join(ROOT, "bin/zkrewind.js");
const SMALL_DIRECTORY = join(ROOT, "fixtures/3.8.6-standalone");
const FORMATTER = "org.apache.zookeeper.server.SnapshotFormatter";
const TOOLKIT = "org.apache.zookeeper.server.persistence.TxnLogToolkit";

const zkrewind = (...args) => ({ label: `zkrewind ${args[0]}`, command: ["node", ZKREWIND, ...args] });
const server = (...args) => ({ label: `the server's ${args[0]}`, command: java("Server", args) });

/**
 * Every row: an id, what it is about, and `pairs(sizes)`. A pair's goals, all on medians:
 *   timeRatio, memoryRatio   ours / the other's, at most
 *   megabytes                ours, at most; `megabytesEach`: both
 */
export const ROWS = [
  {
    id: "verify",
    title: "verify --no-replay of a snapshot",
    pairs: ({ set }) => [
      {
        title: "against the server's FileSnap load",
        ours: zkrewind("verify", "--no-replay", set.snapshot),
        against: server("load", set.snapshots),
        goals: { timeRatio: 1 / 4 },
      },
      {
        title: "against SnapshotFormatter",
        ours: zkrewind("verify", "--no-replay", set.snapshot),
        against: { label: "SnapshotFormatter", command: java(FORMATTER, [set.snapshot]) },
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
        ours: { ...rebuild(set), check: verified },
        against: server("restore", set.snapshots, set.logs),
        goals: { timeRatio: 1 / 4, memoryRatio: 1 / 3, megabytes: memoryBound(set) },
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
        against: { label: "SnapshotFormatter -d", command: java(FORMATTER, ["-d", set.snapshot]) },
        goals: { timeRatio: 1 / 8 },
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
        against: { label: "TxnLogToolkit", command: java(TOOLKIT, [set.logFiles[0]]) },
        goals: { timeRatio: 1 / 5 },
      },
    ],
  },
  {
    id: "restore",
    title: "restore: rebuild, write, read back",
    pairs: ({ set }) => {
      const ours = join(tmpdir(), `bench-${process.pid}-ours`);
      const theirs = join(tmpdir(), `bench-${process.pid}-theirs`);
      const clear = (target) => () => rmSync(target, { recursive: true, force: true });
      process.on("exit", clear(ours)).on("exit", clear(theirs));
      return [
        {
          title: "against the server's load and its own snapshot write",
          ours: { ...zkrewind("restore", set.snapshots, "--to", ours), before: clear(ours) },
          against: { ...server("copy", set.snapshots, theirs), before: clear(theirs) },
          goals: { timeRatio: 1 / 2 },
        },
      ];
    },
  },
  {
    id: "streaming",
    title: "streaming: memory and growth, ten times the znodes",
    pairs: ({ set, big }) => [
      ...STREAMING.map((args) =>
        grown(args[0], (size) => zkrewind(...args, size.snapshot), { set, big, megabytesEach: 200 }),
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
      grown("export", (size) => zkrewind("export", size.snapshots, "-o", "/dev/null"), { set, big, bounded: true }),
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
    pairs: () => {
      const nothing = { label: "node -e 0", command: ["node", "-e", "0"] };
      return [
        { title: "--version", ours: zkrewind("--version"), against: nothing, goals: { timeRatio: 2 }, quickly: true },
        {
          title: "info of a small directory",
          ours: zkrewind("info", SMALL_DIRECTORY),
          against: nothing,
          goals: { timeRatio: 2 },
          quickly: true,
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
        title: `${args.join(" ")}, ${(huge.snapshotBytes / 1e9).toFixed(1)} GB`,
        ours: zkrewind(...args, huge.snapshot),
        goals: { megabytes: 200 },
        slow: true,
      }));
    },
  },
];

const STREAMING = [["verify", "--no-replay"], ["info"], ["du"], ["export", "--order", "file", "-o", "/dev/null"]];

/** The cheapest question that needs the whole tree at the latest point. */
function rebuild(set) {
  const logs = existsSync(set.logs) ? ["--log-dir", set.logs] : [];
  return { ...zkrewind("stat", set.snapshots, ...logs, "/"), label: "zkrewind stat DIR /" };
}

/** A rebuild that nothing proved is no rebuild. */
function verified(said) {
  return said.includes("exact, digest verified") ? null : `not verified: ${said.trim()}`;
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

// The commands that rows put side by side: ours, and Java programs that do the same work.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DATA, java } from "./data.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ZKREWIND = join(ROOT, "bin/zkrewind.js");
export const SMALL_DIRECTORY = join(ROOT, "fixtures/3.8.6-standalone");
const FORMATTER = "org.apache.zookeeper.server.SnapshotFormatter";
const TOOLKIT = "org.apache.zookeeper.server.persistence.TxnLogToolkit";

export const zkrewind = (...args) => ({ label: `zkrewind ${args[0]}`, command: ["node", ZKREWIND, ...args] });
export const server = (args, options) => ({ label: `the server's ${args[0]}`, command: java("Server", args, options) });
export const formatter = (args, options) => ({
  label: ["SnapshotFormatter", ...args.slice(0, -1)].join(" "),
  command: java(FORMATTER, args, options),
});
export const toolkit = (log, options) => ({ label: "TxnLogToolkit", command: java(TOOLKIT, [log], options) });
/** For Java to take what extremes hold: values of 100 MB, and digests of names that are not ASCII. */
export const EXTREME = ["-Djute.maxbuffer=0x10000000", "-Dfile.encoding=UTF-8"];

/** The source that has a set's snapshots and its logs. */
export function both({ snapshots, logs }) {
  return [snapshots, "--log-dir", logs];
}

/** A command about what happened from a point to the end; exit code 1 says that something differs. */
export function between(set, command, from, ...options) {
  const args = [command, ...both(set), "--from", from, ...options, "-o", "/dev/null"];
  return { ...zkrewind(...args), exitCodes: [0, 1] };
}

/** The transaction before the first one. */
export function firstOf({ logFiles }) {
  return zxidText(zxidIn(logFiles[0]) - 1n);
}

/** A point 10,000 transactions before the last; every log of a set has as many as the others. */
export function nearTheEnd({ logFiles }) {
  const [first, second] = [zxidIn(logFiles[0]), zxidIn(logFiles[1] ?? logFiles[0])];
  const each = second > first ? second - first : 50_000n;
  return zxidText(zxidIn(logFiles.at(-1)) + each - 10_001n);
}

function zxidIn(file) {
  return BigInt(`0x${/\.([0-9a-f]+)$/.exec(file)[1]}`);
}

function zxidText(zxid) {
  return `0x${zxid.toString(16)}`;
}

/** A command without where its output goes. */
export function titleOf(args) {
  return args.join(" ").replace(" -o /dev/null", "");
}

/** Three servers that have the same: a set's files, by links. */
export function threeServers({ name, snapshots, logs }) {
  const folder = join(tmpdir(), `bench-${process.pid}-servers-${name}`);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const servers = ["1", "2", "3"].map((id) => join(folder, id));
  const before = () => {
    rmSync(folder, { recursive: true, force: true });
    for (const server of servers) {
      mkdirSync(join(server, "version-2"), { recursive: true });
      for (const from of [snapshots, logs].map((each) => join(each, "version-2"))) {
        for (const file of readdirSync(from)) symlinkSync(join(from, file), join(server, "version-2", file));
      }
    }
  };
  return { ...zkrewind("compare", ...servers), before };
}

/** The cheapest question that needs the whole tree at the latest point. */
export function rebuild(set) {
  return { ...zkrewind("stat", ...both(set), "/"), label: "zkrewind stat DIR /", check: verified };
}

/** A restore of some source, and the server's load of snapshots and its own write of what it loaded. */
export function restore(source, snapshots, options) {
  const ours = join(tmpdir(), `bench-${process.pid}-ours`);
  const theirs = join(tmpdir(), `bench-${process.pid}-theirs`);
  const clear = (target) => () => rmSync(target, { recursive: true, force: true });
  process.once("exit", clear(ours)).once("exit", clear(theirs));
  return {
    ours: { ...zkrewind("restore", ...source, "-o", ours), before: clear(ours) },
    against: { ...server(["copy", snapshots, theirs], options), before: clear(theirs) },
  };
}

/** A restore of three servers, and the same bytes copied three times and brought to disk. */
export function restoreThree({ snapshots, snapshot }) {
  const ours = join(tmpdir(), `bench-${process.pid}-three`);
  const theirs = join(tmpdir(), `bench-${process.pid}-copies`);
  const config = join(tmpdir(), `bench-${process.pid}.cfg`);
  const clear = (target) => () => rmSync(target, { recursive: true, force: true });
  for (const each of [ours, theirs, config]) process.once("exit", clear(each));
  writeFileSync(config, ["dataDir=/d", "server.1=a:1:2", "server.2=b:1:2", "server.3=c:1:2", ""].join("\n"));
  const copies = 'mkdir "$1"; for n in 1 2 3; do cp "$0" "$1/$n"; sync "$1/$n"; done';
  return {
    ours: {
      ...zkrewind("restore", snapshots, "-o", ours, "--ensemble", config, "--extended-types"),
      before: clear(ours),
    },
    against: {
      label: "cp and sync, three times",
      command: ["sh", "-c", copies, snapshot, theirs],
      before: clear(theirs),
    },
  };
}

/** A build of a set's export, which is made once. */
export function buildOf({ snapshots, name }) {
  const lines = join(DATA, `${name}.ndjson`);
  const ours = join(tmpdir(), `bench-${process.pid}-built`);
  const clear = () => rmSync(ours, { recursive: true, force: true });
  process.once("exit", clear);
  const before = () => {
    clear();
    if (!existsSync(lines)) execFileSync("node", [ZKREWIND, "export", snapshots, "--format", "ndjson", "-o", lines]);
  };
  return { ours: { ...zkrewind("build", lines, "-o", ours), before } };
}

/** Seconds for 300,000 znodes a second: of a set by its name. */
export function buildGoal({ name }) {
  return ZNODES[name] / 300_000;
}

const ZNODES = { "100k": 100_106, "1m": 1_001_006 };

/** A rebuild that nothing proved is no rebuild. */
function verified(said) {
  return said.includes("exact, digest verified") ? null : `not verified: ${said.trim()}`;
}

// What the benchmark reads: made once by ZooKeeper's own classes, and kept.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE } from "../fixtures/make/releases.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ZOOKEEPER = "3.8.6";
const JARS = join(CACHE, "zookeeper", ZOOKEEPER);
const CLASSES = join(CACHE, "classes", `bench-${ZOOKEEPER}`);
export const DATA = process.env.ZKREWIND_BENCH_DATA ?? join(HERE, "data");

/** How each set is made. Leaves and their directories (a thousand leaves each) and six more make the znodes. */
const SETS = {
  "100k": usual({ leaves: 100_000, logs: 1, txns: 50_000, heap: "1500m" }),
  "1m": usual({ leaves: 1_000_000, logs: 5, txns: 100_000, heap: "3g" }),
  "10m": usual({ leaves: 10_000_000, logs: 0, txns: 0, heap: "10g" }),
  // So much that what a second thread costs to start and to compile its code, 0.1 s, is not what is measured.
  "500-logs": usual({ leaves: 1_000_000, logs: 500, txns: 20_000, heap: "4g", define: { preAllocSize: 1024 } }),
  extremes: extreme({ valueBytes: 100_000_000, children: 1_000_000, levels: 200, heap: "3g" }),
  "extremes-10th": extreme({ valueBytes: 10_000_000, children: 100_000, levels: 200, heap: "1g" }),
  "many-files": manyFiles({ logs: 20_000 }),
  "many-files-10th": manyFiles({ logs: 2000 }),
  "many-snapshots": manySnapshots(50),
  "many-snapshots-10th": manySnapshots(5),
  huge: ({ snapshots }) => java("MakeHuge", [snapshots, 5_500_000, 900], ["-Xmx1g"]),
};

function usual({ leaves, logs: files, txns, heap, define = {} }) {
  return ({ snapshots, logs }) =>
    java("MakeData", [snapshots, logs, leaves, files, txns], [`-Xmx${heap}`, ...properties(define)]);
}

function extreme({ valueBytes, children, levels, heap }) {
  // Names that are not ASCII, in digests that do not depend on the locale.
  const options = [`-Xmx${heap}`, "-Dfile.encoding=UTF-8", ...properties({ preAllocSize: 1024 })];
  return ({ snapshots, logs }) => java("MakeExtremes", [snapshots, logs, valueBytes, children, levels], options);
}

/** Logs of five transactions, two hundred epochs, and two more snapshots: most of the logs come after the last. */
function manyFiles({ logs: files }) {
  const sizes = [20_000, files, 5, files / 200, files / 10, files / 5];
  const options = ["-Xmx1g", ...properties({ preAllocSize: 1, forceSync: "no" })];
  return ({ snapshots, logs }) => java("MakeData", [snapshots, logs, ...sizes], options);
}

/** As many snapshots of 100,106 znodes, a thousand transactions and more apart. */
function manySnapshots(count) {
  return ({ snapshots, logs }) => {
    const from = dataSet("100k");
    return ["node", join(HERE, "many-snapshots.mjs"), from.snapshots, from.logs, count, snapshots, logs];
  };
}

function properties(values) {
  return Object.entries(values).map(([name, value]) => `-Dzookeeper.${name}=${value}`);
}

let prepared = false;

/** The command of a Java program: ZooKeeper's, or one of bench/java. */
export function java(main, args, options = []) {
  prepareJava();
  return ["java", ...options, "-cp", `${CLASSES}:${JARS}/*`, main, ...args];
}

function prepareJava() {
  if (prepared) return;
  execFileSync(join(HERE, "../fixtures/make/fetch-releases.sh"), [ZOOKEEPER], { stdio: "inherit" });
  const folder = join(HERE, "java");
  const files = readdirSync(folder).map((name) => join(folder, name));
  const stamp = join(CLASSES, ".compiled");
  if (!existsSync(stamp) || files.some((file) => statSync(file).mtimeMs > statSync(stamp).mtimeMs)) {
    mkdirSync(CLASSES, { recursive: true });
    const sources = files.filter((file) => file.endsWith(".java"));
    execFileSync("javac", ["-nowarn", "-encoding", "UTF-8", "-d", CLASSES, "-cp", `${JARS}/*`, ...sources], {
      stdio: "inherit",
    });
    writeFileSync(join(CLASSES, "log4j.properties"), readFileSync(join(folder, "log4j.properties")));
    writeFileSync(stamp, "");
  }
  prepared = true;
}

/** The set's folders and files; makes what is not there yet. */
export function dataSet(name) {
  const folder = join(DATA, name);
  if (!existsSync(folder)) make(name, folder);
  const snapshots = join(folder, "snapshots");
  const logs = join(folder, "logs");
  const snapshot = files(snapshots, "snapshot.")[0];
  return { name, snapshots, snapshot, snapshotBytes: statSync(snapshot).size, logs, logFiles: files(logs, "log.") };
}

function files(folder, prefix) {
  const inner = join(folder, "version-2");
  if (!existsSync(inner)) return [];
  const names = readdirSync(inner).filter((name) => name.startsWith(prefix));
  return names.sort().map((name) => join(inner, name));
}

function make(name, folder) {
  const unfinished = `${folder}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  console.error(`making ${name}`);
  const [program, ...args] = SETS[name]({ snapshots: join(unfinished, "snapshots"), logs: join(unfinished, "logs") });
  execFileSync(program, args.map(String), { stdio: ["ignore", "inherit", "inherit"] });
  renameSync(unfinished, folder);
}

// What the benchmark reads: made once by ZooKeeper's own classes, and kept.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE } from "../fixtures/make/releases.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ZOOKEEPER = "3.8.6";
const JARS = join(CACHE, "zookeeper", ZOOKEEPER);
const CLASSES = join(CACHE, "classes", `bench-${ZOOKEEPER}`);
export const DATA = process.env.ZKREWIND_BENCH_DATA ?? join(HERE, "data");

/** Sizes: leaves and their directories (a thousand leaves each) and six more make the znodes. */
const SETS = {
  "100k": { leaves: 100_000, logs: 1, txns: 50_000, heap: "1500m" },
  "1m": { leaves: 1_000_000, logs: 5, txns: 100_000, heap: "3g" },
  "10m": { leaves: 10_000_000, logs: 0, txns: 0, heap: "10g" },
  // Enough that two threads have something to share.
  "many-logs": { leaves: 1_000_000, logs: 200, txns: 20_000, heap: "4g", define: ["-Dzookeeper.preAllocSize=1024"] },
  huge: { leaves: 5_500_000, extraBytes: 900, heap: "1g" },
};

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
  const { leaves, logs, txns, heap, extraBytes, define = [] } = SETS[name];
  const unfinished = `${folder}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(dirname(unfinished), { recursive: true });
  console.error(`making ${name}: ${leaves} leaves, ${(logs ?? 0) * (txns ?? 0)} transactions`);
  const target = join(unfinished, "snapshots");
  const command =
    extraBytes === undefined
      ? java("MakeData", [target, join(unfinished, "logs"), leaves, logs, txns], [`-Xmx${heap}`, ...define])
      : java("MakeHuge", [target, leaves, extraBytes], [`-Xmx${heap}`]);
  const [program, ...args] = command.map(String);
  execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  renameSync(unfinished, folder);
}

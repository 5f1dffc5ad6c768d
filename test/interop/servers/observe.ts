import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServerCase } from "../../recovery/servers/cases.js";
import { hasLogFolder, writeFiles } from "../../recovery/servers/case-directory.js";
import type { Files } from "../../recovery/servers/files.js";
import { classPath, type Properties } from "../java.js";
import { freePort } from "../server.js";

export type Kind = "standalone" | "ensemble" | "replay";

/** What Starts.java says of one start. */
export interface Seen {
  kind: Kind;
  name: string;
  starts: boolean;
  /** The zxid that `srvr` tells. In an ensemble this is the new epoch's. */
  serves: string | null;
  /** The zxid that the files led to: of a replay, and of what goes into an election. */
  loaded: string | null;
  /** The exception that the server ended with, and its causes. */
  problems: string[];
  /** What was logged at WARN and above. */
  messages: string[];
  /** Every path that can be come to from the root. */
  paths: string[];
  /** The zxids that were replayed, in order, as FIRST-LAST. */
  played: string[];
}

const ORDER: readonly Kind[] = ["replay", "standalone", "ensemble"];
const byOrder = (a: Kind, b: Kind): number => ORDER.indexOf(a) - ORDER.indexOf(b);

const HERE = dirname(fileURLToPath(import.meta.url));
const CACHE = process.env.ZKREWIND_CACHE ?? join(homedir(), ".cache", "zkrewind");

/** Starts a release's server on every case, in one JVM for each set of properties. */
export async function observe(
  release: string,
  cases: readonly ServerCase[],
  kinds: readonly Kind[] = ["standalone", "ensemble", "replay"],
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const settings of new Set(cases.map(settingsOf))) {
    const group = cases.filter((each) => settingsOf(each) === settings);
    // The quorum's last: what a member's zoo.cfg says of standalone servers stays in the JVM.
    const starts = [...kinds].sort(byOrder).flatMap((kind) => group.map((each) => ({ each, kind })));
    for (let left = starts; left.length > 0; ) {
      const done = await run(release, left, JSON.parse(settings) as Properties);
      const tried = left.slice(0, done.length);
      // Ports that were free a moment ago may be taken by now.
      seen.push(...done.filter((each) => !lackedPort(each)));
      left = [...tried.filter((_, index) => lackedPort(done[index] as Seen)), ...left.slice(done.length)];
    }
  }
  return seen;
}

function lackedPort({ starts, problems, messages }: Seen): boolean {
  return !starts && [...problems, ...messages].some((each) => LACKED_PORT.test(each));
}

/** Servers exit with 14 where a quorum port cannot be bound (from 3.8 on). */
const LACKED_PORT = /BindException|Leader failed to initialize|^the JVM ended with 14$/;

/** What a case wants of the JVM, as JSON. */
function settingsOf({ juteMaxbuffer, extendedTypes, digestsOff }: ServerCase): string {
  const properties: Properties = {
    ...(juteMaxbuffer === undefined ? {} : { "jute.maxbuffer": juteMaxbuffer }),
    ...(extendedTypes ? { "zookeeper.extendedTypesEnabled": true } : {}),
    ...(digestsOff ? { "zookeeper.digest.enabled": false } : {}),
  };
  return JSON.stringify(properties);
}

/** Answers at least the first; fewer than all where one of them ended the JVM. */
async function run(
  release: string,
  starts: readonly { each: ServerCase; kind: Kind }[],
  properties: Properties,
): Promise<Seen[]> {
  const work = join(tmpdir(), `zkrewind-servers-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  try {
    const lines: string[] = [];
    for (const [index, { each, kind }] of starts.entries()) {
      const folder = join(work, String(index));
      const files = await each.files();
      writeFiles(folder, files);
      const port = await freePort();
      writeFileSync(join(folder, "zoo.cfg"), await configuration(release, kind, folder, files, port));
      lines.push([kind, each.name, join(folder, "zoo.cfg"), port].join("\t"));
    }
    writeFileSync(join(work, "cases"), `${lines.join("\n")}\n`);
    const out = join(work, "out");
    const defines = Object.entries({ ...ALWAYS, ...properties }).map(([key, value]) => `-D${key}=${value}`);
    const arguments_ = [...JVM, ...defines, "-cp", compiled(release), "Starts", join(work, "cases"), out];
    const { status, signal } = spawnSync("nice", ["-n", "10", "java", ...arguments_], {
      cwd: work,
      stdio: ["ignore", "ignore", "ignore"],
      timeout: 300_000 + starts.length * 5_000,
    });
    const done = readFileSync(out, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Seen);
    if (done.length === starts.length) return done;
    const { each, kind } = starts[done.length] as (typeof starts)[number];
    const problem = `the JVM ended with ${signal ?? status}`;
    return [...done, { ...NOTHING, kind, name: each.name, problems: [problem] }];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const NOTHING: Omit<Seen, "kind" | "name"> = {
  starts: false,
  serves: null,
  loaded: null,
  problems: [],
  messages: [],
  paths: [],
  played: [],
};

const JVM = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Dfile.encoding=UTF-8"];
const ALWAYS: Properties = {
  "zookeeper.admin.enableServer": false,
  "zookeeper.4lw.commands.whitelist": "*",
  "zookeeper.preAllocSize": 64,
  "zookeeper.forceSync": "no",
  // The releases' logging goes through reload4j, which lacks the bean that 3.4 and 3.5 would register.
  "zookeeper.jmx.log4j.disable": true,
};

/** A quorum of one: from 3.5 on a server may be alone in it; in 3.4 it needs another, whose vote does not count. */
async function configuration(release: string, kind: Kind, folder: string, files: Files, port: number): Promise<string> {
  const lines = [
    `dataDir=${join(folder, "data")}`,
    ...(hasLogFolder(files) ? [`dataLogDir=${join(folder, "log")}`] : []),
    `clientPort=${port}`,
    "clientPortAddress=127.0.0.1",
  ];
  // Nothing must expire while it is looked at.
  if (kind !== "ensemble") return `${[...lines, "tickTime=600000"].join("\n")}\n`;
  writeFileSync(join(folder, "data", "myid"), "1\n");
  const [quorum, election] = [await freePort(), await freePort()];
  lines.push("tickTime=2000", "initLimit=10", "syncLimit=10", `server.1=127.0.0.1:${quorum}:${election}`);
  if (!release.startsWith("3.4.")) lines.push("standaloneEnabled=false");
  else lines.push("server.2=127.0.0.1:1:2", "group.1=1:2", "weight.1=1", "weight.2=0");
  return `${lines.join("\n")}\n`;
}

function compiled(release: string): string {
  const target = join(CACHE, "classes", release, "interop-servers");
  const stamp = join(target, ".compiled");
  const sources = readdirSync(join(HERE, "java")).map((name) => join(HERE, "java", name));
  const libraries = classPath(release);
  if (!existsSync(stamp) || sources.some((file) => statSync(file).mtimeMs > statSync(stamp).mtimeMs)) {
    mkdirSync(target, { recursive: true });
    const args = ["-nowarn", "-encoding", "UTF-8", "-cp", libraries, "-d", target, ...sources];
    execFileSync("javac", args, { stdio: ["ignore", "inherit", "inherit"] });
    writeFileSync(stamp, "");
  }
  return `${target}:${libraries}`;
}

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FIXTURES } from "../fixtures/index.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const CACHE = process.env.ZKREWIND_CACHE ?? join(homedir(), ".cache", "zkrewind");

/** The releases that the fixtures come from and that start here. */
export const RELEASES = ["3.4.14", "3.5.10", "3.6.4", "3.7.2", "3.8.6", "3.9.5"] as const;

/** 3.4's own client resolves no address on Java 14 and later (ZOOKEEPER-3779); the next one speaks to its server. */
export function clientOf(version: string): string {
  return version.startsWith("3.4.") ? "3.5.10" : version;
}

/** The Java class path of a release, got from Maven Central if it is not here yet; with log4j's settings. */
export function classPath(version: string): string {
  execFileSync(join(FIXTURES, "make", "fetch-releases.sh"), [version], { stdio: ["ignore", "inherit", "inherit"] });
  return [join(FIXTURES, "make"), join(CACHE, "zookeeper", version, "*")].join(":");
}

/** Compiles the programs in a folder of test/interop against a release, where they have changed; returns the class path. */
export function compiled(version: string, folder: "java" | "java-digest" | "java-quota" = "java"): string {
  const target = join(CACHE, "classes", version, folder === "java" ? "interop" : `interop-${folder}`);
  const stamp = join(target, ".compiled");
  const sources = readdirSync(join(HERE, folder)).map((name) => join(HERE, folder, name));
  const libraries = classPath(version);
  if (!existsSync(stamp) || sources.some((file) => statSync(file).mtimeMs > statSync(stamp).mtimeMs)) {
    mkdirSync(target, { recursive: true });
    const args = ["-nowarn", "-encoding", "UTF-8", "-cp", libraries, "-d", target, ...sources];
    execFileSync("javac", args, { stdio: ["ignore", "inherit", "inherit"] });
    writeFileSync(stamp, "");
  }
  return `${target}:${libraries}`;
}

export type Properties = Readonly<Record<string, string | number | boolean>>;

/** Starts a program; its output goes to the open file `log`, and it has no input unless a pipe is asked for. */
export function startJava(
  classes: string,
  properties: Properties,
  main: string,
  args: readonly string[],
  {
    log,
    cwd,
    heap = "512m",
    input = "ignore",
  }: { log: number; cwd?: string; heap?: string; input?: "ignore" | "pipe" },
): ChildProcess {
  const defines = Object.entries(properties).map(([key, value]) => `-D${key}=${value}`);
  const jvm = [`-Xmx${heap}`, "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", ...defines, "-cp", classes];
  return spawn("java", [...jvm, main, ...args], { stdio: [input, log, log], ...(cwd !== undefined && { cwd }) });
}

/** Resolves with the exit code once the program is gone. */
export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code));
  });
}

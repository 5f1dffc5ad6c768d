import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { classPath, ended } from "./java.js";

/** Gives commands to a release's own zkCli, as a script is given to it; what it answers. */
export async function zkCli(version: string, port: string, work: string, commands: readonly string[]): Promise<string> {
  const file = join(work, "zkcli.log");
  const log = openSync(file, "a");
  const java = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-cp", classPath(version)];
  const main = ["org.apache.zookeeper.ZooKeeperMain", "-server", `127.0.0.1:${port}`];
  const child = spawn("java", [...java, ...main], { stdio: ["pipe", log, log] });
  child.stdin?.end(`${["addauth digest super:interop", ...commands, "quit"].join("\n")}\n`);
  await ended(child);
  closeSync(log);
  return readFileSync(file, "utf8");
}

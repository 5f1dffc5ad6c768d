import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ZkRewindError } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";

/** What a server said of what it serves. */
export interface Served {
  release: string;
  zxid: bigint;
  znodes: number;
}

/**
 * Starts a real server on a restored directory, on the loopback alone, and asks it what it serves. `classPath`: of a
 * release, as Java takes it. `folder`: for its configuration and log. The server is ended whatever comes of it.
 *
 * Throws ZkRewindError 1 where it does not start, with the last that it said.
 */
export async function serve(directory: string, classPath: string, folder: string): Promise<Served> {
  const port = await freePort();
  const config = join(folder, "zoo.cfg");
  // Ticks so long that no session expires before the question.
  const lines = [`dataDir=${directory}`, `clientPort=${port}`, "clientPortAddress=127.0.0.1", "tickTime=600000"];
  writeFileSync(config, `${[...lines, "4lw.commands.whitelist=srvr", "admin.enableServer=false"].join("\n")}\n`);
  const logFile = join(folder, "server.log");
  const log = openSync(logFile, "w", 0o600);
  const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
  // Without the second, a server takes TTL znodes for those of sessions that are gone, and deletes them when it starts.
  const defines = ["-Dzookeeper.admin.enableServer=false", "-Dzookeeper.extendedTypesEnabled=true"];
  const child = spawn("java", ["-cp", classPath, ...defines, main, config], {
    stdio: ["ignore", log, log],
    cwd: folder,
  });
  closeSync(log);
  try {
    const answer = await asked(child, port);
    if (answer === null) {
      const [last = "nothing"] = readFileSync(logFile, "utf8").trim().split("\n").slice(-1);
      throw new ZkRewindError(
        say`the server does not start on what was restored: it said ${tag.line(last.slice(0, 300))}`,
        {
          exitCode: 1,
        },
      );
    }
    return answer;
  } finally {
    child.kill("SIGKILL");
  }
}

/** Throws ZkRewindError 1 where a server serves something else than was restored. */
export function compareServed({ zxid, znodes }: Served, wanted: { zxid: bigint; znodes: number }): void {
  if (zxid === wanted.zxid && znodes === wanted.znodes) return;
  throw new ZkRewindError(
    say`the server serves ${znodes} znodes at ${hex(zxid)}, and ${wanted.znodes} at ${hex(wanted.zxid)} were restored`,
    { exitCode: 1 },
  );
}

async function asked(child: ChildProcess, port: number): Promise<Served | null> {
  const failed = new Promise<true>((resolve) => {
    child.once("error", () => resolve(true));
    child.once("exit", () => resolve(true));
  });
  for (let waited = 0; waited < LONGEST_START; waited += PAUSE) {
    if (await Promise.race([failed, sleep(PAUSE, false)])) return null;
    const served = servedIn(await fourLetters(port, "srvr").catch(() => ""));
    // Its tree has the root under two names, and counts it twice (DataTree).
    if (served) return { ...served, znodes: served.znodes - 1 };
  }
  return null;
}

function servedIn(text: string): Served | null {
  const release = /^Zookeeper version: ([\w.-]+?)(?:-[0-9a-f]{7,40})?,/m.exec(text)?.[1];
  const zxid = /^Zxid: (0x[0-9a-f]+)$/m.exec(text)?.[1];
  const znodes = /^Node count: (\d+)$/m.exec(text)?.[1];
  if (release === undefined || zxid === undefined || znodes === undefined) return null;
  return { release, zxid: BigInt.asIntN(64, BigInt(zxid)), znodes: Number(znodes) };
}

function fourLetters(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(word));
    socket.setTimeout(5000, () => socket.destroy(new Error("no answer")));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.once("error", reject);
    socket.once("close", () => resolve(text));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Milliseconds. */
const PAUSE = 200;
const LONGEST_START = 120_000;

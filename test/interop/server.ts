import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { classPath, clientOf, compiled, ended, type Properties, startJava } from "./java.js";
import { parseTree, type ServedTree } from "./tree.js";

const SUPER = "super:interop";
const SUPER_DIGEST = `super:${createHash("sha1").update(SUPER).digest("base64")}`;
const A_DAY = 24 * 3600 * 1000;

/**
 * What a server changes by itself soon after it starts is put off for a day: the sessions of the directory expire (and
 * take their ephemerals along) at the first multiple of tickTime after their timeout, containers and TTL znodes are
 * reaped by a check of its own interval.
 */
const SLOW: Properties = { "znode.container.checkIntervalMs": A_DAY };

const RUN: Properties = {
  "zookeeper.admin.enableServer": false,
  "zookeeper.4lw.commands.whitelist": "*",
  "zookeeper.preAllocSize": 64,
  "zookeeper.extendedTypesEnabled": true,
  "zookeeper.DigestAuthenticationProvider.superDigest": SUPER_DIGEST,
  // The releases' logging goes through reload4j, which lacks the bean that 3.4 and 3.5 would register.
  "zookeeper.jmx.log4j.disable": true,
};

export interface DataDirectory {
  dataDir: string;
  /** Where logs are, if not in dataDir. */
  logDir?: string | undefined;
  /** For clients, where it is to stay the same over restarts. */
  clientPort?: number;
}

/** A server's place in an ensemble. */
export interface Membership {
  id: number;
  /** The quorum and the election port of each server, by id. */
  ports: ReadonlyMap<number, readonly [number, number]>;
  /** Where the servers are listed in a dynamic configuration file (from 3.5 on): the client port of each. */
  clientPorts?: ReadonlyMap<number, number>;
  /** Ticks and milliseconds of the configuration, and the servers' memory, where they are other than usual. */
  limits?: { initLimit: number; tickTime: number; heap: string };
}

/** A real server of a release on a data directory, alone or in an ensemble. It writes there: give it a copy. */
export class Server {
  readonly #logFile: string;
  #log = -1;
  #child: ChildProcess | undefined;
  #port = 0;

  /** @param work an empty folder for its configuration and logs */
  constructor(
    readonly version: string,
    private readonly directory: DataDirectory,
    private readonly work: string,
    private readonly settings: Properties = {},
    private readonly membership?: Membership,
  ) {
    mkdirSync(work, { recursive: true });
    this.#logFile = join(work, "server.log");
    this.#port = directory.clientPort ?? 0;
  }

  /** Starts it and waits until it serves. */
  async start(): Promise<void> {
    await this.launch();
    await this.serving();
  }

  async launch(): Promise<void> {
    this.#log = openSync(this.#logFile, "a");
    if (this.#port === 0) this.#port = await freePort();
    const myid = this.membership && join(this.directory.dataDir, "myid");
    if (myid !== undefined && !existsSync(myid)) writeFileSync(myid, `${this.membership?.id}\n`);
    const config = join(this.work, "zoo.cfg");
    // A server with a dynamic configuration writes its zoo.cfg itself.
    if (!this.membership?.clientPorts || !existsSync(config)) this.configure();
    const properties = { ...RUN, ...SLOW, ...this.settings };
    const main = `org.apache.zookeeper.server.${this.membership ? "quorum.QuorumPeerMain" : "ZooKeeperServerMain"}`;
    this.#child = startJava(classPath(this.version), properties, main, [config], {
      log: this.#log,
      cwd: this.work,
      heap: this.membership?.limits?.heap ?? "512m",
    });
  }

  /** Waits, for so many milliseconds at the most. */
  async serving(most = 60_000): Promise<void> {
    for (const deadline = Date.now() + most; Date.now() < deadline; await sleep(50)) {
      if (this.#child?.exitCode !== null) throw new Error(`ZooKeeper ${this.version} did not start:\n${this.log()}`);
      if (/^Mode: (standalone|leader|follower)/m.test(await this.ask("srvr"))) return;
    }
    throw new Error(`ZooKeeper ${this.version} does not serve:\n${this.log()}`);
  }

  /** Writes its configuration, as an administrator does. */
  configure(): void {
    writeFileSync(join(this.work, "zoo.cfg"), this.configuration());
    if (this.membership?.clientPorts) writeFileSync(this.dynamicFile, `${this.serverLines().join("\n")}\n`);
  }

  /** Without a version. */
  get dynamicFile(): string {
    return join(this.work, "zoo.cfg.dynamic");
  }

  private serverLines(): string[] {
    const { ports = [], clientPorts } = this.membership ?? {};
    return [...ports].map(([id, [quorum, election]]) => {
      const port = clientPorts?.get(id);
      return `server.${id}=127.0.0.1:${quorum}:${election}${port === undefined ? "" : `:participant;127.0.0.1:${port}`}`;
    });
  }

  private configuration(): string {
    const { dataDir, logDir } = this.directory;
    const { membership } = this;
    const { initLimit, tickTime } = membership?.limits ?? { initLimit: 10, tickTime: 2000 };
    const isDynamic = membership?.clientPorts !== undefined;
    const lines = [
      // In an ensemble the followers and the leader wait for each other in ticks.
      `tickTime=${membership ? tickTime : A_DAY}`,
      "minSessionTimeout=1000",
      "maxSessionTimeout=600000",
      `dataDir=${dataDir}`,
      ...(logDir === undefined ? [] : [`dataLogDir=${logDir}`]),
      ...(isDynamic
        ? ["reconfigEnabled=true", `dynamicConfigFile=${this.dynamicFile}`]
        : [`clientPort=${this.#port}`, "clientPortAddress=127.0.0.1", ...this.serverLines()]),
      ...(membership ? [`initLimit=${initLimit}`, "syncLimit=10"] : []),
    ];
    return `${lines.join("\n")}\n`;
  }

  /** For clients, once it is launched. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): string {
    return String(this.#port);
  }

  /** The whole tree, and the sessions, as a real client is told. */
  async read(): Promise<ServedTree> {
    const sessions = sessionIds(await this.ask("dump"));
    const out = join(this.work, "tree.ndjson");
    const classes = compiled(clientOf(this.version));
    const log = openSync(join(this.work, "client.log"), "a");
    const child = startJava(classes, {}, "ReadTree", [this.address, SUPER, out], { log });
    const code = await ended(child);
    closeSync(log);
    if (code !== 0) throw new Error(`the client failed:\n${readFileSync(join(this.work, "client.log"), "utf8")}`);
    return { ...parseTree(readFileSync(out, "utf8")), sessions };
  }

  /** What the server has logged so far. */
  log(): string {
    return readFileSync(this.#logFile, "utf8");
  }

  /** The answer to a four-letter word; empty while nobody listens. */
  ask(word: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = "";
      const socket = connect(this.#port, "127.0.0.1", () => socket.write(word));
      socket.setTimeout(5000, () => socket.destroy());
      socket.on("data", (chunk: Buffer) => {
        answer += chunk.toString("utf8");
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(answer));
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const gone = ended(child);
    child.kill("SIGKILL");
    await gone;
    closeSync(this.#log);
  }
}

/** "dump" lists the sessions by when they expire, before their ephemerals. */
function sessionIds(dump: string): string[] {
  const [sets = ""] = dump.split("ephemeral nodes dump:");
  return [...sets.matchAll(/^\s*(0x[0-9a-f]+)$/gm)].map(([, id]) => id as string);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

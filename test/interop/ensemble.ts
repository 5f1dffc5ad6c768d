import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { BIN } from "../cli/run.js";
import { clientOf, compiled, type Properties, startJava } from "./java.js";
import { scratchFolder } from "./scratch.js";
import { freePort, type Membership, Server } from "./server.js";
import { asTold, byPath, parseExport, type ServedTree } from "./tree.js";
import { zkrewind } from "./zkrewind.js";

/** Servers on folders of their own, whose ports stay the same over restarts. */
export interface EnsembleOptions {
  /** Servers are listed in dynamic configuration files. */
  dynamic?: boolean;
  limits?: Membership["limits"];
  settings?: Properties;
}

export class Ensemble {
  readonly folder = scratchFolder();
  readonly #servers = new Map<number, Server>();
  #ports = new Map<number, readonly [number, number]>();
  readonly #clientPorts = new Map<number, number>();

  constructor(
    readonly version: string,
    private readonly options: EnsembleOptions = {},
  ) {
    onTestFinished(() => this.stop());
  }

  /** From now on these are its servers. */
  async prepare(ids: readonly number[]): Promise<void> {
    const ports = new Map<number, readonly [number, number]>();
    for (const id of ids) {
      ports.set(id, this.#ports.get(id) ?? [await freePort(), await freePort()]);
      if (!this.#clientPorts.has(id)) this.#clientPorts.set(id, await freePort());
      for (const name of ["data", "logs"]) mkdirSync(join(this.folder, String(id), name), { recursive: true });
    }
    this.#ports = ports;
  }

  get ids(): number[] {
    return [...this.#ports.keys()];
  }

  /** Each server's configuration, as an administrator writes it for the servers that there are now. */
  configure(): void {
    for (const id of this.ids) {
      writeFileSync(join(this.folder, String(id), "data/myid"), `${id}\n`);
      this.make(id).configure();
    }
  }

  /** Starts these, in this order, and waits until each serves. */
  async start(ids: readonly number[], pause = 300, most?: number): Promise<void> {
    for (const id of ids) {
      await this.launch(id);
      await sleep(pause);
    }
    for (const id of ids) await this.server(id).serving(most);
  }

  async launch(id: number): Promise<void> {
    const server = this.make(id);
    this.#servers.set(id, server);
    await server.launch();
  }

  private make(id: number): Server {
    const { dynamic, limits, settings = {} } = this.options;
    const own = join(this.folder, String(id));
    const directory = {
      dataDir: join(own, "data"),
      logDir: join(own, "logs"),
      clientPort: this.#clientPorts.get(id) as number,
    };
    const ports = this.#ports;
    const more = { ...(dynamic ? { clientPorts: this.#clientPorts } : {}), ...(limits ? { limits } : {}) };
    // One is no ensemble: it starts alone.
    const membership = this.ids.length > 1 ? { id, ports, ...more } : undefined;
    return new Server(this.version, directory, join(own, "work"), settings, membership);
  }

  /** At once: those that outlive others may elect a new leader, in a new epoch. */
  async stop(ids: readonly number[] = this.ids): Promise<void> {
    await Promise.all(ids.map((id) => this.#servers.get(id)?.stop()));
    for (const id of ids) this.#servers.delete(id);
  }

  server(id: number): Server {
    const server = this.#servers.get(id);
    if (!server) throw new Error(`server ${id} does not run`);
    return server;
  }

  config(id: number): string {
    return join(this.folder, String(id), "work/zoo.cfg");
  }

  get hosts(): string {
    return this.ids.map((id) => this.host(id)).join(",");
  }

  private host(id: number): string {
    return `127.0.0.1:${this.#clientPorts.get(id)}`;
  }

  /** `Recover COMMAND HOSTS …`, to its end. */
  client(command: string, ...more: string[]): string {
    return execFileSync("java", ["-cp", compiled(clientOf(this.version)), "Recover", command, this.hosts, ...more], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  }

  /** A client that stays, of all servers or of one; what it has written down so far. Its ephemeral is /app/NAME. */
  async live(id?: number): Promise<() => string> {
    const [hosts, name] = id === undefined ? [this.hosts, "live"] : [this.host(id), `live-${id}`];
    const file = join(this.folder, `${name}.log`);
    const log = openSync(join(this.folder, `${name}-client.log`), "a");
    const child = startJava(compiled(clientOf(this.version)), {}, "Recover", ["live", hosts, file, name], { log });
    onTestFinished(() => {
      child.kill("SIGKILL");
      closeSync(log);
    });
    const told = (): string => {
      try {
        return readFileSync(file, "utf8");
      } catch {
        return "";
      }
    };
    await until(() => told().includes("\nready\n"), told);
    return told;
  }

  async modes(): Promise<string[]> {
    const answers = await Promise.all([...this.#servers.values()].map((server) => server.ask("srvr")));
    return answers.map((answer) => /^Mode: (\w+)/m.exec(answer)?.[1] ?? "none");
  }

  async leader(): Promise<number> {
    for (const [id, server] of this.#servers) if ((await server.ask("srvr")).includes("Mode: leader")) return id;
    throw new Error("there is no leader");
  }
}

export async function until(holds: () => boolean, about: () => string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) if (holds()) return;
  throw new Error(`waited in vain:\n${about()}`);
}

export interface Written {
  zxid: string;
  point: string;
  epoch: number;
  warnings: string[];
  runbook: { steps: { step: string; run: { server: number | null; commands: string[] }[] }[] };
}

/** Restores for all of an ensemble's servers, from what these have: all of them unless given. */
export async function restore(ensemble: Ensemble, target: string, ...args: string[]): Promise<Written> {
  return restoreFrom(ensemble, ensemble.ids, target, ...args);
}

export async function restoreFrom(
  ensemble: Ensemble,
  survivors: readonly number[],
  target: string,
  ...args: string[]
): Promise<Written> {
  const [first, ...nodes] = survivors.map((id) => ensemble.config(id));
  const sources = [first as string, ...nodes.flatMap((node) => ["--node", node])];
  const configs = ensemble.ids.flatMap((id) => ["--ensemble", ensemble.config(id)]);
  return JSON.parse(await zkrewind("restore", ...sources, "-o", target, "--json", ...configs, ...args));
}

/** Carries out a step of a runbook as it is printed. */
export function carryOut({ runbook }: Written, name: string): void {
  const step = runbook.steps.find((each) => each.step === name);
  for (const { commands } of step?.run ?? []) {
    const script = commands.join("\n").replaceAll(/^zkrewind /gm, `"${process.execPath}" "${BIN}" `);
    const { status, stderr, stdout } = spawnSync("sh", ["-ec", script], { encoding: "utf8" });
    expect([script, status, stderr], stdout).toEqual([script, 0, stderr]);
  }
}

/** What all servers serve but what a reader's own znode leaves in the root, and what each has by itself. */
export function shared({ nodes }: Pick<ServedTree, "nodes">): object {
  const rest = new Map([...nodes].filter(([path]) => path !== "/" && path !== "/zookeeper/config"));
  return byPath(rest);
}

export async function expectServed(ensemble: Ensemble, restored: string, epoch: number): Promise<void> {
  const exported = parseExport(await zkrewind("export", restored, "--format", "ndjson", "--data", "base64"));
  const told = shared({ nodes: new Map(Object.entries(asTold(exported.nodes))) });
  for (const id of ensemble.ids) {
    const served = await ensemble.server(id).read();
    expect(shared(served)).toEqual(told);
    expect(Number(served.written >> 32n)).toBeGreaterThan(epoch);
  }
  const followers = ensemble.ids.slice(1).map(() => "follower");
  expect((await ensemble.modes()).sort()).toEqual([...followers, "leader"]);
}

/** One after the other: a reader makes a znode of its own while it reads. */
export async function expectEqualTrees(ensemble: Ensemble): Promise<void> {
  const [first = 0, ...rest] = ensemble.ids;
  const tree = shared(await ensemble.server(first).read());
  for (const id of rest) expect(shared(await ensemble.server(id).read())).toEqual(tree);
}

import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { clientOf, compiled, startJava } from "./java.js";
import { scratchFolder } from "./scratch.js";
import { freePort, Server } from "./server.js";
import { asTold, byPath, parseExport, type ServedTree } from "./tree.js";
import { zkrewind } from "./zkrewind.js";

const BIN = join(dirname(fileURLToPath(import.meta.url)), "../../bin/zkrewind.js");

/** Servers on folders of their own, whose ports stay the same over restarts. */
class Ensemble {
  readonly folder = scratchFolder();
  readonly #servers = new Map<number, Server>();
  readonly #ports = new Map<number, readonly [number, number]>();
  readonly #clientPorts = new Map<number, number>();

  constructor(readonly version: string) {
    onTestFinished(() => this.stop());
  }

  async prepare(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      this.#ports.set(id, [await freePort(), await freePort()]);
      this.#clientPorts.set(id, await freePort());
      for (const name of ["data", "logs"]) mkdirSync(join(this.folder, String(id), name), { recursive: true });
    }
  }

  get ids(): number[] {
    return [...this.#ports.keys()];
  }

  /** Starts these, in this order, and waits until each serves. */
  async start(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const own = join(this.folder, String(id));
      const directory = {
        dataDir: join(own, "data"),
        logDir: join(own, "logs"),
        clientPort: this.#clientPorts.get(id) as number,
      };
      // One is no ensemble: it starts alone.
      const membership = this.ids.length > 1 ? { id, ports: this.#ports } : undefined;
      const server = new Server(this.version, directory, join(own, "work"), {}, membership);
      this.#servers.set(id, server);
      await server.launch();
      await sleep(300);
    }
    for (const id of ids) await this.server(id).serving();
  }

  async stop(ids: readonly number[] = this.ids): Promise<void> {
    for (const id of ids) {
      await this.#servers.get(id)?.stop();
      this.#servers.delete(id);
    }
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
    return [...this.#clientPorts.values()].map((port) => `127.0.0.1:${port}`).join(",");
  }

  /** `Recover COMMAND HOSTS`, to its end. */
  client(command: string): string {
    return execFileSync("java", ["-cp", compiled(clientOf(this.version)), "Recover", command, this.hosts], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  }

  /** A client that stays; what it has written down so far. */
  async live(): Promise<() => string> {
    const file = join(this.folder, "live.log");
    const log = openSync(join(this.folder, "live-client.log"), "a");
    const child = startJava(compiled(clientOf(this.version)), {}, "Recover", ["live", this.hosts, file], { log });
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

async function until(holds: () => boolean, about: () => string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) if (holds()) return;
  throw new Error(`waited in vain:\n${about()}`);
}

interface Written {
  zxid: string;
  point: string;
  epoch: number;
  warnings: string[];
  runbook: { steps: { step: string; run: { server: number | null; commands: string[] }[] }[] };
}

async function restore(ensemble: Ensemble, target: string, ...args: string[]): Promise<Written> {
  const [first, ...nodes] = ensemble.ids.map((id) => ensemble.config(id));
  const sources = [first as string, ...nodes.flatMap((node) => ["--node", node])];
  const configs = [first as string, ...nodes].flatMap((config) => ["--ensemble", config]);
  return JSON.parse(await zkrewind("restore", ...sources, "-o", target, "--json", ...configs, ...args));
}

/** Carries out a step of a runbook as it is printed. */
function carryOut({ runbook }: Written, name: string): void {
  const step = runbook.steps.find((each) => each.step === name);
  for (const { commands } of step?.run ?? []) {
    const script = commands.join("\n").replaceAll(/^zkrewind /gm, `"${process.execPath}" "${BIN}" `);
    const { status, stderr, stdout } = spawnSync("sh", ["-ec", script], { encoding: "utf8" });
    expect([script, status, stderr], stdout).toEqual([script, 0, stderr]);
  }
}

/** What all servers serve but what a reader's own znode leaves in the root, and what each has by itself. */
function shared({ nodes }: Pick<ServedTree, "nodes">): object {
  const rest = new Map([...nodes].filter(([path]) => path !== "/" && path !== "/zookeeper/config"));
  return byPath(rest);
}

async function expectServed(ensemble: Ensemble, restored: string, epoch: number): Promise<void> {
  const exported = parseExport(await zkrewind("export", restored, "--format", "ndjson", "--data", "base64"));
  const told = shared({ nodes: new Map(Object.entries(asTold(exported.nodes))) });
  for (const id of ensemble.ids) {
    const served = await ensemble.server(id).read();
    expect(shared(served)).toEqual(told);
    expect(Number(served.written >> 32n)).toBeGreaterThan(epoch);
  }
  expect((await ensemble.modes()).sort()).toEqual(["follower", "follower", "leader"]);
}

const RELEASES: [version: string, order: number[]][] = [
  ["3.9.5", [3, 1, 2]],
  ["3.6.4", [2, 3, 1]],
  ["3.5.10", [1, 2, 3]],
  ["3.4.14", [3, 2, 1]],
];

describe("somebody deletes /prod, and the ensemble goes on: it is taken back by its runbook", () => {
  test.each(RELEASES)("three servers of %s, started in the order %j", async (version, order) => {
    const ensemble = new Ensemble(version);
    await ensemble.prepare([1, 2, 3]);
    await ensemble.start([1, 2, 3]);
    const live = await ensemble.live();
    const loaded = ensemble.client("load");
    const last = BigInt(/^last (0x[0-9a-f]+)$/m.exec(loaded)?.[1] ?? "0");
    await until(() => live().includes("cached after"), live);
    await ensemble.stop();

    const extended = version.startsWith("3.4.") ? [] : ["--extended-types"];
    const point = ["--before-delete", "/prod"];
    const raised = await restore(ensemble, join(ensemble.folder, "raised"), ...point, ...extended);
    expect(BigInt(raised.point)).toBe(last);

    carryOut(raised, "set-aside");
    carryOut(raised, "copy");
    await ensemble.start(order);
    await expectServed(ensemble, join(ensemble.folder, "raised/1"), raised.epoch);
    await until(() => live().endsWith("\nexpired\n"), live);
    const { nodes } = await ensemble.server(2).read();
    expect(Buffer.from(nodes.get("/prod/group-3/9")?.data ?? "", "base64").toString()).toBe("value 3 9");
    expect([...nodes.keys()].filter((path) => path.startsWith("/prod/")).length).toBe(1 + 4 + 40 + 3);
    expect([nodes.has("/app/last"), nodes.has("/later"), nodes.has("/app/live")]).toEqual([true, false, false]);
    expect(Buffer.from(nodes.get("/app/config")?.data ?? "", "base64").toString()).toBe("before");

    // It goes on: sequences do, and nothing comes apart when the leader dies.
    const made = [...ensemble.client("write").matchAll(/^made \/prod\/seq\/n-(\d{10})$/gm)].map(([, n]) => Number(n));
    expect(made).toEqual(Array.from({ length: 10 }, (_, at) => 5 + at));
    const leader = await ensemble.leader();
    await ensemble.stop([leader]);
    for (const id of ensemble.ids) if (id !== leader) await ensemble.server(id).serving();
    ensemble.client("write");
    await ensemble.start([leader]);
    const trees = await Promise.all(ensemble.ids.map(async (id) => shared(await ensemble.server(id).read())));
    expect(trees[1]).toEqual(trees[0]);
    expect(trees[2]).toEqual(trees[0]);
    carryOut(raised, "check-trees");
  });

  test.each(["3.9.5", "3.6.4", "3.5.10", "3.4.14"])(
    "a lone %s refuses a client that saw more, and takes it with a raised epoch",
    async (version) => {
      const ensemble = new Ensemble(version);
      await ensemble.prepare([1]);
      await ensemble.start([1]);
      const live = await ensemble.live();
      ensemble.client("load");
      await until(() => live().includes("cached after"), live);
      await ensemble.stop();
      const own = join(ensemble.folder, "1");
      const restoreTo = async (name: string, ...args: string[]): Promise<void> => {
        const target = join(ensemble.folder, name);
        await zkrewind("restore", join(own, "was"), "-o", target, "--before-delete", "/prod", ...args);
        rmSync(join(own, "data"), { recursive: true, force: true });
        renameSync(target, join(own, "data"));
        mkdirSync(join(own, "logs"));
      };
      // As `discover` takes it: data and datalog in one folder.
      mkdirSync(join(own, "was"));
      renameSync(join(own, "data"), join(own, "was/data"));
      renameSync(join(own, "logs"), join(own, "was/datalog"));

      await restoreTo("plain");
      const before = live().length;
      await ensemble.start([1]);
      await until(
        () => ensemble.server(1).log().includes("our last zxid is"),
        () => ensemble.server(1).log(),
      );
      await sleep(2000);
      expect(live().slice(before)).not.toMatch(/^(now (before|after)|event Expired)/m);
      await ensemble.stop();

      rmSync(join(own, "logs"), { recursive: true });
      await restoreTo("raised", "--bump-epoch");
      await ensemble.start([1]);
      await until(() => live().endsWith("\nexpired\n"), live);
      expect((await ensemble.server(1).read()).nodes.has("/prod/group-3/9")).toBe(true);
    },
  );

  test("sessions that are kept go on, with caches that nobody tells of what went back", async () => {
    const ensemble = new Ensemble("3.9.5");
    await ensemble.prepare([1, 2, 3]);
    await ensemble.start([1, 2, 3]);
    const live = await ensemble.live();
    ensemble.client("load");
    await until(() => live().includes("cached after"), live);
    await ensemble.stop();
    const kept = await restore(
      ensemble,
      join(ensemble.folder, "kept"),
      "--before-delete",
      "/prod",
      "--keep-sessions",
      "--extended-types",
    );
    expect(kept.warnings.join()).toContain("does not learn which znodes were set back");
    carryOut(kept, "set-aside");
    carryOut(kept, "copy");
    const before = live().length;
    await ensemble.start([2, 1, 3]);
    await until(() => live().includes("now before"), live);
    await sleep(1500);
    const since = live().slice(before);
    expect(since).not.toMatch(/NodeDataChanged|Expired|^cached/m);
    expect((await ensemble.server(1).read()).nodes.has("/app/live")).toBe(true);
  });
});

describe("what was chosen is served, and goes on", () => {
  test.each(["3.9.5", "3.5.10"])("a graft, a rename and ACLs, by three servers of %s", async (version) => {
    const ensemble = new Ensemble(version);
    await ensemble.prepare([1, 2, 3]);
    await ensemble.start([1, 2, 3]);
    await ensemble.live();
    const last = /^last (0x[0-9a-f]+)$/m.exec(ensemble.client("load"))?.[1] ?? "";
    await ensemble.stop();
    const chosen = await restore(
      ensemble,
      join(ensemble.folder, "chosen"),
      "--graft",
      `/prod@${last}`,
      "--rename",
      "/later=/prod/later",
      "--map-acl",
      "world:anyone=ip:127.0.0.1",
      "--extended-types",
    );
    carryOut(chosen, "set-aside");
    carryOut(chosen, "copy");
    await ensemble.start([2, 3, 1]);
    await expectServed(ensemble, join(ensemble.folder, "chosen/1"), chosen.epoch);
    const { nodes } = await ensemble.server(3).read();
    expect(Buffer.from(nodes.get("/app/config")?.data ?? "", "base64").toString()).toBe("after");
    expect([nodes.has("/prod/group-3/9"), nodes.has("/prod/later/29"), nodes.has("/later")]).toEqual([
      true,
      true,
      false,
    ]);
    // Five were created there before: the sixth has the number 5.
    expect(/^made (.*)$/m.exec(ensemble.client("write"))?.[1]).toBe("/prod/seq/n-0000000005");
    carryOut(chosen, "check-trees");
  });
});

/** The blocks of shell commands in a Markdown page, of the sections whose titles match. */
function shellBlocks(page: string, title: RegExp): string[] {
  return page
    .split(/^(?=## )/m)
    .filter((section) => title.test(section.slice(0, section.indexOf("\n"))))
    .flatMap((section) => [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block as string));
}

test("docs/runbook.md leads to an ensemble that is well: its commands, and those of the runbook that they write", async () => {
  const ensemble = new Ensemble("3.8.6");
  await ensemble.prepare([1, 2, 3]);
  await ensemble.start([1, 2, 3]);
  await ensemble.live();
  const last = /^last (0x[0-9a-f]+)$/m.exec(ensemble.client("load"))?.[1] ?? "";
  // They run on while their files are collected.
  const here = scratchFolder();
  for (const id of ensemble.ids) {
    cpSync(join(ensemble.folder, String(id), "data"), join(here, `zk${id}/data`), { recursive: true });
    cpSync(join(ensemble.folder, String(id), "logs"), join(here, `zk${id}/datalog`), { recursive: true });
    cpSync(ensemble.config(id), join(here, `zk${id}.cfg`));
  }
  const sh = (script: string): string => {
    const own = script.replaceAll(/^zkrewind /gm, `"${process.execPath}" "${BIN}" `);
    const { status, stdout, stderr } = spawnSync("sh", ["-ec", own], { cwd: here, encoding: "utf8" });
    expect([script, status], stderr).toEqual([script, 0]);
    return stdout;
  };
  const page = readFileSync(join(dirname(BIN), "../docs/runbook.md"), "utf8");
  const [who, restored, ...others] = shellBlocks(page, /./);
  expect(others).toEqual([]);
  expect(sh(who as string)).toMatch(/^0x[0-9a-f]+ .* delete {2}by the client$/m);
  expect(sh(restored as string)).toContain(`the tree of ${last}\n`);

  const book = readFileSync(join(here, "restored/runbook.md"), "utf8");
  await ensemble.stop();
  for (const block of shellBlocks(book, /Move the old data aside|Give each server its copy/)) sh(block);
  await ensemble.start([2, 3, 1]);
  const { epoch } = JSON.parse(readFileSync(join(here, "restored/zkrewind-manifest.json"), "utf8"));
  await expectServed(ensemble, join(here, "restored/1"), epoch);
  for (const block of shellBlocks(book, /trees are equal/)) sh(block);
});

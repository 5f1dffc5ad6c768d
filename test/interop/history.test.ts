import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixtureDir, fixtures } from "../fixtures/index.js";
import { complaints } from "./complaints.js";
import { RELEASES } from "./java.js";
import { pointInside } from "./points.js";
import { scratchFolder, serve } from "./scratch.js";
import { freePort, type Membership, Server } from "./server.js";
import { asTold, byPath, parseExport } from "./tree.js";
import { zkrewind } from "./zkrewind.js";

const sourceOf = (version: string): string => fixtureDir(`${version}-standalone`);

function pointOf(version: string): string {
  const fixture = fixtures.find(({ name }) => name === `${version}-standalone`);
  if (!fixture) throw new Error(`there is no fixture of ${version}`);
  return pointInside(fixture, ".");
}

async function restored(version: string, ...args: string[]): Promise<string> {
  const target = join(scratchFolder(), "restored");
  await zkrewind("restore", sourceOf(version), "-o", target, ...args);
  return target;
}

async function exported(source: string, ...args: string[]): Promise<ReturnType<typeof parseExport>> {
  return parseExport(await zkrewind("export", source, "--format", "ndjson", "--data", "base64", ...args));
}

const namesIn = (target: string, prefix: string): string[] =>
  readdirSync(join(target, "version-2")).filter((name) => name.startsWith(prefix));

/** The source's own logs, all of them. */
function addLogs(version: string, target: string): void {
  for (const name of namesIn(sourceOf(version), "log."))
    cpSync(join(sourceOf(version), "version-2", name), join(target, "version-2", name));
}

/** Without the time of each. */
const complaintsOf = (server: Server): string[] => complaints(server.log()).map((line) => line.slice(LINE_TIME));
const LINE_TIME = "2026-11-27 08:20:22,242 ".length;

describe.each(RELEASES)("logs that restore keeps, on a server of %s", (version) => {
  test("are replayed over an unchanged snapshot, and end at the point", async () => {
    const point = pointOf(version);
    const target = await restored(version, "--at", point, "--with-logs");
    expect(namesIn(target, "log.").length).toBeGreaterThan(0);
    const told = await exported(sourceOf(version), "--at", point);
    const server = await serve(version, { dataDir: target });
    const served = await server.read();
    expect(byPath(served.nodes)).toEqual(asTold(told.nodes));
    expect(served.sessions.sort()).toEqual(told.sessions.sort());
    // Its client's session and znode are the next two transactions.
    expect(served.written).toBe(BigInt(point) + 2n);
    const said = complaintsOf(server);
    if (said.length === 0) return;
    // A digest that its server wrote while a transaction went on: it says the same of its own files.
    const own = await restored(version, "--at", point, "--with-logs");
    for (const name of namesIn(own, "log.")) rmSync(join(own, "version-2", name));
    addLogs(version, own);
    expect(complaintsOf(await serve(version, { dataDir: own }))).toEqual(said);
  });

  test("are not replayed below a snapshot with a raised epoch", async () => {
    const target = await restored(version, "--at", pointOf(version), "--with-logs", "--bump-epoch");
    expect(namesIn(target, "snapshot.").length).toBe(2);
    const told = await exported(target);
    expect(told.zxid & 0xffffffffn).toBe(0n);
    const server = await serve(version, { dataDir: target });
    const served = await server.read();
    expect(byPath(served.nodes)).toEqual(asTold(told.nodes));
    expect(served.sessions).toEqual([]);
    expect(served.written).toBe(told.zxid + 2n);
    expect(complaints(server.log())).toEqual([]);
  });

  test("would undo a restore, old ones beside a snapshot of the point's own zxid: those are never kept", async () => {
    const target = await restored(version, "--at", pointOf(version));
    addLogs(version, target);
    const server = await serve(version, { dataDir: target });
    expect((await server.read()).written).toBe((await exported(sourceOf(version))).zxid + 2n);
  });
});

describe("an ensemble that keeps its history below a raised epoch", () => {
  test.each(["3.4.14", "3.5.10", "3.6.4", "3.9.5"])(
    "of %s sends all to a server with old data, whatever its logs could give it",
    async (version) => {
      const target = await restored(version, "--at", "0x400", "--with-logs", "--bump-epoch");
      const late = await restored(version, "--at", "0x3c0", "--with-logs");
      const ports: Membership["ports"] = new Map(
        await Promise.all([1, 2, 3].map(async (id) => [id, [await freePort(), await freePort()]] as const)),
      );
      const servers: Server[] = [];
      for (const [id, data] of [target, target, late].entries()) {
        const folder = scratchFolder();
        cpSync(data, join(folder, "data"), { recursive: true });
        const directory = { dataDir: join(folder, "data") };
        const server = new Server(version, directory, join(folder, "work"), {}, { id: id + 1, ports });
        onTestFinished(() => server.stop());
        servers.push(server);
      }
      for (const server of servers.slice(0, 2)) await server.launch();
      for (const server of servers.slice(0, 2)) await server.serving();
      await servers[0]?.read();
      await servers[2]?.launch();
      await servers[2]?.serving();
      const told = asTold((await exported(target)).nodes);
      for (const server of servers) {
        const { nodes } = await server.read();
        // A reader's own znode leaves its trace in the root; each server sets its configuration by itself.
        for (const path of ["/", "/zookeeper/config"]) nodes.delete(path);
        const { "/": _, "/zookeeper/config": __, ...rest } = told;
        expect(byPath(nodes)).toEqual(rest);
      }
    },
  );
});

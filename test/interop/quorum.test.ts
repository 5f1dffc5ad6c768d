import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixtureDir } from "../fixtures/index.js";
import { complaints } from "./complaints.js";
import { scratchFolder } from "./scratch.js";
import { freePort, type Membership, Server } from "./server.js";
import { asTold, parseExport, type ServedTree } from "./tree.js";
import { zkrewind } from "./zkrewind.js";

/** What an ensemble's servers set by themselves, without a transaction, when they begin to lead or to follow. */
const LOCAL = "/zookeeper/config";

describe("an ensemble starts on what is restored", () => {
  for (const version of ["3.4.14", "3.5.10", "3.6.4", "3.8.6", "3.9.5"]) {
    test(`three servers of ${version}, each with a copy`, async () => {
      const restored = join(scratchFolder(), "restored");
      await zkrewind("restore", fixtureDir(`${version}-standalone`), "-o", restored);
      await expectServed(version, restored, [1, 2, 3]);
    });
  }

  test("of an ensemble that was in its second epoch: three servers, each with a copy", async () => {
    const restored = join(scratchFolder(), "restored");
    await zkrewind("restore", join(fixtureDir("ensemble-divergent"), "server1"), "-o", restored);
    await expectServed("3.8.6", restored, [1, 2, 3]);
  });

  test("one server has it and another none: the empty one is sent it", async () => {
    const restored = join(scratchFolder(), "restored");
    await zkrewind("restore", fixtureDir("3.8.6-standalone"), "-o", restored);
    await expectServed("3.8.6", restored, [1]);
  });
});

/** Starts servers 1 to 3, or 1 and 2 where only one has the directory: a majority that it belongs to. */
async function expectServed(version: string, restored: string, holders: readonly number[]): Promise<void> {
  const exported = parseExport(await zkrewind("export", restored, "--format", "ndjson", "--data", "base64"));
  const servers = await ensemble(version, restored, holders);
  for (const server of servers) {
    const served = await server.read();
    expect(sorted(served)).toEqual(sorted({ ...exported, nodes: new Map(Object.entries(asTold(exported.nodes))) }));
    // The ensemble goes on in an epoch of its own.
    expect(served.written >> 32n).toBeGreaterThan(exported.zxid >> 32n);
    expect(complaints(server.log())).toEqual([]);
  }
}

async function ensemble(version: string, restored: string, holders: readonly number[]): Promise<Server[]> {
  const ids = holders.length > 1 ? holders : [1, 2];
  const ports: Membership["ports"] = new Map(
    await Promise.all([1, 2, 3].map(async (id) => [id, [await freePort(), await freePort()]] as const)),
  );
  const servers = ids.map((id) => {
    const folder = scratchFolder();
    const dataDir = join(folder, "data");
    if (holders.includes(id)) cpSync(restored, dataDir, { recursive: true });
    else mkdirSync(dataDir);
    const server = new Server(version, { dataDir }, join(folder, "work"), {}, { id, ports });
    onTestFinished(() => server.stop());
    return server;
  });
  await Promise.all(servers.map((server) => server.launch()));
  await Promise.all(servers.map((server) => server.serving()));
  return servers;
}

/** The tree but for what is local and what an earlier reader's znode has left in the root's stat. */
function sorted({ nodes }: Pick<ServedTree, "nodes">): object {
  const root = nodes.get("/");
  const rest = [...nodes].filter(([path]) => path !== LOCAL && path !== "/");
  return { root: { data: root?.data, acl: root?.acl, children: root?.stat[9] }, ...Object.fromEntries(rest) };
}

import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { zkrewind } from "../../cli/run.js";
import { hasLogFolder, writeFiles } from "../../recovery/servers/case-directory.js";
import { CASES, type ServerCase } from "../../recovery/servers/cases.js";
import { scratchFolder } from "../scratch.js";
import { chosenReleases, WHICH } from "./chosen.js";
import { freePort, type Membership, Server } from "../server.js";

/**
 * What `restore` and `salvage` make of a case, as the directory of each of three members of an ensemble: they do what
 * verify --ensemble says. ZKREWIND_SERVERS=all tries more cases on more releases; ZKREWIND_CASES: a pattern of cases' names.
 */
const WHOLE = WHICH !== "sample";
const SAMPLE = /^(hole|several-set-aside|current-tmp)$/;
const ALL =
  /^(sound|hole|zero-page|middle-log-empty|log-magic|crc-newest|several-set-aside|interchanged|log-folder-empty|torn-at-block|text-mode-middle-log|snapshots-bit|current-tmp|current-text-alone|current-folder|epochs-empty|accepted-behind|record-over-limit)$/;
const pattern = process.env["ZKREWIND_CASES"];
const which = pattern ? new RegExp(pattern) : WHOLE ? ALL : SAMPLE;
const cases = CASES.filter(({ name }) => which.test(name));
const releases = chosenReleases(["3.4.14", "3.5.10", "3.6.4", "3.7.2", "3.8.6", "3.9.2", "3.9.5"]);

describe.each(cases)("three members start on what was made of $name", (each) => {
  for (const by of ["restore", "salvage"] as const)
    test(by, async () => {
      const made = await madeBy(by, each);
      if (made === null) return;
      for (const { name } of releases) {
        const { code, stdout } = zkrewind(["verify", made, "--mode", "ensemble", "--release", name, "--brief"]);
        const starts = stdout.includes(`of ${name} in an ensemble would start`);
        if (by === "restore") expect([code, starts], `${name}: ${stdout}`).toEqual([0, true]);
        const { up, apart } = await seen(name, made);
        expect(up, `${name}: ${stdout}`).toBe(starts ? 3 : 0);
        // /zookeeper/config is each server's own: of files that 3.4 began, only the leader may have it.
        expect(apart, `${name}: ${stdout}`).toBeLessThanOrEqual(1);
      }
    });
});

/** A new directory; null where there is nothing to make one of. */
async function madeBy(by: "restore" | "salvage", each: ServerCase): Promise<string | null> {
  const folder = scratchFolder();
  const files = await each.files();
  writeFiles(folder, files);
  const target = join(folder, "made");
  const source = [join(folder, "data"), ...(hasLogFolder(files) ? ["--log-dir", join(folder, "log")] : [])];
  for (const how of by === "restore" ? [[], ["--newest-exact"], ["--inexact"]] : [[]])
    if (!existsSync(target)) zkrewind([by, ...source, "-o", target, ...how]);
  return existsSync(join(target, "version-2")) ? target : null;
}

/** How many serve as a leader or a follower, and by how much their numbers of znodes differ. */
async function seen(release: string, made: string): Promise<{ up: number; apart: number }> {
  const servers = await members(release, made);
  try {
    await Promise.all(servers.map((server) => server.launch()));
    const serving = await Promise.allSettled(servers.map((server) => server.serving()));
    const up = serving.filter(({ status }) => status === "fulfilled").length;
    if (up < 3) return { up, apart: 0 };
    const said = await Promise.all(servers.map((server) => server.ask("srvr")));
    const numbers = said.map((text) => Number(/Node count: (\d+)/.exec(text)?.[1]));
    return { up, apart: Math.max(...numbers) - Math.min(...numbers) };
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function members(release: string, made: string): Promise<Server[]> {
  const ports: Membership["ports"] = new Map(
    await Promise.all([1, 2, 3].map(async (id) => [id, [await freePort(), await freePort()]] as const)),
  );
  return [1, 2, 3].map((id) => {
    const folder = scratchFolder();
    const dataDir = join(folder, "data");
    cpSync(made, dataDir, { recursive: true });
    const server = new Server(release, { dataDir }, join(folder, "work"), {}, { id, ports });
    onTestFinished(() => server.stop());
    return server;
  });
}

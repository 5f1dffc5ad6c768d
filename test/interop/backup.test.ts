import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { BIN } from "../cli/run.js";
import { FIXTURES } from "../fixtures/index.js";
import type { Maker } from "./maker.js";
import { scratchFolder } from "./scratch.js";
import { zkrewind } from "./zkrewind.js";

/** Kills of the backup's process: half of those that an ensemble's have (backup/soak.test.ts). */
const KILLS = Math.ceil(Number(process.env["ZKREWIND_BACKUP_KILLS"] ?? 10) / 2);

test.each(["3.6.4"])(
  "a server of %s under load is backed up over its kills and the backup's: each repository alone has all of it",
  async (version) => {
    const { Server } = (await import(pathToFileURL(join(FIXTURES, "make/server.mjs")).href)) as Maker;
    const dataDir = join(scratchFolder(), "data");
    const server = new Server(scratchFolder(), dataDir, { version, snapCount: 400 });
    onTestFinished(() => server.stop("SIGKILL").catch(() => undefined));
    const repos = ["a", "b"].map((name) => join(scratchFolder(), name)) as [string, string];
    for (const repo of repos) await zkrewind("backup", "init", repo);
    await server.start();
    await server.workload("setup", 40);

    let backup = follow(dataDir, repos);
    onTestFinished(() => void backup.kill("SIGKILL"));
    for (let round = 1; round <= KILLS; round++) {
      const load = server.workload("load", 1500, round);
      await sleep(200 + Math.random() * 1500);
      backup.kill("SIGKILL");
      await once(backup, "exit");
      // What is there now is whole, whenever it was killed.
      for (const repo of repos) expect(spawnSync(process.execPath, [BIN, "backup", "verify", repo]).status).toBe(0);
      backup = follow(dataDir, repos);
      await load;
      if (round % 2 === 0) {
        await server.stop("SIGKILL");
        await server.start();
      }
    }
    await server.stop();
    await sleep(2000);
    backup.kill("SIGTERM");
    expect(await once(backup, "exit")).toEqual([0, null]);

    const own = await zkrewind("log", dataDir, "--format", "csv");
    for (const repo of repos) {
      expect(await zkrewind("backup", "verify", repo, "--deep")).toContain("SOUND");
      // Of failed multis other servers have other bytes; of this one they are its own.
      expect(withoutFiles(await zkrewind("log", repo, "--format", "csv"))).toEqual(withoutFiles(own));
      const restored = join(scratchFolder(), "restored");
      await zkrewind("restore", repo, "-o", restored);
      expect(await zkrewind("diff", restored, dataDir)).toContain("nothing differs");
    }
  },
  60_000 + KILLS * 60_000,
);

function follow(dataDir: string, repos: readonly string[]): ChildProcess {
  const where = repos.flatMap((repo) => ["--repo", repo]);
  const args = ["backup", "run", dataDir, ...where, "--follow", "--interval", "300ms"];
  return spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "inherit"] });
}

/** A CSV of transactions without the columns that say which file each is in. */
function withoutFiles(csv: string): string[] {
  const [head = "", ...rows] = csv.trimEnd().split("\r\n");
  const columns = head.split(",");
  const kept = columns.flatMap((name, index) => (name === "file" || name === "offset" ? [] : [index]));
  return [head, ...rows].map((row) => {
    const cells = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [];
    return kept.map((index) => cells[index]).join("");
  });
}

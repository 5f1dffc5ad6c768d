import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { BIN } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { ended } from "../java.js";
import { scratchFolder } from "../scratch.js";
import { zkrewind } from "../zkrewind.js";
import { FaultyProxy } from "./faulty-proxy.js";
import { s3ForTest } from "./s3-server.js";

test("a restore from a store that is killed is gone on with: what it has is not fetched again", async () => {
  const [folder, server] = [scratchFolder(), await s3ForTest("versitygw")];
  const source = fixtureDir("3.8.6-standalone");
  const proxy = await FaultyProxy.start(server.endpoint);
  try {
    const repo = `s3://backups/resume?endpoint=${encodeURIComponent(proxy.endpoint)}`;
    await zkrewind("backup", "init", repo);
    await zkrewind("backup", "run", source, "--repo", repo);
    const scratch = join(folder, "scratch");
    mkdirSync(scratch);
    const args = (name: string) => ["restore", repo, "-o", join(folder, name), "--scratch", scratch];
    const asked = async (work: () => Promise<unknown>): Promise<number> => {
      const before = proxy.seen.get("GET") ?? 0;
      await work();
      return (proxy.seen.get("GET") ?? 0) - before;
    };
    const whole = await asked(() => zkrewind(...args("whole")));
    // Nothing stays of a run that has ended well.
    expect(readdirSync(scratch)).toEqual([]);

    proxy.faults = { delay: 3000 };
    const killed = spawn(process.execPath, [BIN, ...args("killed")], { stdio: "ignore" });
    const kept = (): string[] =>
      readdirSync(scratch)
        .filter((name) => name.startsWith("zkrewind-fetched-"))
        .flatMap((name) => readdirSync(join(scratch, name)).filter((each) => !each.endsWith(".tmp")));
    while (kept().length === 0) await sleep(20);
    killed.kill("SIGKILL");
    await ended(killed);
    const had = kept().length;
    expect([had > 0, existsSync(join(folder, "killed"))]).toEqual([true, false]);

    proxy.faults = {};
    expect(await asked(() => zkrewind(...args("resumed")))).toBe(whole - had);
    expect(await zkrewind("diff", join(folder, "resumed"), source)).toContain("nothing differs");
    expect(kept()).toEqual([]);
  } finally {
    proxy.stop();
  }
}, 120_000);

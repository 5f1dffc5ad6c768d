import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { BIN } from "../cli/run.js";
import { temporaryFolder } from "../temporary-folder.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { FakeServer, txnsAfter } from "./fake-server.js";
import { expected, historyIn, newRepository, txnsOf } from "./shipping.js";

const folder = temporaryFolder();
const HAS_FAKETIME = spawnSync("faketime", ["--version"]).status === 0;

test.runIf(HAS_FAKETIME)(
  "a clock that steps back a day stops no follower, and makes nothing older than it is",
  async () => {
    const repo = await newRepository(join(folder(), "repo"));
    const zk = new FakeServer(join(folder(), "zk"), 1);
    zk.append(...txnsAfter(makeZxid(1, 0), 10, "a"));
    const [clock, metrics] = [join(folder(), "clock"), join(folder(), "metrics")];
    writeFileSync(clock, "+0");
    const preload = spawnSync("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"], { encoding: "utf8" }).stdout.trim();
    const args = ["backup", "run", zk.folder, "--repo", repo.location, "--follow", "--interval", "1s"];
    const following = spawn(process.execPath, [BIN, ...args, "--metrics", metrics], {
      stdio: "ignore",
      env: {
        ...process.env,
        LD_PRELOAD: preload,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: "1",
        // A machine's clock that is set does not touch the one that only counts.
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      },
    });
    const shipped = async (): Promise<void> => {
      while ((await historyIn(repo)).tip?.zxid !== zk.last) await sleep(50);
    };
    await shipped();
    writeFileSync(clock, "-1d");
    for (let round = 0; round < 3; round++) {
      zk.append(...txnsAfter(zk.last, 100, `r${round}`));
      await shipped();
    }
    following.kill("SIGTERM");
    expect(await once(following, "exit")).toEqual([0, null]);
    const times = (await historyIn(repo)).lines.map(({ time }) => Date.parse(time));
    expect(Math.max(...times)).toBeLessThan(Date.now() - 12 * 3600 * 1000);
    expect(await txnsOf(await historyIn(repo), [repo])).toEqual(expected(zk));
    expect(readFileSync(metrics, "utf8")).not.toMatch(/_seconds(\{[^}]*\})? -/);
  },
  30_000,
);

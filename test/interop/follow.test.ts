import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { readTimeline } from "../../src/forensics/history/timeline.js";
import { discover } from "../../src/recovery/index.js";
import { fromHalves, hex } from "../../src/storage/zxid.js";
import { FIXTURES } from "../fixtures/index.js";
import type { Maker } from "./maker.js";
import { scratchFolder } from "./scratch.js";

const BIN = join(dirname(fileURLToPath(import.meta.url)), "../../bin/zkrewind.js");

test("a server under load is followed over restarts and roll-overs: nothing missed, nothing told twice", async () => {
  const { Server } = (await import(pathToFileURL(join(FIXTURES, "make/server.mjs")).href)) as Maker;
  const dataDir = join(scratchFolder(), "data");
  const server = new Server(scratchFolder(), dataDir, { version: "3.8.6", snapCount: 400 });
  onTestFinished(() => server.stop("SIGKILL").catch(() => undefined));
  await server.start();
  await server.workload("setup", 40);

  const follower = spawn(process.execPath, [BIN, "log", dataDir, "--follow", "--from", "0x1", "--format", "ndjson"]);
  onTestFinished(() => void follower.kill("SIGKILL"));
  let out = "";
  let complaints = "";
  follower.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("latin1");
  });
  follower.stderr.on("data", (chunk: Buffer) => {
    complaints += chunk.toString();
  });

  await server.workload("load", 4000, 1);
  await server.stop("SIGKILL");
  await server.start();
  await server.workload("load", 4000, 2);
  await server.stop("SIGTERM");
  await server.start();
  await server.workload("load", 2000, 3);
  await server.stop();

  const expected: string[] = [];
  const directory = discover([dataDir]);
  await readTimeline(
    directory.logs,
    { from: null, to: null },
    {
      begin() {},
      take: (txn) => expected.push(hex(fromHalves(txn.zxidHigh, txn.zxidLow))),
    },
  );
  const told = (): string[] =>
    [...out.matchAll(/"type":"txn","zxid":"(0x[0-9a-f]+)"/g)].map(([, zxid]) => zxid as string);
  for (let tries = 0; tries < 50 && told().length < expected.length; tries++) await sleep(100);
  expect(readdirSync(join(dataDir, "version-2")).filter((name) => name.startsWith("log.")).length).toBeGreaterThan(6);
  expect(expected.length).toBeGreaterThan(8000);
  expect(told()).toEqual(expected);
  // A crash may leave the end of a file torn: that is no complaint about what a live server is writing.
  expect(complaints.replace(/^warning log\.torn-tail:.*\n/gm, "")).toMatch(/^from 0x1 \(.*\)\n$/);
});

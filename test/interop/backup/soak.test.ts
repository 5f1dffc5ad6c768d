import { execFileSync, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { BIN } from "../../cli/run.js";
import { Ensemble } from "../ensemble.js";
import { classPath } from "../java.js";
import { scratchFolder } from "../scratch.js";
import { zkrewind } from "../zkrewind.js";
import { AckedLoad, expectAll, stated } from "./acked.js";
import { FaultyProxy } from "./faulty-proxy.js";
import { Follower } from "./follower.js";
import { s3ForTest } from "./s3-server.js";

const RELEASE = "3.9.5";
/** Kills of the backup's processes, and of servers. */
const KILLS = Number(process.env["ZKREWIND_BACKUP_KILLS"] ?? 10);
const SERVER_KILLS = Number(process.env["ZKREWIND_SERVER_KILLS"] ?? 3);
/** Acknowledged writes a second, about. */
const RATE = 150;

/** Each snapshot is all of a tree that grows: a long run would be about little else. */
const SNAP_COUNT = 600 * Math.ceil(KILLS / 10);

/** Where a test writes to, and how the same is read by somebody whom the network does nothing to. */
interface Repositories {
  /** As the servers' hosts name them. */
  written: readonly string[];
  /** As readers do. */
  read: readonly string[];
  /** Called before each kill of the backup: what else goes wrong. */
  disturb?: (round: number) => Promise<void>;
  /** Called when all that is to go wrong has. */
  calm?: () => void;
}

test("three servers under load, killed as their backups are: what was acknowledged is in each folder", async () => {
  const repos = ["a", "b"].map((name) => join(scratchFolder(), name));
  for (const repo of repos) await zkrewind("backup", "init", repo);
  await soak({ written: repos, read: repos });
}, 3_600_000);

test("the same with two S3 stores, one of them weak and behind a bad network, and away for a while", async () => {
  const [right, weak] = [await s3ForTest("versitygw"), await s3ForTest("s3proxy")];
  const proxy = await FaultyProxy.start(weak.endpoint, 11);
  onTestFinished(() => proxy.stop());
  const at = (endpoint: string) => `s3://backups/soak?endpoint=${encodeURIComponent(endpoint)}`;
  const read = [at(right.endpoint), at(weak.endpoint)] as const;
  for (const repo of read) await zkrewind("backup", "init", repo);
  const bad = { fail: 0.1, drop: 0.05, dropAnswer: 0.05, cut: 0.1, delay: 50 };
  proxy.faults = bad;
  const disturb = async (round: number): Promise<void> => {
    if (round % 6 === 2) proxy.faults = { fail: 1 };
    if (round % 6 !== 5) return;
    // What was written in between is in the other one.
    const [without, before] = [await stated(read[1]), await stated(read[0])];
    expect(before.recoveryPoint).toBeGreaterThan(without.recoveryPoint);
    proxy.faults = bad;
  };
  const calm = (): void => void (proxy.faults = bad);
  await soak({ written: [at(right.endpoint), at(proxy.endpoint)], read, disturb, calm });
}, 3_600_000);

async function soak({ written, read, disturb, calm }: Repositories): Promise<void> {
  const ensemble = new Ensemble(RELEASE, {
    settings: { "zookeeper.snapCount": SNAP_COUNT },
    limits: { initLimit: 10, tickTime: 500, heap: "256m" },
  });
  await ensemble.prepare([1, 2, 3]);
  await ensemble.start(ensemble.ids);
  const followers = ensemble.ids.map((id) => new Follower(ensemble.config(id), written));
  for (const each of followers) each.start();
  const load = new AckedLoad(RELEASE, ensemble.hosts, RATE);
  const perServerKill = Math.max(1, Math.floor(KILLS / SERVER_KILLS));
  let checked = 0n;
  for (let round = 1, killed = 0; round <= KILLS; round++) {
    await sleep(200 + Math.random() * 1300);
    await disturb?.(round);
    const follower = followers[Math.floor(Math.random() * followers.length)] as Follower;
    await follower.kill();
    for (const repo of read) expectSound(repo);
    follower.start();
    if (round % 5 === 0) checked = await expectUpToNow(read[(round / 5) % read.length] as string, load, checked);
    if (round % perServerKill === 0 && killed < SERVER_KILLS) await killServers(ensemble, killed++);
    if (round % 7 === 0) purge(ensemble, ensemble.ids[round % 3] as number);
  }
  calm?.();
  const acked = await load.stop();
  await expectQuiet(ensemble);
  const { size: epochs } = new Set(acked.map(({ zxid }) => zxid >> 32n));
  await expectCaughtUp(read);
  const leader = await ensemble.leader();
  await ensemble.stop();
  for (const each of followers) expect(await each.stop(), each.log()).toBe(0);
  expect(acked.length).toBeGreaterThan(KILLS);
  for (const repo of read) {
    const said = await stated(repo);
    const { recoveryPoint, holes, branches } = said;
    const what = `${KILLS} kills of backups, ${SERVER_KILLS} of servers`;
    console.log(
      `${repo}: ${what}; ${acked.length} acknowledged writes in ${epochs} epochs, ${branches.length} branches`,
    );
    expect(holes).toEqual([]);
    expect(recoveryPoint).toBeGreaterThanOrEqual(acked.at(-1)?.zxid ?? 0n);
    await expectAll(repo, acked, said);
    await expectProven(repo, recoveryPoint);
    const target = join(scratchFolder(), "restored");
    await zkrewind("restore", repo, "-o", target);
    expect(await zkrewind("diff", target, ensemble.config(leader))).toContain("nothing differs");
    for (const at of [0.3, 0.6, 0.9]) {
      const { zxid, path, value } = acked[Math.floor(acked.length * at)] as (typeof acked)[0];
      expect(await zkrewind("cat", repo, path, "--at", `0x${zxid.toString(16)}`)).toBe(value);
    }
  }
}

/** At any moment, while others write to it. */
function expectSound(repo: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, "backup", "verify", repo], { encoding: "utf8" });
  expect(status, `${stdout}${stderr}`).toBe(0);
}

/** All that was acknowledged before a recovery point is there at once. */
async function expectUpToNow(repo: string, load: AckedLoad, from: bigint): Promise<bigint> {
  const said = await stated(repo);
  await expectAll(repo, load.acked, said, from);
  return said.recoveryPoint > from ? said.recoveryPoint : from;
}

async function expectProven(repo: string, point: bigint): Promise<void> {
  const { repositories } = JSON.parse(await zkrewind("backup", "verify", repo, "--deep", "--json"));
  const [{ sound, replayed }] = repositories;
  expect({ sound, exactTo: BigInt(replayed.exactTo) }).toEqual({ sound: true, exactTo: point });
  expect(replayed.digests).toBeGreaterThan(0);
}

/** A follower; the leader; all of them, so that what the leader wrote last has no majority; one that loses all it has. */
async function killServers(ensemble: Ensemble, number: number): Promise<void> {
  const leader = await ensemble.leader();
  const others = ensemble.ids.filter((id) => id !== leader);
  const [first = 0, second = 0] = number % 2 === 0 ? others : others.toReversed();
  switch (number % 4) {
    case 0:
      await restart(ensemble, leader);
      break;
    case 1:
      await ensemble.stop([first]);
      for (const each of ["data", "logs"])
        rmSync(join(ensemble.folder, String(first), each, "version-2"), { recursive: true, force: true });
      await ensemble.start([first]);
      break;
    case 2:
      // The leader alone proposes on for a moment; who elects the next one has not seen that.
      await ensemble.stop(others);
      await sleep(Math.random() * 1000);
      await ensemble.stop([leader]);
      for (const id of others) await ensemble.launch(id);
      for (const id of others) await ensemble.server(id).serving();
      await sleep(500);
      await ensemble.start([leader]);
      break;
    default:
      await restart(ensemble, second);
  }
}

async function restart(ensemble: Ensemble, id: number): Promise<void> {
  await ensemble.stop([id]);
  await sleep(Math.random() * 2000);
  await ensemble.start([id]);
}

/** As an administrator's cron job does it. */
function purge(ensemble: Ensemble, id: number): void {
  const folder = join(ensemble.folder, String(id));
  const args = [join(folder, "logs"), join(folder, "data"), "-n", "3"];
  const main = "org.apache.zookeeper.server.PurgeTxnLog";
  execFileSync("java", ["-cp", classPath(RELEASE), main, ...args], { stdio: "ignore" });
}

/** All servers have the same last transaction: nothing is under way. */
async function expectQuiet(ensemble: Ensemble): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(300)) {
    const answers = await Promise.all(ensemble.ids.map((id) => ensemble.server(id).ask("srvr")));
    const zxids = answers.map((answer) => /^Zxid: (\S+)/m.exec(answer)?.[1]);
    if (zxids[0] !== undefined && new Set(zxids).size === 1) return;
  }
  throw new Error("the servers never agree");
}

/** Each repository has what the furthest one has. */
async function expectCaughtUp(repos: readonly string[]): Promise<void> {
  const names = async (): Promise<bigint[]> => {
    const points: bigint[] = [];
    for (const repo of repos) points.push((await stated(repo)).recoveryPoint);
    return points;
  };
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(1000))
    if (new Set(await names()).size === 1) return;
  throw new Error(`they are not level: ${(await names()).join(", ")}`);
}

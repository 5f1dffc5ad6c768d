import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { ZkRewindError } from "../../src/findings/finding.js";
import { recipientsOf } from "../../src/repository/crypt/index.js";
import { initRepository } from "../../src/repository/repository.js";
import { Backup } from "../../src/repository/ship/backup.js";
import { Distributor } from "../../src/repository/ship/distributor.js";
import { serverSource } from "../../src/repository/ship/source.js";
import { Target } from "../../src/repository/ship/target.js";
import { say } from "../../src/text/message.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, nextEpoch } from "./fake-server.js";
import { MemoryStore } from "./memory-store.js";
import { historyIn } from "./shipping.js";

const folder = temporaryFolder();
const SPOOL = 100_000;

/** Each epoch is a segment, which does not compress. */
function write(server: FakeServer, epochs: number): void {
  for (let count = 0; count < epochs; count++)
    server.append({ zxid: nextEpoch(server.last) + 1n, value: "", data: randomBytes(30_000) });
}

function sharedIn({ objects }: MemoryStore): Map<string, string> {
  return new Map(
    [...objects]
      .filter(([name]) => name !== "repository.json" && !name.startsWith("heads/"))
      .map(([name, { bytes }]) => [name, bytes.toString("base64")] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(5);
}

async function following(server: FakeServer, stores: readonly MemoryStore[]) {
  for (const store of stores) await initRepository(store);
  const targets = stores.map((store) => new Target(store, new Set()));
  const distributor = new Distributor(targets, { untiring: true, spool: SPOOL, pause: 2, patience: 20 });
  const recipients = await recipientsOf([await identityToRecipient(await generateX25519Identity())]);
  const options = { recipients, signer: null, voters: null, tell: () => undefined };
  const backup = await Backup.open(serverSource(server.folder, {}), distributor, options);
  const stop = new AbortController();
  const done = (async () => {
    await backup.once();
    await backup.follow({ interval: 5, maxBytes: 1, signal: stop.signal });
    await distributor.settle();
  })();
  return {
    backup,
    distributor,
    targets,
    end: async () => {
      stop.abort();
      distributor.hasten();
      await done.finally(() => backup.close());
    },
  };
}

test("a repository that is down for long is caught up from the other, with the same encrypted bytes, in bounded memory", async () => {
  const [up, down] = [new MemoryStore("up"), new MemoryStore("down")];
  const server = new FakeServer(join(folder(), "server"), 1);
  write(server, 3);
  let isDown = false;
  const { distributor, targets, end } = await following(server, [up, down]);
  const at = targets[1] as Target;
  await until(() => distributor.lackedBy(at).links === 0 && up.objects.size > 4);
  isDown = true;
  down.before = () => {
    if (isDown) throw new ZkRewindError(say`no answer`, { exitCode: 3 });
  };
  let most = 0;
  for (let round = 0; round < 10; round++) {
    const before = up.objects.size;
    write(server, 10);
    await until(() => {
      most = Math.max(most, distributor.stock.size);
      return up.objects.size > before + 10;
    });
  }
  await until(() => distributor.lackedBy(targets[0] as Target).links === 0);
  expect(most).toBeLessThanOrEqual(SPOOL);
  expect(distributor.lackedBy(at).objects).toBeGreaterThan(90);
  expect(at.trouble).toMatchObject({ since: expect.any(Number) });
  expect(sharedIn(down).size).toBeLessThan(20);
  isDown = false;
  await until(() => distributor.lackedBy(at).links === 0);
  await end();
  const [all, caughtUp] = [sharedIn(up), sharedIn(down)];
  // A whole link takes the place of those before it.
  for (const [name, bytes] of caughtUp) expect(all.get(name)).toBe(bytes);
  expect([...caughtUp.keys()].filter((name) => name.startsWith("log/"))).toEqual(
    [...all.keys()].filter((name) => name.startsWith("log/")),
  );
  expect((await historyIn(down)).tip?.zxid).toBe(server.last);
  // Who backs up needs no right to delete.
  expect([up.requests.delete, down.requests.delete]).toEqual([0, 0]);
}, 60_000);

test("with all of them down nothing is lost, what waits is bounded and told, and all is shipped when one is back", async () => {
  const store = new MemoryStore("only");
  const server = new FakeServer(join(folder(), "server"), 1);
  write(server, 1);
  let isDown = false;
  const { backup, distributor, targets, end } = await following(server, [store]);
  const [target] = targets as [Target];
  await until(() => store.objects.size > 3);
  isDown = true;
  store.before = () => {
    if (isDown) throw new ZkRewindError(say`no answer`, { exitCode: 3 });
  };
  write(server, 50);
  await until(() => target.trouble !== null && backup.unshipped.since !== null);
  await sleep(30);
  expect(distributor.stock.size).toBeLessThanOrEqual(SPOOL);
  expect(backup.unshipped.since).not.toBeNull();
  isDown = false;
  await until(() => backup.line.tip?.zxid === server.last && distributor.lackedBy(target).links === 0);
  await end();
  const history = await historyIn(store);
  expect([history.tip?.zxid, history.main.length, history.branches]).toEqual([server.last, 51, []]);
}, 60_000);

test("a spool that takes not even one object does for one repository", async () => {
  const store = new MemoryStore("only");
  await initRepository(store);
  const server = new FakeServer(join(folder(), "server"), 1);
  write(server, 5);
  const distributor = new Distributor([new Target(store, new Set())], { untiring: false, spool: 0, pause: 1 });
  const options = { recipients: null, signer: null, voters: null, tell: () => undefined };
  const backup = await Backup.open(serverSource(server.folder, {}), distributor, options);
  await backup.once();
  await distributor.settle();
  backup.close();
  expect((await historyIn(store)).tip?.zxid).toBe(server.last);
});

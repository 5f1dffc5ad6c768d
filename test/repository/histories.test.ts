import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FolderStore } from "../../src/repository/store/folder.js";
import { makeZxid } from "../../src/storage/zxid.js";
import { CrashStore, Fuse } from "./crash-store.js";
import { FakeServer, nextEpoch, type Txn, txnsAfter } from "./fake-server.js";
import { branchTxns, historyIn, newRepository, ship, txnsOf } from "./shipping.js";

/**
 * Random histories of an ensemble of two servers, shipped by processes that are killed at any request to one of two
 * repositories, against a plain model: the ensemble's transactions, and which of them each server has.
 */
const STEP = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("write" as const), count: fc.constantFrom(1, 3, 40, 900, 4200) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("follow" as const),
      who: fc.nat(1),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("ship" as const),
      who: fc.nat(1),
      fuse: fc.nat(40),
      after: fc.boolean(),
      both: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("epoch" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("tail" as const), who: fc.nat(1), count: fc.constantFrom(1, 30) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("roll" as const), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("purge" as const), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reset" as const), who: fc.nat(1) }) },
);

test("whatever happens, all that a server has when it ships is restorable, nothing doubles, and dead tails are branches", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 4, maxLength: 25 }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), "zkrewind-histories-"));
      try {
        await play(folder, steps);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    {
      numRuns: Number(process.env["ZKREWIND_HISTORIES"] ?? 6),
      ...(process.env["ZKREWIND_HISTORIES"] === undefined ? { seed: 12 } : { endOnFailure: true }),
    },
  );
}, 600_000);

type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

async function play(folder: string, steps: readonly Step[]): Promise<void> {
  const servers = [new FakeServer(join(folder, "zk1"), 1), new FakeServer(join(folder, "zk2"), 2, true)] as const;
  const repos = [await newRepository(join(folder, "a")), await newRepository(join(folder, "b"))] as const;
  /** What the ensemble agreed on. */
  const agreed: Txn[] = [];
  /** What servers alone had, by who. */
  const tails = new Map<FakeServer, Txn[]>();
  const everTails = new Set<string>();
  let last = makeZxid(1, 0);
  let count = 0;
  const write = (zxid: bigint, many: number): void => {
    agreed.push(...txnsAfter(zxid, many, `w${count++}`));
    last = agreed.at(-1)?.zxid ?? last;
  };
  /** A server takes over what the ensemble has: a tail of its own is cut first. */
  const sync = (zk: FakeServer, upTo: bigint): void => {
    if (tails.has(zk)) zk.truncate(((tails.get(zk) as Txn[])[0] as Txn).zxid - 1n);
    tails.delete(zk);
    zk.append(...agreed.filter(({ zxid }) => zxid > zk.last && zxid <= upTo));
  };
  write(last, 10);
  for (const zk of servers) sync(zk, last);
  for (const step of steps) {
    const zk = "who" in step ? (servers[step.who] as FakeServer) : servers[0];
    switch (step.do) {
      case "write":
        write(last, step.count);
        break;
      case "epoch":
        write(nextEpoch(last), 2);
        break;
      case "follow":
        sync(zk, agreed[Math.floor((agreed.length - 1) * step.part)]?.zxid ?? last);
        break;
      case "tail":
        if (tails.has(zk) || zk.txns.length === 0) break;
        // The ensemble goes on without it, in a new epoch.
        sync(zk, last);
        tails.set(zk, txnsAfter(zk.last, step.count, `t${count++}`));
        zk.append(...(tails.get(zk) as Txn[]));
        for (const each of tails.get(zk) as Txn[]) everTails.add(textOf(each));
        write(nextEpoch(last), 1);
        break;
      case "roll":
        zk.roll();
        break;
      case "purge":
        zk.purge(1);
        break;
      case "reset":
        zk.reset();
        tails.delete(zk);
        // Synced by a snapshot: the log goes on behind it.
        write(last, 1);
        zk.append(...agreed.slice(-1));
        break;
      case "ship": {
        const fuse = new Fuse(step.fuse, step.after);
        const stores = (step.both ? repos : repos.slice(0, 1)).map((store) => new CrashStore(store, fuse));
        await ship(zk, stores).catch(() => undefined);
        await sound(repos);
        break;
      }
      default:
        step satisfies never;
    }
  }
  for (const zk of servers) await ship(zk, repos);
  await check(servers, agreed, tails, everTails, repos);
}

/** A repository is sound at every moment: all that its links name is there. */
async function sound(repos: readonly FolderStore[]): Promise<void> {
  for (const repo of repos) await txnsOf(await historyIn(repo), [repo]);
}

async function check(
  servers: readonly FakeServer[],
  agreed: readonly Txn[],
  tails: ReadonlyMap<FakeServer, readonly Txn[]>,
  everTails: ReadonlySet<string>,
  repos: readonly FolderStore[],
): Promise<void> {
  const all = new Set(agreed.map(textOf));
  for (const repo of repos) {
    const history = await historyIn(repo);
    const main = await txnsOf(history, [repo]);
    const zxids = main.map((each) => BigInt(each.split(" ")[0] as string));
    expect(zxids.every((zxid, index) => index === 0 || zxid > (zxids[index - 1] as bigint))).toBe(true);
    const branches = new Set<string>();
    for (const { name } of history.branches)
      for (const each of await branchTxns(history, name, [repo])) branches.add(each);
    const furthest = servers.reduce((a, b) => (a.last > b.last ? a : b));
    const onMain = new Set(main);
    for (const zk of servers) {
      const tail = new Set((tails.get(zk) ?? []).map(textOf));
      for (const text of zk.txns.map(textOf)) {
        if (!tail.has(text)) expect(onMain.has(text), `${text} on the main line`).toBe(true);
        // Where a hole follows, no server has shown that the ensemble went on without it.
        else if (zk !== furthest)
          expect(branches.has(text) || (onMain.has(text) && history.holes.length > 0), `${text} in a branch`).toBe(
            true,
          );
      }
    }
    // Nothing is made up.
    const others = main.filter((each) => !all.has(each));
    expect(others.filter((each) => !everTails.has(each))).toEqual([]);
    const own = new Set((tails.get(furthest) ?? []).map(textOf));
    if (history.holes.length === 0) expect(others.filter((each) => !own.has(each))).toEqual([]);
  }
}

function textOf({ zxid, value }: Txn): string {
  return `${zxid} ${value}`;
}

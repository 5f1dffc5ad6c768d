import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compactedShape } from "../../../src/export/shapes/backup-upkeep.js";
import { documentHead } from "../../../src/export/shapes/document.js";
import { compact, type CompactOptions } from "../../../src/repository/compact/compact.js";
import { prune } from "../../../src/repository/prune/prune.js";
import type { FolderStore } from "../../../src/repository/store/folder.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { problemsOfDocument } from "../../schema/validate.js";
import { step } from "../../tree/steps.js";
import { THOROUGH } from "../../thorough.js";
import { CrashStore, Fuse, Killed } from "../crash-store.js";
import { historyIn, newRepository, ship } from "../shipping.js";
import { ModelServer } from "./model-server.js";
import { expectKnown, restored } from "./restored.js";

const folder = temporaryFolder();

const OPTIONS: CompactOptions = { identities: null, recipients: null, pinned: new Set(), signer: null, maxReplay: 40 };

const some = fc.array(step, { minLength: 3, maxLength: 14 });
const ACTION = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), steps: some }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("epoch" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("snapshot" as const), steps: some }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("ship" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("purge" as const), logs: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("compact" as const),
      maxReplay: fc.constantFrom(10, 25, 60, 200),
      /** Which request it is killed at, if it comes so far. */
      fuse: fc.integer({ min: 3, max: 60 }),
      after: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("prune" as const) }) },
);
type Action = typeof ACTION extends fc.Arbitrary<infer T> ? T : never;

test("small segments become few, bases bound what is replayed, and each point is what it was", async () => {
  const server = new ModelServer(join(folder(), "zk"), 1);
  const [store, plain] = [await newRepository(join(folder(), "a")), await newRepository(join(folder(), "b"))];
  await server.start();
  const write = { op: "create", under: 0, name: 0, size: 9, acl: 1, kind: "create", session: 1 } as const;
  for (let epoch = 0; epoch < 6; epoch++) {
    for (let part = 0; part < 12; part++) {
      server.take(
        { ...write, under: epoch, name: part % 3 },
        { op: "set", which: part, size: 5 },
        { op: "set", which: 3, size: part },
      );
      if (part % 4 === 3 || epoch === 5) await ship(server, [store, plain]);
    }
    if (epoch === 2) await server.snapshot([{ op: "set", which: 1, size: 3 }]);
    if (epoch < 5) server.newEpoch();
  }
  const before = await historyIn(store);
  const report = await compact(store, OPTIONS);
  expect(report.unproven).toEqual([]);
  expect(report.bases.length).toBeGreaterThan(2);
  const shape = documentHead("backup-compact", compactedShape(store.location, 40, report));
  expect(problemsOfDocument(JSON.stringify(shape))).toEqual([]);
  const history = await historyIn(store);
  expect(history.main.length).toBeLessThan(before.main.length);
  for (const { zxid, digest } of report.bases) expect(digest).toBe(server.states.get(zxid)?.digest);
  for (const zxid of [...server.states.keys()].filter((_, index) => index % 40 === 7))
    await expectAlike(server, store, plain, zxid, "");
  expect(await compact(store, OPTIONS)).toEqual({ merged: [], bases: [], unproven: [], damaged: [] });
});

test("whatever is shipped, compacted with whatever bound, killed in the midst of it, and pruned, is restored as it was", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(ACTION, { minLength: 12, maxLength: 40 }),
      fc.infiniteStream(fc.nat(9999)),
      async (actions, random) => {
        const folder = mkdtempSync(join(tmpdir(), "zkrewind-compact-"));
        try {
          await play(folder, actions, () => random.next().value);
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    ),
    {
      numRuns: Number(process.env["ZKREWIND_HISTORIES"] ?? (THOROUGH ? 12 : 3)),
      ...(process.env["ZKREWIND_HISTORIES"] === undefined ? { seed: 13 } : { endOnFailure: true }),
    },
  );
}, 600_000);

async function play(folder: string, actions: readonly Action[], random: () => number): Promise<void> {
  const server = new ModelServer(join(folder, "zk"), 1);
  // The one is compacted and pruned, the other is left as it was shipped.
  const [store, plain] = [await newRepository(join(folder, "a")), await newRepository(join(folder, "b"))];
  let now = Date.now();
  server.plain.timeOf = () => BigInt(now);
  await server.start();
  server.take({ op: "session", session: 1 });
  for (const action of actions) {
    switch (action.do) {
      case "write":
        server.take(...action.steps);
        break;
      case "epoch":
        server.newEpoch();
        now += 3_600_000;
        server.take({ op: "session", session: 1 + (random() % 3) }, { op: "close", session: 1 + (random() % 3) });
        break;
      case "snapshot":
        await server.snapshot(action.steps);
        break;
      case "purge":
        server.purge(action.logs, 2);
        break;
      case "ship":
        await ship(server, [store, plain]);
        break;
      case "compact": {
        const fuse = new Fuse(action.fuse, action.after);
        const options = { ...OPTIONS, maxReplay: action.maxReplay };
        const runs = [compact(new CrashStore(store, fuse), options)];
        if (action.twice) runs.push(compact(store, options));
        for (const { status, reason } of (await Promise.allSettled(runs)) as PromiseRejectedResult[])
          if (status === "rejected" && !(reason instanceof Killed)) throw reason;
        break;
      }
      case "prune":
        await prune(store, { ...PRUNE, apply: true });
        break;
      default:
        action satisfies never;
    }
  }
  await ship(server, [store, plain]);
  await compact(store, OPTIONS);
  await expectSome(server, store, plain, [...server.states.keys()], random);
  await prune(store, PRUNE);
  const { points } = await prune(store, PRUNE);
  const kept = [...server.states.keys()].filter((zxid) => points.some(({ from, to }) => zxid > from && zxid <= to));
  await expectSome(server, store, plain, kept, random);
}

/** Everything may go that is not the newest point, or of the last two hours. */
const PRUNE = {
  policy: { window: 7_200_000, daily: 1, weekly: 0 },
  policyText: "for a test",
  grace: 0,
  apply: true,
  pinned: new Set<never>(),
  signer: null,
};

/** Points by chance are what they are without compaction. */
async function expectSome(
  server: ModelServer,
  store: FolderStore,
  plain: FolderStore,
  zxids: readonly bigint[],
  random: () => number,
): Promise<void> {
  for (let tries = 0; tries < 3 && zxids.length > 0; tries++)
    await expectAlike(server, store, plain, zxids[random() % zxids.length] as bigint, "by chance");
}

async function expectAlike(server: ModelServer, store: FolderStore, plain: FolderStore, zxid: bigint, what: string) {
  const known = server.states.get(zxid);
  const before = await restored([plain.location], zxid);
  if (!known || !before) return;
  expectKnown(before, known, `${what} ${zxid} as it was shipped`);
  const after = await restored([store.location], zxid);
  expect(after, `${what} ${zxid} can be restored`).not.toBeNull();
  if (after) expectKnown(after, known, `${what} ${zxid} compacted`);
}

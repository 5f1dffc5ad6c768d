import fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AS_IT_IS,
  carryOut,
  type DataDirectory,
  discover,
  NO_FILES,
  type RestorePlan,
} from "../../../src/recovery/index.js";
import { plain } from "../../../src/text/message.js";
import { type DataTree, pathOf, readZnode } from "../../../src/tree/index.js";
import { writeLogOf, writeSnapshot } from "../../cli/files.js";
import { type NewZnode, stateOf, treeOf } from "../../export/trees.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-plan-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const plan = (more: Partial<RestorePlan>): RestorePlan => ({ ...AS_IT_IS, now: NOW, ...more });
const NOW = 1_800_000_000_000;

const CONTAINER = -(2n ** 63n);
const ttl = (millis: bigint): bigint => BigInt.asIntN(64, 0xffn << 56n) | millis;

function open(tree: DataTree, ...ids: number[]): DataTree {
  for (const id of ids) tree.sessions.set(0, id, 4000);
  return tree;
}

function pathsOf(tree: DataTree): string[] {
  const list: string[] = [];
  for (let slot = 0; slot < tree.znodes.slots; slot++) if (tree.znodes.exists(slot)) list.push(pathOf(tree, slot));
  return list.filter((path) => path !== "/" && !path.startsWith("/zookeeper")).sort();
}

function znode(tree: DataTree, path: string): ReturnType<typeof readZnode> {
  return readZnode(tree, tree.znodes.findPath(Buffer.from(path)));
}

/** A directory whose last transaction is `last`, in milliseconds 1,700,000,000,000. */
async function sourceAt(name: string, last: bigint): Promise<DataDirectory> {
  const version = join(folder, name, "version-2");
  mkdirSync(version, { recursive: true });
  await writeSnapshot(version, 0n, [{ path: "", data: null }]);
  await writeLogOf(version, [{ zxid: last, time: 1_700_000_000_000n, txn: { type: -10, timeout: 4000 } }]);
  return discover([join(folder, name)]);
}

describe("sessions and ephemerals", () => {
  const tree = (): DataTree =>
    open(
      treeOf([
        { path: "/p", zxid: 1n },
        { path: "/p/e", owner: 7n },
        { path: "/p/f", owner: 8n },
        { path: "/p/g", owner: 8n },
      ]),
      7,
      9,
    );

  test("are kept as they are; a session that owns ephemerals and was not open is added", async () => {
    const made = await carryOut(stateOf(tree()), NO_FILES, plan({}));
    expect(pathsOf(made.tree)).toEqual(["/p", "/p/e", "/p/f", "/p/g"]);
    expect(made.tree.sessions.sorted()).toEqual([
      [7n, 4000],
      [8n, 30_000],
      [9n, 4000],
    ]);
    expect(made).toMatchObject({
      zxid: 0x100000002n,
      epoch: 1,
      changes: [{ change: "sessions.added", sessions: [8n] }],
    });
  });

  test("are dropped together, and their parents' clients are told", async () => {
    const made = await carryOut(stateOf(tree()), NO_FILES, plan({ sessions: "drop", epoch: "leap" }));
    expect(pathsOf(made.tree)).toEqual(["/p"]);
    expect(made.tree.sessions.size).toBe(0);
    expect(made.zxid).toBe(17n << 32n);
    expect(znode(made.tree, "/p").stat).toMatchObject({ pzxid: 17n << 32n, czxid: 1n, mzxid: 1n, numChildren: 0 });
    expect(made.changes).toEqual([
      { change: "ephemerals.dropped", count: 3, paths: ["/p/e", "/p/f", "/p/g"], sessions: [] },
      { change: "sessions.dropped", count: 2, paths: [], sessions: [7n, 9n] },
    ]);
  });

  test("ephemerals go alone where that is asked for", async () => {
    const made = await carryOut(stateOf(tree()), NO_FILES, plan({ sessions: "drop-ephemerals", epoch: "leap" }));
    expect(pathsOf(made.tree)).toEqual(["/p"]);
    expect(made.tree.sessions.size).toBe(2);
    expect(made.changes?.map(({ change }) => change)).toEqual(["ephemerals.dropped-alone"]);
  });

  test("go by themselves where a raised epoch goes back, and not where it does not", async () => {
    const source = await sourceAt("further", 0x100000009n);
    const back = await carryOut(stateOf(tree()), source, plan({ epoch: "leap" }));
    expect(back.tree.sessions.size).toBe(0);
    expect(back.warnings).toEqual([]);
    const kept = await carryOut(stateOf(tree()), source, plan({ epoch: "leap", sessions: "keep" }));
    expect(kept.tree.sessions.size).toBe(3);
    expect(kept.warnings).toHaveLength(1);
    const latest = await carryOut(stateOf(tree()), await sourceAt("same", 0x100000002n), plan({ epoch: "leap" }));
    expect(latest.tree.sessions.size).toBe(3);
  });

  test("no ephemeral is ever written without its session, whatever is dropped and left out", async () => {
    const owners = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 });
    const policy = fc.constantFrom(null, "keep" as const, "drop" as const, "drop-ephemerals" as const);
    await fc.assert(
      fc.asyncProperty(owners, fc.subarray([1, 2, 3, 4, 5]), policy, fc.nat(3), async (list, ids, sessions, left) => {
        const znodes = list.map((owner, at): NewZnode => ({ path: `/p/${at}`, owner: BigInt(owner) }));
        const made = open(treeOf([{ path: "/p" }, ...znodes]), ...ids);
        const chosen = (slot: number): boolean => Number(pathOf(made, slot).slice(3)) % 4 !== left;
        const { tree } = await carryOut(stateOf(made), NO_FILES, plan({ sessions, chosen, epoch: "leap" }));
        for (const path of pathsOf(tree)) {
          const { ephemeralOwner } = znode(tree, path).stat;
          if (ephemeralOwner !== 0n) expect(tree.sessions.has(0, Number(ephemeralOwner))).toBe(true);
        }
      }),
    );
  });
});

describe("containers and TTL znodes", () => {
  const tree = (): DataTree =>
    open(
      treeOf([
        { path: "/c", owner: CONTAINER },
        { path: "/c/e", owner: 7n },
        { path: "/empty", owner: CONTAINER },
        { path: "/full", owner: CONTAINER },
        { path: "/full/x" },
        { path: "/late", owner: ttl(1000n), mtime: BigInt(NOW) - 1001n },
        { path: "/alive", owner: ttl(1000n), mtime: BigInt(NOW) - 1000n },
        { path: "/parent", owner: ttl(1000n) },
        { path: "/parent/x" },
      ]),
      7,
    );

  test("what servers will delete is named: a container that lost its last child, TTLs that have run out", async () => {
    const made = await carryOut(stateOf(tree()), NO_FILES, plan({ sessions: "drop", epoch: "leap" }));
    expect(made.changes).toContainEqual(expect.objectContaining({ change: "containers.emptied", paths: ["/c"] }));
    expect(made.changes).toContainEqual(expect.objectContaining({ change: "ttl.expired", paths: ["/late"] }));
    const said = "servers without zookeeper.extendedTypesEnabled=true delete 3 TTL znodes when they load the snapshot";
    expect(made.warnings?.map(plain)).toContainEqual(expect.stringContaining(said));
    const known = await carryOut(stateOf(tree()), NO_FILES, plan({ ttl: "keep" }));
    expect(known.warnings).toEqual([]);
    expect(znode(made.tree, "/c").kind).toBe("container");
  });

  test("they are made persistent if asked for", async () => {
    const made = await carryOut(
      stateOf(tree()),
      NO_FILES,
      plan({ sessions: "drop", epoch: "leap", makePersistent: true }),
    );
    const kinds = ["/c", "/empty", "/full", "/late", "/alive", "/parent"].map((path) => znode(made.tree, path).kind);
    expect(kinds).toEqual(["persistent", "container", "container", "persistent", "persistent", "persistent"]);
    expect(made.changes?.map(({ change }) => change)).toEqual([
      "ephemerals.dropped",
      "sessions.dropped",
      "ttl.persistent",
      "containers.persistent",
    ]);
  });

  test("TTL znodes are refused where the servers may not have them", async () => {
    await expect(carryOut(stateOf(tree()), NO_FILES, plan({ ttl: "refuse" }))).rejects.toMatchObject({
      exitCode: 2,
      message: "there are 3 TTL znodes: /alive, /late, /parent",
    });
    await carryOut(stateOf(tree()), NO_FILES, plan({ ttl: "refuse", makePersistent: true, epoch: "leap" }));
    await carryOut(stateOf(treeOf([{ path: "/p" }])), NO_FILES, plan({ ttl: "refuse" }));
  });
});

describe("the epoch", () => {
  const state = (): ReturnType<typeof stateOf> => stateOf(treeOf([{ path: "/p" }]));

  test("leaps above all that the source shows: its last transaction, its epoch files, its dynamic configurations", async () => {
    const source = await sourceAt("epochs", 0x300000007n);
    expect((await carryOut(state(), source, plan({ epoch: "leap" }))).zxid).toBe(19n << 32n);
    writeFileSync(join(folder, "epochs/version-2/currentEpoch"), "3");
    writeFileSync(join(folder, "epochs/version-2/acceptedEpoch"), "5");
    expect((await carryOut(state(), source, plan({ epoch: "leap" }))).epoch).toBe(21);
    writeFileSync(join(folder, "epochs/zoo.cfg.dynamic.800000001"), "");
    expect((await carryOut(state(), source, plan({ epoch: "leap" }))).epoch).toBe(24);
  });

  test("one that the source has seen is refused, and one just above it is warned of", async () => {
    const source = await sourceAt("number", 0x300000007n);
    await expect(carryOut(state(), source, plan({ epoch: 3 }))).rejects.toMatchObject({
      exitCode: 2,
      message: "epoch 3 is not above 3, the highest that the files show (the last transaction, 0x300000007)",
    });
    await expect(carryOut(state(), source, plan({ epoch: 0x7fffff01 }))).rejects.toThrow("no room for elections");
    expect((await carryOut(state(), source, plan({ epoch: 4 }))).warnings).toHaveLength(1);
    expect(await carryOut(state(), source, plan({ epoch: 40 }))).toMatchObject({ zxid: 40n << 32n, warnings: [] });
  });

  test("kept, the epoch files have the highest that was seen, and the clients that are refused are said", async () => {
    const source = await sourceAt("kept", 0x300000007n);
    const made = await carryOut(state(), source, plan({}));
    expect(made).toMatchObject({ zxid: 0x100000002n, epoch: 3 });
    expect(made.warnings).toHaveLength(1);
  });

  test.each<Partial<RestorePlan>>([
    { chosen: () => true },
    { sessions: "drop" },
    { sessions: "drop-ephemerals" },
    { makePersistent: true },
  ])("a changed tree never has its old zxid: %j", async (more) => {
    await expect(carryOut(state(), NO_FILES, plan(more))).rejects.toMatchObject({
      exitCode: 2,
      message: "a changed tree cannot have its old zxid",
    });
  });
});

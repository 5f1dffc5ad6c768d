import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodePrune, pruneName, readPruned } from "../../../src/repository/prune/record.js";
import { makeKeys, publicKeysOf, signerOf } from "../../../src/repository/sign/index.js";
import { FolderStore } from "../../../src/repository/store/folder.js";
import { syncRepositories } from "../../../src/repository/sync/sync.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { MemoryStore } from "../memory-store.js";
import { put } from "../store/contract.js";
import { fill, madeObjects } from "./made.js";

const folder = temporaryFolder();
const NONE = new Set<never>();
const OBJECTS = madeObjects("1", 20);
const NAMES = [...OBJECTS.keys()].sort();

async function filled(location: string, objects: ReadonlyMap<string, Uint8Array> = OBJECTS): Promise<MemoryStore> {
  const store = new MemoryStore(location);
  await fill(store, objects);
  return store;
}

function damage(store: MemoryStore, name: string, at = 0.5): void {
  const bytes = store.bytesOf(name) as Buffer;
  const place = Math.floor((bytes.length - 1) * at);
  bytes[place] = (bytes[place] as number) ^ 0x40;
}

function isWhole(store: MemoryStore, name: string): boolean {
  return store.bytesOf(name)?.equals(OBJECTS.get(name) as Buffer) === true;
}

const deep = (...stores: MemoryStore[]) => syncRepositories(stores, { pinned: NONE, deep: true });

test("one lost objects, the other has some damaged: both heal what either has, and what is lost in both is named", async () => {
  const place = fc.record({
    lost: fc.boolean(),
    flipped: fc.boolean(),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(place, { minLength: NAMES.length, maxLength: NAMES.length }), async (fates) => {
      const [a, b] = [await filled("a"), await filled("b")];
      // A third each. The last link is left: nothing says what it was, for nothing is signed here.
      for (const [index, { lost, flipped, at }] of fates.entries()) {
        const name = NAMES[index] as string;
        if (index === NAMES.length - 1 || name.startsWith("writers/")) continue;
        if (lost) a.objects.delete(name);
        if (flipped) damage(b, name, at);
      }
      const wholeInOne = NAMES.filter((name) => isWhole(a, name) || isWhole(b, name));
      const { lost } = await deep(a, b);
      for (const name of wholeInOne) expect([isWhole(a, name), isWhole(b, name)], name).toEqual([true, true]);
      expect(lost.map(({ name }) => name)).toEqual(NAMES.filter((name) => !wholeInOne.includes(name)));
      // Nothing damaged was copied.
      for (const { name } of lost) expect(a.objects.has(name)).toBe(false);
    }),
    { numRuns: 15 },
  );
});

test("links are healed by signature, or by what the next link says; where nothing tells, none is copied", async () => {
  const links = NAMES.filter((name) => name.startsWith("writers/"));
  const [second, last] = [links[1] as string, links.at(-1) as string];
  const [a, b] = [await filled("a"), await filled("b")];
  const time = (a.bytesOf(second) as Buffer).indexOf('"time":"') + 12;
  const turn = (store: MemoryStore, name: string): void => void ((store.bytesOf(name) as Buffer)[time] = 0x31);
  turn(a, second);
  turn(b, last);
  const report = await deep(a, b);
  expect(isWhole(a, second)).toBe(true);
  expect(report.undecided).toEqual([{ name: last, in: ["a", "b"] }]);
  expect([isWhole(a, last), isWhole(b, last)]).toEqual([true, false]);

  const path = join(folder(), "key");
  const key = makeKeys(path);
  const objects = madeObjects("1", 3, signerOf(path));
  const [c, d] = [await filled("c", objects), await filled("d", objects)];
  const newest = [...objects.keys()].sort().at(-1) as string;
  turn(d, newest);
  const signed = await syncRepositories([d, c], { pinned: publicKeysOf([key]), deep: true });
  expect(signed).toMatchObject({ undecided: [], lost: [] });
  expect(d.bytesOf(newest)?.equals(objects.get(newest) as Buffer)).toBe(true);
});

test("of three, one is whole: the others become so, from whichever they are named", async () => {
  const [a, b, c] = [await filled("a"), await filled("b"), await filled("c")];
  for (const [index, name] of NAMES.entries()) {
    if (index % 2 === 0 || name.startsWith("writers/")) a.objects.delete(name);
    if (index % 3 === 0 && !name.startsWith("writers/")) damage(b, name);
  }
  const report = await deep(a, b, c);
  expect(report).toMatchObject({ lost: [], undecided: [], failed: [] });
  for (const store of [a, b]) expect(NAMES.filter((name) => !isWhole(store, name))).toEqual([]);
  expect(a.bytesOf("heads/1.json")?.toString()).toContain(NAMES.at(-1));
});

test("ended at any request, and at any again, no repository has a link before its objects, and the next run goes on", async () => {
  const whole = await filled("whole");
  const empty = new MemoryStore("empty");
  await fill(empty, new Map());
  let left = 0;
  empty.before = (kind) => {
    if (kind === "put" && left-- === 0) throw new Error("killed");
  };
  let runs = 0;
  for (let isDone = false; !isDone; runs++) {
    left = runs % 4;
    isDone = await syncRepositories([whole, empty], { pinned: NONE, deep: false }).then(
      () => true,
      () => false,
    );
    const objects = NAMES.filter((name) => !name.startsWith("writers/"));
    if (NAMES.some((name) => name.startsWith("writers/") && empty.objects.has(name)))
      expect(objects.filter((name) => !empty.objects.has(name))).toEqual([]);
    for (const name of empty.objects.keys()) if (OBJECTS.has(name)) expect(isWhole(empty, name)).toBe(true);
    expect(runs).toBeLessThan(100);
  }
  expect(NAMES.filter((name) => !isWhole(empty, name))).toEqual([]);
  expect(runs).toBeGreaterThan(10);
});

test("a level pair costs listings and the newest links; what changed costs what changed", async () => {
  const [a, b] = [await filled("a"), await filled("b")];
  const count = async () => {
    for (const store of [a, b]) Object.assign(store.requests, { put: 0, get: 0, list: 0, delete: 0, head: 0 });
    await syncRepositories([a, b], { pinned: NONE, deep: false });
    const { put: puts, get: gets } = b.requests;
    return { puts, gets };
  };
  const level = await count();
  expect(level.puts).toBe(0);
  const some = NAMES.filter((name) => name.startsWith("log/")).slice(0, 3);
  for (const name of some) b.objects.delete(name);
  const changed = await count();
  // And the head, which says what it said.
  expect(changed.puts).toBe(4);
  expect(changed.gets).toBe(level.gets);
});

test("an object that was cut short is seen without reading the others", async () => {
  const [a, b] = [await filled("a"), await filled("b")];
  const name = NAMES.find((each) => each.startsWith("log/")) as string;
  const object = a.objects.get(name) as { bytes: Buffer };
  object.bytes = object.bytes.subarray(0, 10);
  const report = await syncRepositories([a, b], { pinned: NONE, deep: false });
  expect(isWhole(a, name)).toBe(true);
  expect(report.repositories).toMatchObject([{ healed: 1 }, { healed: 0 }]);
});

test("what was pruned does not come back, and is not lost; a record that is not signed hides nothing", async () => {
  const path = join(folder(), "key");
  const key = makeKeys(path);
  const objects = madeObjects("1", 5, signerOf(path));
  const [one, two] = [...objects.keys()].filter((name) => name.startsWith("log/")) as [string, string];
  const repositories = async () => {
    const [a, b] = [await filled("a", objects), await filled("b", objects)];
    for (const store of [a, b]) store.objects.delete(two);
    a.objects.delete(one);
    return [a, b] as const;
  };
  const document = { state: "record", id: "0".repeat(16), time: "", policy: "", objects: [one, two] } as const;
  const options = { pinned: publicKeysOf([key]), deep: false };

  const [a, b] = await repositories();
  await put(a, pruneName(document), encodePrune(document, signerOf(path)));
  expect((await syncRepositories([a, b], options)).lost).toEqual([]);
  expect(a.objects.has(one)).toBe(false);

  const [c, d] = await repositories();
  await put(c, pruneName(document), encodePrune(document, null));
  expect((await syncRepositories([c, d], options)).lost).toEqual([{ name: two, damagedIn: [] }]);
  expect(c.objects.has(one)).toBe(true);
});

test("a repository that is filled from a pruned one knows what was pruned; one that has some of it misses the rest", async () => {
  const [a, fresh, partly] = [await filled("a"), await filled("fresh", new Map()), await filled("partly")];
  const [one, two] = NAMES.filter((name) => name.startsWith("log/")) as [string, string];
  const document = { state: "record", id: "0".repeat(16), time: "", policy: "", objects: [one, two] } as const;
  for (const name of [one, two]) a.objects.delete(name);
  partly.objects.delete(one);
  await put(a, pruneName(document), encodePrune(document, null));
  const options = { pinned: NONE, deep: false };
  await syncRepositories([a, fresh], options);
  expect([...(await readPruned(fresh, NONE))].sort()).toEqual([one, two].sort());
  await syncRepositories([a, partly], options);
  expect([...(await readPruned(partly, NONE))]).toEqual([]);
  // What was pruned there does not come back to it either.
  await syncRepositories([fresh, partly], options);
  expect([fresh.objects.has(two), partly.objects.has(two)]).toEqual([false, true]);
});

test("another ensemble's repository is refused, and nothing is copied", async () => {
  const [a, b] = [await filled("a"), await filled("b", madeObjects("1", 20))];
  await expect(deep(a, b)).rejects.toThrow(/different ensembles/);
  expect(a.requests.put).toBe(NAMES.length + 1);
});

test("one that cannot be reached, or fails on the way, holds the others back in nothing", async () => {
  const [a, b, c] = [await filled("a"), new MemoryStore("b"), await filled("c")];
  await fill(b, new Map());
  const d = new MemoryStore("d");
  const report = await syncRepositories([a, d, b, c], { pinned: NONE, deep: false });
  expect(report.failed).toMatchObject([{ location: "d" }]);
  expect(NAMES.filter((name) => !isWhole(b, name))).toEqual([]);
  await expect(syncRepositories([a, d], { pinned: NONE, deep: false })).rejects.toMatchObject({ exitCode: 3 });
});

test("folders: strange names and links that lead elsewhere are not copied", async () => {
  const [a, b] = [new FolderStore(join(folder(), "a")), new FolderStore(join(folder(), "b"))];
  await fill(a, OBJECTS);
  await fill(b, new Map());
  await put(a, "log/notes.txt", Buffer.from("x"));
  await put(a, "evil", Buffer.from("x"));
  const report = await syncRepositories([a, b], { pinned: NONE, deep: false });
  expect(report.repositories).toMatchObject([{ copied: 0 }, { copied: NAMES.length, healed: 0 }]);
  expect(await b.head("log/notes.txt")).toBeUndefined();
});

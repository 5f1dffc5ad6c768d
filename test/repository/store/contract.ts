import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { crc32c } from "../../../src/checksum/index.js";
import type { ObjectStore } from "../../../src/repository/store/store.js";

/** What every store keeps, whatever is behind it. `make` gives an empty one that goes with the test. */
export function contractOf(kind: string, make: () => Promise<ObjectStore>): void {
  test(`${kind}: an object is stored once, read whole, in part and in a stream, and is gone when deleted`, async () => {
    const store = await make();
    const bytes = randomBytes(300_000);
    expect(await put(store, "log/00000001/a.gz", bytes)).toBe("stored");
    expect(await put(store, "log/00000001/a.gz", Buffer.from("other"))).toBe("exists");
    expect(await put(store, "log/00000001/b.gz", Buffer.from("b"))).toBe("stored");
    expect(await put(store, "log/00000001/b.gz", Buffer.from("c"))).toBe("exists");
    expectSame(await read(store, "log/00000001/a.gz"), bytes);
    expectSame(await read(store, "log/00000001/a.gz", 1000, 70_000), bytes.subarray(1000, 71_000));
    expectSame(await read(store, "log/00000001/a.gz", 299_990, 1000), bytes.subarray(299_990));
    expectSame(await read(store, "log/00000001/a.gz", 300_000, 10), Buffer.alloc(0));
    const parts: Uint8Array[] = [];
    for await (const part of store.open("log/00000001/a.gz", { offset: 5, length: 250_000 })) parts.push(part);
    expectSame(Buffer.concat(parts), bytes.subarray(5, 250_005));
    await store.delete("log/00000001/a.gz");
    await store.delete("log/00000001/a.gz");
    expect(await store.get("log/00000001/a.gz")).toBeUndefined();
    expect(await store.head("log/00000001/a.gz")).toBeUndefined();
    await expect(all(store.open("log/00000001/a.gz"))).rejects.toThrow("no such object");
  });

  test(`${kind}: an empty object is one`, async () => {
    const store = await make();
    expect(await put(store, "empty", Buffer.alloc(0))).toBe("stored");
    expect(await read(store, "empty")).toEqual(Buffer.alloc(0));
    expect(await store.head("empty")).toMatchObject({ name: "empty", size: 0 });
  });

  test(`${kind}: head says the size, the store's time, and the checksum where one is kept`, async () => {
    const store = await make();
    const bytes = randomBytes(1234);
    await put(store, "a/b", bytes);
    const info = await store.head("a/b");
    expect(info).toMatchObject({ name: "a/b", size: 1234 });
    expect([undefined, crc32c(bytes)]).toContain(info?.crc32c);
    expect(info?.modified).toBeGreaterThan(1_500_000_000_000);
  });

  test(`${kind}: bytes that changed on their way are not stored`, async () => {
    const store = await make();
    await expect(store.put("a", Buffer.from("x"), { crc32c: 1 })).rejects.toThrow("CRC-32C");
    expect(await store.head("a")).toBeUndefined();
  });

  test(`${kind}: an advisory object is replaced`, async () => {
    const store = await make();
    await put(store, "heads/1.json", Buffer.from("old"), true);
    await put(store, "heads/1.json", Buffer.from("newer"), true);
    expect((await read(store, "heads/1.json"))?.toString()).toBe("newer");
  });

  test(`${kind}: a listing has the names below a prefix, in the order of their bytes, over several pages`, async () => {
    const store = await make();
    const names = ["a-b/1", "a.b", "a/2", "a/1", "a0", "b/c/d", "B/x", "b/c-d"];
    for (const name of names) await put(store, name, Buffer.from(name));
    expect(await namesIn(store, "")).toEqual([...names].sort());
    expect(await namesIn(store, "a/")).toEqual(["a/1", "a/2"]);
    expect(await namesIn(store, "a")).toEqual(["a-b/1", "a.b", "a/1", "a/2", "a0"]);
    expect(await namesIn(store, "b/c/")).toEqual(["b/c/d"]);
    expect(await namesIn(store, "nothing/")).toEqual([]);
  });

  test(`${kind}: two who store one name at once: one stored it`, async () => {
    const store = await make();
    // So that a store's abilities are known.
    await put(store, "first", Buffer.from("x"));
    const bytes = randomBytes(1000);
    const answers = await Promise.all([1, 2, 3, 4].map(() => put(store, "log/same", bytes)));
    expect(answers).toContain("stored");
    expect(await read(store, "log/same")).toEqual(bytes);
  });

  test(`${kind}: who gives up gets their own reason`, async () => {
    const store = await make();
    const reason = new Error("interrupted");
    await expect(all(store.list("", AbortSignal.abort(reason)))).rejects.toBe(reason);
    const options = { crc32c: crc32c(Buffer.from("x")), signal: AbortSignal.abort(reason) };
    await expect(store.put("a", Buffer.from("x"), options)).rejects.toBe(reason);
  });
}

export function put(
  store: ObjectStore,
  name: string,
  bytes: Uint8Array,
  replace = false,
): Promise<"stored" | "exists"> {
  return store.put(name, bytes, { crc32c: crc32c(bytes), replace });
}

async function read(store: ObjectStore, name: string, offset?: number, length = 0): Promise<Buffer | undefined> {
  const bytes = await store.get(name, offset === undefined ? undefined : { offset, length });
  return bytes && Buffer.from(bytes);
}

/** Comparing buffers as objects takes seconds. */
function expectSame(got: Buffer | undefined, wanted: Buffer): void {
  expect(got?.length).toBe(wanted.length);
  expect(got?.equals(wanted)).toBe(true);
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export async function namesIn(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await all(store.list(prefix))).map(({ name }) => name);
}

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { crc32c } from "../../src/checksum/index.js";
import { FolderStore } from "../../src/repository/store/folder.js";
import { isObjectName } from "../../src/repository/store/store.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder();
const BYTES = Buffer.from("some bytes");
const OPTIONS = { crc32c: crc32c(BYTES) };

async function namesIn(store: FolderStore, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
}

test("an object is stored once, whole, for the owner alone", async () => {
  const root = join(folder(), "repo");
  const store = new FolderStore(root);
  expect(await store.put("log/1/a.gz", BYTES, OPTIONS)).toBe("stored");
  expect(await store.put("log/1/a.gz", Buffer.from("other"), { crc32c: crc32c(Buffer.from("other")) })).toBe("exists");
  expect(Buffer.from((await store.get("log/1/a.gz")) ?? [])).toEqual(BYTES);
  expect(Buffer.from((await store.get("log/1/a.gz", { offset: 5, length: 100 })) ?? []).toString()).toBe("bytes");
  expect(await store.head("log/1/a.gz")).toMatchObject({ name: "log/1/a.gz", size: BYTES.length });
  expect(statSync(join(root, "log/1/a.gz")).mode & 0o777).toBe(0o600);
  expect(statSync(join(root, "log/1")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(root, "log/1"))).toEqual(["a.gz"]);
});

test("bytes that changed on their way are not stored", async () => {
  const store = new FolderStore(join(folder(), "repo"));
  await expect(store.put("a", BYTES, { crc32c: 1 })).rejects.toThrow("CRC-32C");
  expect(await store.head("a")).toBeUndefined();
});

test("an advisory object is replaced, and a deleted one is gone", async () => {
  const store = new FolderStore(folder());
  await store.put("heads/1.json", BYTES, OPTIONS);
  const other = Buffer.from("newer");
  await store.put("heads/1.json", other, { crc32c: crc32c(other), replace: true });
  expect(Buffer.from((await store.get("heads/1.json")) ?? [])).toEqual(other);
  await store.delete("heads/1.json");
  await store.delete("heads/1.json");
  expect(await store.get("heads/1.json")).toBeUndefined();
});

test("a listing is in the order of the names' bytes, as a flat one would be", async () => {
  const store = new FolderStore(folder());
  const names = ["a-b/1", "a.b", "a/2", "a/1", "a0", "b/c/d"];
  for (const name of names) await store.put(name, BYTES, OPTIONS);
  expect(await namesIn(store, "")).toEqual([...names].sort());
  expect(await namesIn(store, "a/")).toEqual(["a/1", "a/2"]);
  expect(await namesIn(store, "a")).toEqual(["a-b/1", "a.b", "a/1", "a/2", "a0"]);
  expect(await namesIn(store, "b/c/")).toEqual(["b/c/d"]);
  expect(await namesIn(store, "nothing/")).toEqual([]);
});

test("links, leftovers and odd names are no objects", async () => {
  const root = folder();
  const store = new FolderStore(root);
  writeFileSync(join(root, ".zkrewind-1.tmp"), "");
  writeFileSync(join(root, "with blank"), "");
  writeFileSync(join(root, "secret"), "x");
  mkdirSync(join(root, "log"));
  symlinkSync("/etc/passwd", join(root, "log", "link"));
  expect(await namesIn(store, "")).toEqual(["secret"]);
  expect(await store.get("log/link")).toBeUndefined();
  expect(await store.head("log/link")).toBeUndefined();
  expect(await store.get("log")).toBeUndefined();
});

test("no folder is a way out: nothing is read, listed, written or deleted through a symbolic link", async () => {
  const [root, elsewhere] = [join(folder(), "root"), join(folder(), "elsewhere")];
  for (const each of [root, elsewhere]) mkdirSync(each);
  writeFileSync(join(elsewhere, "a.json"), "theirs");
  symlinkSync(elsewhere, join(root, "heads"));
  const store = new FolderStore(root);
  expect(await namesIn(store, "")).toEqual([]);
  for (const work of [
    () => namesIn(store, "heads/"),
    () => store.get("heads/a.json"),
    () => store.head("heads/a.json"),
    () => store.put("heads/b.json", BYTES, OPTIONS),
    () => store.put("heads/a.json", BYTES, { ...OPTIONS, replace: true }),
    () => store.delete("heads/a.json"),
  ])
    await expect(work()).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining("symbolic link") });
  expect(readdirSync(elsewhere)).toEqual(["a.json"]);
  // The folder itself may be one: whoever names it follows it.
  symlinkSync(root, join(folder(), "named"));
  expect(await new FolderStore(join(folder(), "named")).put("log/a", BYTES, OPTIONS)).toBe("stored");
});

test("a pipe is no object, and nobody waits for who writes into it", async () => {
  const root = folder();
  execFileSync("mkfifo", [join(root, "pipe")]);
  const store = new FolderStore(root);
  expect(await namesIn(store, "")).toEqual([]);
  expect(await store.get("pipe")).toBeUndefined();
  expect(await store.head("pipe")).toBeUndefined();
});

test.each(["", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "a b", "a\\b", "a\n", "a\0", "a/..", "C:\\a", "ä"])(
  "%j is no name",
  async (name) => {
    expect(isObjectName(name)).toBe(false);
    await expect(new FolderStore("x").get(name)).rejects.toThrow("is not an object's name");
  },
);

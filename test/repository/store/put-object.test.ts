import { expect, test } from "vitest";
import { linkName } from "../../../src/repository/names.js";
import { buildSegment } from "../../../src/repository/segment/build.js";
import { putObject } from "../../../src/repository/store/put-object.js";
import { MemoryStore } from "../memory-store.js";

test("an object whose bytes are there is left, and a damaged one replaced: its name states its hash", async () => {
  const store = new MemoryStore("store");
  const { name, bytes } = await buildSegment(1n, 2n, "0".repeat(32), [Buffer.from("records")], null, () => false);
  await putObject(store, name, bytes);
  await putObject(store, name, bytes);
  expect(store.requests.put).toBe(2);
  const stored = store.bytesOf(name) as Buffer;
  stored.writeUInt8(stored.readUInt8(0) ^ 1, 0);
  await putObject(store, name, bytes);
  expect(store.bytesOf(name)).toEqual(bytes);
});

test("another link under a link's name is refused, and stays", async () => {
  const store = new MemoryStore("store");
  const name = linkName({ server: "1", depth: 3, writer: "0123456789abcdef", whole: false });
  await putObject(store, name, Buffer.from("one"));
  await expect(putObject(store, name, Buffer.from("another"))).rejects.toMatchObject({ exitCode: 1 });
  expect(store.bytesOf(name)?.toString()).toBe("one");
});

test("a segment whose name is taken gets another, and the same transactions", async () => {
  const build = (isTaken: (name: string) => boolean) =>
    buildSegment(1n, 2n, "0".repeat(32), [Buffer.from("records")], null, isTaken);
  const first = await build(() => false);
  const other = await build((name) => name === first.name);
  expect([other.name === first.name, other.bytes.length]).toEqual([false, first.bytes.length]);
});

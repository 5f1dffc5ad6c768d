import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { scanLog } from "../../src/recovery/index.js";
import { LARGE_VALUE } from "../../src/storage/large-value.js";
import { LogReader } from "../../src/storage/log-reader.js";
import { openBytes } from "../../src/io/open-bytes.js";
import { valueAt } from "../../src/txn/index.js";
import { logBytes, memoryFile } from "../fixtures/memory.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";

const folder = mkdtempSync(join(tmpdir(), "zkrewind-record-"));
afterAll(() => rmSync(folder, { recursive: true }));

const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
const large = Buffer.alloc(7 * LARGE_VALUE + 5, "large ");
const small = Buffer.from("small");
const txns: NewTxn[] = [
  { type: 1, path: "/a", data: small, acl, ephemeral: false, parentCVersion: 1 },
  { type: 15, path: "/b", data: large, acl, ephemeral: false, parentCVersion: 2 },
  { type: 5, path: "/a", data: small, version: 1 },
  { type: 5, path: "/b", data: large, version: 1 },
  { type: 14, members: [{ type: 5, path: "/b", data: large, version: 2 }] },
  { type: 21, path: "/c", data: large, acl, parentCVersion: 3, ttl: 9n },
  { type: 2, path: "/c" },
];
const bytes = logBytes(
  txns.map((txn, index) =>
    encodeTxn({ session: 1n, cxid: index, zxid: BigInt(index + 1), time: 5n }, txn, { version: 2, value: 7n }),
  ),
);
const offsets: number[] = [];
for (let at = 16; at < bytes.length; at += bytes.readInt32BE(at + 8) + 13) offsets.push(at);

/** A file's scan, and one of the same bytes in a source that holds every record. */
async function bothScans(content: Buffer): Promise<unknown[]> {
  const path = join(folder, "log.1");
  writeFileSync(path, content);
  const held = memoryFile("log.1", content);
  const passing = { ...held, open: () => openBytes(path) };
  return Promise.all(
    [held, passing].map(async (file) => {
      const scan = await scanLog(file);
      return JSON.parse(
        JSON.stringify(scan, (_, value) => (typeof value === "bigint" ? String(value) : value)),
        (key, value) => (key === "file" ? "log.1" : value),
      ) as unknown;
    }),
  );
}

describe("records whose data is passed over", () => {
  it("are found as those that are held", async () => {
    const [held, passing] = await bothScans(bytes);
    expect(held).toMatchObject({ transactions: txns.length, digests: txns.length, findings: [], end: "clean" });
    expect(passing).toEqual(held);
  });

  it("take no memory, but for those in a multi", async () => {
    const path = join(folder, "log.2");
    writeFileSync(path, bytes);
    const reader = new LogReader(openBytes(path));
    reader.passLarge(valueAt);
    const seen: unknown[] = [];
    expect(await reader.readHead()).toBe(true);
    const room = reader.window.block.bytes.length;
    while (await reader.fill()) {
      while (reader.next()) {
        if (reader.count < 5) expect(reader.window.block.bytes.length).toBe(room);
        seen.push([reader.recordOffset, reader.payloadLength, reader.passed, reader.checksumOk]);
      }
    }
    const passed = [0, large.length, 0, large.length, 0, large.length, 0];
    expect(seen).toEqual(offsets.map((at, index) => [at, bytes.readInt32BE(at + 8), passed[index], true]));
    reader.close();
  });

  it.each(
    [1, 3, 5].flatMap((index) => {
      const at = offsets[index] as number;
      const end = (offsets[index + 1] ?? bytes.length) - 1;
      return [at, at + 5, at + 8, at + 11, at + 40, at + 44, at + 48, at + 53, at + LARGE_VALUE, end - 20, end].map(
        (place) => [place],
      );
    }),
  )("are judged the same with a wrong byte at %i, or cut there", async (place) => {
    const damaged = Buffer.from(bytes);
    damaged[place] = (damaged[place] as number) ^ 0x10;
    const [held, passing] = await bothScans(damaged);
    expect(passing).toEqual(held);
    const [heldCut, passingCut] = await bothScans(bytes.subarray(0, place));
    expect(passingCut).toEqual(heldCut);
  });
});

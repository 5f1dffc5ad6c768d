import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../src/findings/finding.js";
import { readCatalogue } from "../../src/repository/link/catalogue.js";
import { checkRepository } from "../../src/repository/check/check.js";
import { Scratch } from "../../src/io/scratch.js";
import type { Snapshot } from "../../src/repository/link/link.js";
import { hashOf } from "../../src/repository/names.js";
import { EVERYTHING, gather } from "../../src/repository/read/gather.js";
import { historyOf } from "../../src/repository/read/history.js";
import { Objects } from "../../src/repository/read/objects.js";
import { RunCutter } from "../../src/repository/ship/cutter.js";
import { LocalLogs } from "../../src/repository/ship/local-logs.js";
import { Chain } from "../../src/repository/ship/chain.js";
import { partsOf } from "../../src/repository/segment/pieces.js";
import { MOST_OBJECT } from "../../src/repository/store/store.js";
import { temporaryFolder } from "../temporary-folder.js";
import { FakeServer, txnsAfter } from "./fake-server.js";
import { MemoryStore } from "./memory-store.js";
import { expected, historyIn, newRepository, ship, txnsOf } from "./shipping.js";

const folder = temporaryFolder();
const FIRST = 1n << 32n;

test("a record above 32 MiB that does not compress is shipped, verified, and read back", async () => {
  const server = new FakeServer(join(folder(), "server"), null);
  const piece = randomBytes(1 << 20);
  const large = Buffer.concat(Array.from({ length: 33 }, () => piece));
  server.append(...txnsAfter(FIRST, 3, "before"));
  server.append({ zxid: server.last + 1n, value: "long", data: large });
  server.append(...txnsAfter(server.last, 3, "after"));
  const store = await newRepository(join(folder(), "repository"));
  await ship(server, [store]);
  const history = await historyIn(store);
  expect(Math.max(...history.main.map(({ segment }) => segment.size))).toBeGreaterThan(32 << 20);
  const read = (await txnsOf(history, [store])).map((each) => each.slice(0, 40));
  expect(read.filter((_, index) => index !== 3)).toEqual(expected(server).filter((_, index) => index !== 3));
  const { heads } = await readCatalogue(store);
  expect((await checkRepository(store, heads, new Set())).findings).toEqual([]);
});

test("a record that no reader would take is named, and left out: a hole, and what follows is shipped", async () => {
  const server = new FakeServer(join(folder(), "server"), null);
  server.append(...txnsAfter(FIRST, 3, "before"));
  server.append({ zxid: server.last + 1n, value: "x".repeat(5000) });
  server.append(...txnsAfter(server.last, 3, "after"));
  const runs: string[] = [];
  const findings: Finding[] = [];
  const cutter = new RunCutter(
    ({ run, end }) => Promise.resolve(void runs.push(`${run.first - FIRST}-${run.last - FIRST} ${end}`)),
    (finding) => findings.push(finding),
    undefined,
    4096,
  );
  const logs = new LocalLogs([server.version]);
  onTestFinished(() => logs.close());
  await logs.readAll(cutter);
  expect(runs).toEqual(["1-3 hole"]);
  expect(cutter.current?.run).toMatchObject({ first: FIRST + 5n, count: 3, after: null });
  expect(findings).toMatchObject([{ code: "backup.record-too-long", severity: "error", zxid: FIRST + 4n }]);
});

test("no link is longer than readers take: one that would be goes on without telling the whole line", () => {
  const chain = new Chain("1", [], null, 2000);
  const segments = [];
  for (let index = 0; index < 8; index++) {
    const hash = index.toString(16).padStart(32, "0");
    const first = FIRST + BigInt(index * 10 + 1);
    const name = `log/00000001/${first.toString(16).padStart(16, "0")}-${(first + 9n).toString(16).padStart(16, "0")}.${hash}.${hash}.gz`;
    const segment = { name, first, last: first + 9n, content: hash, stored: hash, encrypted: false };
    segments.push({ ...segment, size: 1, crc32c: 0, after: null, from: 0n, to: 0n });
  }
  const links = segments.map((segment) => {
    chain.makeWhole();
    return chain.next({ cut: null, segments: [segment], snapshots: [], files: [] }, null, null);
  });
  expect(links.map(({ whole }) => whole)).toEqual([true, true, true, true, true, true, false, false]);
  for (const { shipment } of links) expect(shipment.bytes.length).toBeLessThan(2000);
  expect(chain.line.segments).toHaveLength(8);
});

test("a snapshot's stream is cut into parts, and read as one again; a part that is missing is told", async () => {
  const plain = randomBytes(300_000);
  async function* file(): AsyncGenerator<Buffer> {
    yield plain;
  }
  const store = new MemoryStore("memory");
  const snapshot: Snapshot = { kind: "snapshot", zxid: 1n, content: hashOf(plain), bytes: plain.length, parts: [] };
  for await (const { bytes, ...part } of partsOf(file(), snapshot, null, { most: 100_000 })) {
    snapshot.parts.push(part);
    await store.put(part.name, bytes, { crc32c: part.crc32c });
  }
  expect(snapshot.parts.map(({ size }) => size)).toEqual([100_000, 100_000, 100_000, expect.any(Number)]);
  expect(snapshot.parts.map(({ name }) => name.endsWith(".end.gz"))).toEqual([false, false, false, true]);
  const scratch = new Scratch(folder());
  onTestFinished(() => scratch.remove());
  const history = { ...historyOf([]), snapshots: [snapshot] };
  const read = () => gather(history, new Objects([store], null), scratch, EVERYTHING);
  const { files } = await read();
  expect(readFileSync(files[0]?.place.path ?? "").equals(plain)).toBe(true);
  await store.delete(snapshot.parts[2]?.name ?? "");
  expect(await read()).toMatchObject({ files: [], lost: [{ name: snapshot.parts[2]?.name }] });
});

test("what is larger than any object is not taken into memory", async () => {
  const store = new MemoryStore("memory");
  const objects = new Objects([store], null);
  const object = { name: `config/a.${"0".repeat(32)}.${"0".repeat(32)}.gz`, size: MOST_OBJECT + 1, crc32c: 0 };
  await expect(objects.stored(object)).rejects.toThrow("larger than any object");
  expect(store.requests.get).toBe(0);
});

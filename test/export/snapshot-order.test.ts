import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DATA_MODES,
  type DataMode,
  exportSnapshot,
  exportTree,
  json,
  MemorySink,
  ndjson,
  scanForExport,
} from "../../src/export/index.js";
import { discover, rebuild, type StoredFile } from "../../src/recovery/index.js";
import { LARGE_VALUE } from "../../src/storage/large-value.js";
import { ChildIndex, type DataTree, loadSnapshot, ROOT } from "../../src/tree/index.js";
import { sampled, sources } from "../fixtures/index.js";
import { memoryFile, snapshotBytes, Trickle } from "../fixtures/memory.js";

type Line = { type: string; path?: string; stat?: Record<string, unknown> };

async function exported(file: StoredFile, format = ndjson, data: DataMode = "auto"): Promise<string> {
  const sink = new MemorySink();
  await exportSnapshot(file, await scanForExport(file, data), sink, { format, source: [file.name] });
  return sink.toString();
}

/** Znodes of a tree as NDJSON has them. */
async function znodeLines(tree: DataTree, slots: Iterable<number>, mode: DataMode): Promise<string> {
  const sink = new MemorySink();
  const writer = ndjson.tree(sink, (id) => tree.acls.entries(id), mode);
  for (const slot of slots) {
    const place = { numChildren: tree.znodes.numChildren(slot), orphan: false };
    await writer.znode(tree.znodes.memoryOf(slot), tree.znodes.recordOf(slot), place);
    await writer.drain();
  }
  return sink.toString();
}

const parsed = (text: string): Line[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

describe.each(sampled)("snapshots of $title in their own order", ({ path }) => {
  it("hold what the tree holds, but for numChildren", async () => {
    for (const file of discover([path]).snapshots) {
      const state = await rebuild(discover([file.path]));
      const sink = new MemorySink();
      await exportTree(state, sink, { format: ndjson, source: [] });
      const byPath = (all: Line[]): Line[] =>
        all.filter(({ type }) => type === "node").sort((a, b) => ((a.path ?? "") < (b.path ?? "") ? -1 : 1));
      const wanted = byPath(parsed(sink.toString()));
      for (const { path, stat } of wanted) {
        delete stat?.["numChildren"];
        // The server computes these when it loads a snapshot: a tree has the new values, the file the old.
        if (path?.endsWith("/zookeeper_stats")) delete stat?.["dataLength"];
      }
      const found = byPath(parsed(await exported(file)));
      for (const { path, stat } of found) if (path?.endsWith("/zookeeper_stats")) delete stat?.["dataLength"];
      const withoutQuota = (all: Line[]): unknown[] =>
        all.map((each) => (each.path?.endsWith("/zookeeper_stats") ? { ...each, data: "" } : each));
      expect(withoutQuota(found)).toEqual(withoutQuota(wanted));
    }
  });
});

describe("a damaged snapshot", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "zkrewind-order-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is written as far as it can be read, and not as exact", async () => {
    const [source] = sources;
    const whole = discover([source?.path as string]).snapshots.at(-1) as StoredFile;
    const path = join(folder, whole.name);
    writeFileSync(path, readFileSync(whole.path).subarray(0, 20_000));
    const [file] = discover([path]).snapshots as [StoredFile];
    const all = parsed(await exported(file));
    expect(all[0]).toMatchObject({ at: { exact: false, doubt: "the snapshot is damaged" } });
    expect(all.length).toBeGreaterThan(50);
    expect(all.at(-1)).toMatchObject({ type: "node" });
    expect(JSON.parse(await exported(file, json))).toHaveProperty("nodes");
  });
});

describe("large values", () => {
  const size = 2 * LARGE_VALUE + 5;
  const sizes = [3, size, size, 7, size, size, size];
  const fill = (data: Buffer, index: number): void => {
    const unit = Buffer.from(index === 2 ? "zażółć gęślą 日本語 🦓\n" : "plain text, ");
    for (let at = 0; at < data.length; at += unit.length) unit.copy(data, at);
    // Text that ends within a character, text with a control character, and nothing but noise.
    if (index === 3 || index === 2) data.set(Buffer.from(index === 3 ? "x€" : "€.."), data.length - 5);
    if (index === 3) data[data.length - 1] = 0xe2;
    if (index === 5) data[data.length - 2] = 0x01;
    if (index === 6) for (let at = 0; at < data.length; at++) data[at] = (at * at) >> 3;
  };

  it.each(DATA_MODES)("are written as a tree's are, as %s", async (mode) => {
    const bytes = await snapshotBytes(sizes, fill);
    const file = memoryFile("snapshot.100", bytes);
    for (const pieces of [[1 << 20], [99_991, 300_007]]) {
      const open = (): Trickle => new Trickle(bytes, pieces, false);
      const lines = (await exported({ ...file, open }, ndjson, mode)).trimEnd().split("\n").slice(1);
      const { tree } = await loadSnapshot(file.open());
      const wanted = (await znodeLines(tree, new ChildIndex(tree.znodes).walk(), mode))
        .replaceAll(/,"numChildren":\d+/g, "")
        .trimEnd()
        .split("\n");
      expect(lines.length).toBe(wanted.length + 1);
      for (const [index, line] of wanted.entries()) expect(lines[index] === line, `line ${index}`).toBe(true);
    }
  });

  it("are the root's too", async () => {
    const file = memoryFile("snapshot.100", await snapshotBytes([1], (data) => data.fill(0x41), size));
    const { tree } = await loadSnapshot(file.open());
    for (const text of [await znodeLines(tree, [ROOT], "auto"), await exported(file)]) {
      const root = parsed(text).find(({ type }) => type === "node");
      expect(root).toMatchObject({ path: "/", encoding: "utf8", stat: { dataLength: size } });
    }
  });

  it("of which the last is cut is left out", async () => {
    const bytes = await snapshotBytes([3, size, size]);
    const cut = bytes.subarray(0, bytes.length - 200);
    for (const sizeKnown of [true, false]) {
      const file = { ...memoryFile("snapshot.100", cut), open: () => new Trickle(cut, [1 << 20], sizeKnown) };
      const all = parsed(await exported(file));
      expect(all.map(({ path }) => path)).toEqual([undefined, "/", "/n1", "/n2"]);
      expect(JSON.parse(await exported(file, json))).toMatchObject({ nodes: { length: 3 } });
    }
  });

  it("that change between the scan and the export end it with an error", async () => {
    const bytes = await snapshotBytes([size], (data) => data.fill(0x41));
    const file = memoryFile("snapshot.100", bytes);
    const scanned = await scanForExport(file);
    bytes[bytes.length - 200] = 0xff;
    await expect(exportSnapshot(file, scanned, new MemorySink(), { format: ndjson, source: [] })).rejects.toThrow(
      "changed while it was read",
    );
  });
});

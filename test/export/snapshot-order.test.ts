import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportSnapshot, exportTree, json, MemorySink, ndjson } from "../../src/export/index.js";
import { discover, rebuild, scanSnapshot, type StoredFile } from "../../src/recovery/index.js";
import { sources } from "../fixtures/index.js";

type Line = { type: string; path?: string; stat?: Record<string, unknown> };

async function exported(file: StoredFile, format = ndjson): Promise<string> {
  const sink = new MemorySink();
  await exportSnapshot(file, sink, { format, source: [file.name], scan: await scanSnapshot(file) });
  return sink.toString();
}

const parsed = (text: string): Line[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

describe.each(sources)("snapshots of $title in their own order", ({ path }) => {
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

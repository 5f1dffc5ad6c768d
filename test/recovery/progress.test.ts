import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exportTree, MemorySink, ndjson } from "../../src/export/index.js";
import { coverageOf, discover, rebuild, restore, scanLog, scanSnapshot, verify } from "../../src/recovery/index.js";
import { mayBeTorn } from "../../src/recovery/exact/base.js";
import { bytesOfReplay } from "../../src/recovery/replay/bytes-of-replay.js";
import { replaySegment } from "../../src/recovery/replay/segment.js";
import { sampled } from "../fixtures/index.js";
import { snapshotBytes } from "../fixtures/memory.js";

interface Progress {
  done: number;
  total: number;
}

/** Collects what is told, and holds it to what a bar needs. */
class Told {
  readonly all: Progress[] = [];

  readonly take = ({ done, total }: Progress): void => {
    expect(done).toBeGreaterThanOrEqual(this.all.at(-1)?.done ?? 0);
    expect(done).toBeLessThanOrEqual(total);
    this.all.push({ done, total });
  };

  expectEnd(): void {
    const last = this.all.at(-1) as Progress;
    expect(last.done).toBe(last.total);
  }
}

const folder = mkdtempSync(join(tmpdir(), "zkrewind-progress-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(sampled)("progress of a verification of $title", ({ path, logDir }) => {
  const directory = discover([path], logDir === undefined ? {} : { logDir });
  const sizes = [...directory.snapshots, ...directory.logs].reduce((sum, { size }) => sum + size, 0);

  it("counts the bytes of every file once without a replay", async () => {
    const told = new Told();
    await verify(directory, { replay: false, onProgress: told.take });
    told.expectEnd();
    expect(new Set(told.all.map(({ total }) => total))).toEqual(new Set([sizes]));
  });

  it("counts what replays read, which is known once the files have been read", async () => {
    const told = new Told();
    await verify(directory, { onProgress: told.take });
    told.expectEnd();
    // What is found on the way can make more replays necessary.
    const totals = told.all.map(({ total }) => total).filter((total) => total !== told.all[0]?.total);
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
  });

  it("expects of a replay about what it reads", async () => {
    const { logs, snapshots } = directory;
    const scans = await Promise.all(logs.map((log) => scanLog(log)));
    const coverage = coverageOf(snapshots, await Promise.all(snapshots.map((each) => scanSnapshot(each))), scans);
    for (const { base, scan } of coverage.snapshots) {
      if (!base) continue;
      const { snapshot, from, window, proven } = base;
      const bytes = bytesOfReplay(base, mayBeTorn(scan), null, logs, scans);
      const segment = { snapshot, logs, from, exactFrom: window.end, to: null, proven, bytes };
      let read = 0;
      await replaySegment(segment, (bytes) => {
        expect(bytes).toBeGreaterThanOrEqual(read);
        read = bytes;
      });
      // Of a log that is read in part, the size of a transaction is not known from its number.
      expect(Math.abs(read - segment.bytes)).toBeLessThan(0.1 * segment.bytes + 80_000);
    }
  });
});

describe("progress of long work", () => {
  it.each(["none", "gzip", "snappy"] as const)("of a restore goes on to the very end, %s", async (compression) => {
    const file = join(folder, "snapshot.100");
    writeFileSync(file, await snapshotBytes(Array.from({ length: 3000 }, () => 2000)));
    const state = await rebuild(discover([file]));
    const told = new Told();
    const to = join(folder, compression);
    await restore(state, to, { layout: state.layout, compression, onProgress: told.take });
    told.expectEnd();
    const parts = told.all.map(({ done, total }) => done / total);
    for (const [from, until] of [
      [0.4, 0.6],
      [0.7, 0.9],
    ] as const)
      expect(parts.some((part) => part > from && part < until)).toBe(true);
  });

  it("of an export goes on to the very end", async () => {
    const file = join(folder, "snapshot.101");
    writeFileSync(file, await snapshotBytes(Array.from({ length: 3000 }, () => 2000)));
    const state = await rebuild(discover([file]));
    const told = new Told();
    await exportTree(state, new MemorySink(), { format: ndjson, source: [], onProgress: told.take });
    told.expectEnd();
    expect(told.all.length).toBeGreaterThan(3);
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { discover, scanSnapshot } from "../../src/recovery/index.js";
import { layoutName, type SnapshotLayout } from "../../src/storage/snapshot-trailers.js";
import { openBytes } from "../../src/io/open-bytes.js";
import { loadSnapshot } from "../../src/tree/index.js";
import { memoryFile } from "../fixtures/memory.js";
import { sampled } from "../fixtures/index.js";

/** The smallest uncompressed snapshot of a source, whole if it is small, and its name. */
function smallSnapshot(path: string, logDir: string | undefined): { name: string; bytes: Buffer } | null {
  const { snapshots } = discover([path], logDir === undefined ? {} : { logDir });
  const plain = snapshots.filter((file) => openBytes(file.path).compression === "none");
  const [smallest] = plain.sort((a, b) => a.size - b.size);
  return smallest ? { name: smallest.name, bytes: readFileSync(smallest.path) } : null;
}

/** Up to here every byte is tried; of a larger file as many as that, spread over it, and its whole end. */
const MOST_BYTES = 8_000;
const FEW = 1_500;
const END = 120;

function* places(size: number): Generator<number> {
  const step = size <= MOST_BYTES ? 1 : Math.ceil(size / FEW);
  for (let at = 0; at < size; at += at < 64 || at >= size - END ? 1 : Math.min(step, size - END - at)) yield at;
}

describe("a snapshot cut at every byte is sound only where the cut leaves an older layout, whole", () => {
  for (const { title, path, logDir } of sampled) {
    test(title, async () => {
      const snapshot = smallSnapshot(path, logDir);
      if (!snapshot) return;
      const { name, bytes } = snapshot;
      const whole = await scanSnapshot(memoryFile(name, bytes));
      expect(whole.sound).toBe(true);
      for (const length of places(bytes.length)) {
        const scan = await scanSnapshot(memoryFile(name, bytes.subarray(0, length)));
        if (scan.sound) {
          // Just behind a seal: no single file can tell; `verify` holds it against its neighbours.
          expect(TRAILERS, `cut at ${length}`).toContain(bytes.length - length);
          expect(layoutName(scan.trailers?.layout as SnapshotLayout)).not.toBe(
            layoutName(whole.trailers?.layout as SnapshotLayout),
          );
          expect(scan.znodes).toBe(whole.znodes);
          continue;
        }
        const [first] = scan.findings.filter(({ severity }) => severity !== "note");
        const expected = length === 0 ? ["file.empty"] : length < 16 ? ["file.short-header"] : CUT;
        expect(expected, `cut at ${length}`).toContain(first?.code);
      }
    });
  }
});

/** What a digest, a lastZxid, or both take with their seals. */
const TRAILERS = [33, 21, 54];
// With "no seal" and "a seal alone", a cut just behind an earlier seal looks like an older layout with bytes behind it.
const CUT = ["snapshot.truncated", "snapshot.length", "snapshot.no-seal", "snapshot.trailing"];

describe("a snapshot with one bit flipped at every byte is never sound", () => {
  for (const { title, path, logDir } of sampled) {
    test(title, async () => {
      const snapshot = smallSnapshot(path, logDir);
      if (!snapshot) return;
      const { name, bytes } = snapshot;
      for (const at of places(bytes.length)) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
        const scan = await scanSnapshot(memoryFile(name, damaged));
        expect(scan.sound, `flip at ${at}`).toBe(false);
        expect(scan.findings.some(({ severity }) => severity !== "note")).toBe(true);
        // Loading takes memory for a tree each time.
        if (at % 16 !== 0) continue;
        const loaded = await loadSnapshot(memoryFile(name, damaged).open());
        expect(loaded.sound, `flip at ${at}, loaded`).toBe(false);
      }
    });
  }
});

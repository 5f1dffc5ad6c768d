import { expect, test } from "vitest";
import { scanSnapshot } from "../../src/recovery/index.js";
import { loadSnapshot } from "../../src/tree/index.js";
import { memoryFile, snapshotBytes } from "../fixtures/memory.js";

test("znodes whose parents are not before them are told with their offsets, those that are summed up too", async () => {
  const bytes = await snapshotBytes(Array.from({ length: 60 }, () => 8));
  // Each /nX becomes /X/ with a name of its own below a parent that is nowhere.
  const paths: number[] = [];
  for (let at = bytes.indexOf("/n10"); at >= 0; at = bytes.indexOf("/n", at + 2)) {
    if (bytes.readInt32BE(at - 4) !== 4) continue;
    bytes.write("/", at + 2, "latin1");
    paths.push(at - 4);
  }
  const file = memoryFile("snapshot.100", bytes);
  const loaded = await loadSnapshot(file.open());
  for (const findings of [loaded.findings, (await scanSnapshot(file)).findings]) {
    const orphans = findings.filter(({ code }) => code === "snapshot.orphan");
    expect(orphans.length).toBeGreaterThan(1);
    expect(orphans[0]?.offset).toBe(paths[0]);
    for (const { offset } of orphans) expect(paths).toContain(offset);
  }
});

import { closeSync, existsSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { restore } from "../../../src/recovery/index.js";
import { type FileWritten, scanBehind } from "../../../src/recovery/write/read-back.js";
import type { SnapshotScan } from "../../../src/recovery/scan/scan-snapshot.js";
import { zkrewind } from "../../cli/run.js";
import { writeSnapshot } from "../../cli/files.js";
import { stateOf, treeOf } from "../../export/trees.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();
const TREE = [{ path: "/p" }, { path: "/p/c" }, { path: "/p/c/d" }, { path: "/q" }];

/** Waits, as another thread would, until the file is written. */
async function whole({ written: { bytes } }: FileWritten): Promise<void> {
  while (Atomics.load(bytes, 1) === 0n) await setImmediate();
}

describe("what another thread reads of a snapshot while it is written", () => {
  const layouts = [true, false].flatMap((digest) => [true, false].map((lastZxid) => ({ digest, lastZxid })));

  test.each(layouts)("is the file, of the size that was foretold: %o", async (layout) => {
    const read: SnapshotScan[] = [];
    const readBehind = async (file: FileWritten): Promise<SnapshotScan> => {
      await whole(file);
      expect(file.size).toBe(statSync(file.path).size);
      const scan = await scanBehind(file);
      read.push(scan);
      return scan;
    };
    await restore(stateOf(treeOf(TREE)), join(folder(), "made"), { layout, readBehind });
    expect(read).toMatchObject([{ sound: true, znodes: 7, findings: [] }]);
  });

  test("is what counts: a byte that is another on disk fails the restore, and leaves nothing", async () => {
    const readBehind = async (file: FileWritten): Promise<SnapshotScan> => {
      await whole(file);
      const descriptor = openSync(file.path, "r+");
      writeSync(descriptor, "!", file.size - 100);
      closeSync(descriptor);
      return scanBehind(file);
    };
    const made = restore(stateOf(treeOf(TREE)), join(folder(), "made"), {
      layout: { digest: true, lastZxid: true },
      readBehind,
    });
    await expect(made).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining("what was written does not read back"),
    });
    expect(readdirSync(folder())).toEqual([]);
  });

  test("is read by this thread where the other one fails", async () => {
    const readBehind = (): Promise<SnapshotScan> => Promise.reject(new Error("no memory for a thread"));
    const to = join(folder(), "made");
    await restore(stateOf(treeOf(TREE)), to, { layout: { digest: true, lastZxid: true }, readBehind });
    expect(existsSync(to)).toBe(true);
  });
});

test("a large restore is the same with another thread and without", async () => {
  const version = folder();
  function* large(): Generator<{ path: string; data: Buffer }> {
    for (const path of ["", "/zookeeper", "/zookeeper/quota"]) yield { path, data: Buffer.alloc(0) };
    for (let index = 0; index < 70; index++) yield { path: `/n${index}`, data: Buffer.alloc(500_000, index) };
  }
  const snapshot = await writeSnapshot(version, 0x100n, large());
  const [alone, together] = ["1", "2"].map((threads) => {
    const { code, stdout } = zkrewind(["restore", snapshot, "-o", join(version, threads)], {
      ZKREWIND_THREADS: threads,
    });
    expect(code).toBe(0);
    return stdout.replaceAll(join(version, threads), "DIR");
  });
  expect(together).toBe(alone);
  expect(together).toContain("read back and verified");
});

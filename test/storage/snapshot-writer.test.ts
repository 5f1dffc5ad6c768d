import { describe, expect, it } from "vitest";
import { SnapshotWriter } from "../../src/storage/snapshot-writer.js";

describe("a snapshot's writer", () => {
  it("holds no more of a large value than of others", async () => {
    let most = 0;
    let written = 0;
    const writer = new SnapshotWriter({
      async write(bytes) {
        most = Math.max(most, bytes.length);
        written += bytes.length;
      },
      finish: async () => ({ size: written, crc32c: 0 }),
      abandon() {},
    });
    await writer.begin([], []);
    const record = Buffer.alloc(76 + (20 << 20));
    record.writeInt32BE(20 << 20, 4);
    await writer.add(record, 0, record.length, -1);
    await writer.finish({ digest: true, lastZxid: true }, 0x100n, 0n);
    expect(written).toBe(24 + record.length + 5 + 13 + 20 + 13 + 8 + 13);
    expect(writer.length).toBe(written);
    expect(most).toBeLessThanOrEqual(2 << 20);
  });
});

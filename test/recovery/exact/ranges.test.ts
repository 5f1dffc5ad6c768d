import { describe, expect, test } from "vitest";
import { type DataDirectory, discover, type ExactRange, rebuild, verify } from "../../../src/recovery/index.js";
import { oneOfEach, truePoints } from "../../fixtures/index.js";

const at = (zxid: bigint) => ({ point: { kind: "zxid" as const, zxid, text: "" }, inclusive: true });

function listed(ranges: readonly ExactRange[], zxid: bigint): boolean {
  return ranges.some(({ from, to }) => from <= zxid && zxid <= to);
}

/** What is listed as exact is what a rebuild gives, at both ends of each range; and just outside it is not. */
async function walkEnds(directory: DataDirectory, ranges: readonly ExactRange[]): Promise<void> {
  for (const { from, to, unproven } of ranges) {
    for (const zxid of new Set([from, to])) {
      const state = await rebuild(directory, at(zxid));
      expect(state).toMatchObject({ zxid, exact: true, doubt: null });
      // A newer base may prove more.
      expect(state.unproven.length).toBeLessThanOrEqual(unproven.length);
    }
    if (!listed(ranges, to + 1n)) await expect(rebuild(directory, at(to + 1n))).rejects.toMatchObject({ exitCode: 4 });
  }
}

describe("what verify lists as exact is what a rebuild gives", () => {
  for (const { title, source, path, logDir } of oneOfEach) {
    test(title, async () => {
      const directory = discover([path], logDir === undefined ? {} : { logDir });
      const { exact, later } = await verify(directory);
      expect(exact).not.toBeNull();
      expect(later).toBeNull();
      await walkEnds(directory, exact ?? []);
      if (source.truth === undefined) return;
      for (const { zxid, base } of truePoints(source.truth)) {
        // A truth that begins at a snapshot behind a hole takes that snapshot's word for it.
        if (base === undefined && zxid > 0n) expect(listed(exact ?? [], zxid), `0x${zxid.toString(16)}`).toBe(true);
      }
    });
  }
});

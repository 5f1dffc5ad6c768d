import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochsFor } from "../../../src/forensics/salvage/epochs.js";
import type { EpochFiles } from "../../../src/recovery/directory/data-directory.js";
import { epochIn, epochsAtStart } from "../../../src/recovery/servers/epochs.js";
import { TRIED } from "../../../src/recovery/servers/releases.js";
import { say } from "../../../src/text/message.js";

const text = fc.option(
  fc.oneof(fc.bigInt(-2n, 9n).map(String), fc.constantFrom("", "\0", "two", "2 ", "2\n", "0x2", "9999999999999999999")),
  { nil: null },
);
const files = fc.record({
  current: text,
  accepted: text,
  temporary: text,
  updating: fc.boolean(),
  unread: fc.constantFrom([], [say`currentEpoch cannot be read`]),
  unopened: fc.constantFrom([], ["currentEpoch"]),
});
const last = fc.option(
  fc.bigInt(0n, 6n).map((epoch) => (epoch << 32n) + 7n),
  { nil: null },
);

/** What is written, as a server finds it. */
function written(epochs: EpochFiles, zxid: bigint | null): EpochFiles {
  const texts = new Map(epochsFor(epochs, zxid).texts);
  const [current = null, accepted = null] = [texts.get("currentEpoch"), texts.get("acceptedEpoch")];
  return { current, accepted, temporary: null, updating: false, unread: [], unopened: [] };
}

describe("the epoch files that salvage writes", () => {
  test("are such that a member of an ensemble starts, whatever was there, on every release", () => {
    fc.assert(
      fc.property(files, last, (epochs, zxid) => {
        for (const release of TRIED) expect(epochsAtStart(written(epochs, zxid), zxid ?? 0n, release)).toBeNull();
      }),
    );
  });

  test("hold no number below one that was there, and say what is not as it was", () => {
    fc.assert(
      fc.property(files, last, (epochs, zxid) => {
        const { current, accepted } = written(epochs, zxid);
        for (const [was, is] of [
          [epochs.current, current],
          [epochs.accepted, accepted],
        ]) {
          const [before, after] = [was, is].map((each) => (each === null || each === undefined ? null : epochIn(each)));
          if (after === null || before === null || before === undefined || after === undefined) continue;
          expect(after >= before).toBe(true);
        }
        const changed = [
          [epochs.current, current],
          [epochs.accepted, accepted],
        ].filter(([was, is]) => is !== null && (was === null || epochIn(was as string) !== epochIn(is as string)));
        expect(epochsFor(epochs, zxid).notes.length).toBe(changed.length);
      }),
    );
  });

  test("are none where there were none", () => {
    const none = { current: null, accepted: null, temporary: null, updating: false, unread: [], unopened: [] };
    expect(epochsFor(none, 0x500000001n)).toEqual({ texts: [], notes: [] });
    expect(epochsFor(undefined, 1n)).toEqual({ texts: [], notes: [] });
  });
});

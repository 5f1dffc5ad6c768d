import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePoint, ZkRewindError } from "../../../src/index.js";
import { millisOf } from "../../../src/recovery/index.js";

/** What parsePoint throws: exit code, message and hint in one text. */
function refused(text: string, zone?: string): string {
  try {
    const point = parsePoint(text, zone);
    throw new Error(`taken for ${point.kind}`);
  } catch (error) {
    if (!(error instanceof ZkRewindError)) throw error;
    return `${error.exitCode}: ${error.message}. ${error.hint ?? ""}`;
  }
}

function zxidOf(text: string): bigint | undefined {
  const point = parsePoint(text);
  return point.kind === "zxid" ? point.zxid : undefined;
}

/** As ISO 8601 with nine digits, from the nanoseconds. */
function timeOf(text: string, zone?: string): string | undefined {
  const point = parsePoint(text, zone);
  if (point.kind !== "time") return undefined;
  const millis = millisOf(point.nanos);
  return `${new Date(Number(millis)).toISOString().slice(0, -1)}${String(point.nanos - millis * 1_000_000n).padStart(6, "0")}`;
}

describe("zxids", () => {
  test.each([
    ["0x0", 0n],
    ["0x1d8e", 0x1d8en],
    ["0XABC", 0xabcn],
    ["0x7fffffffffffffff", 2n ** 63n - 1n],
    ["0xffffffffffffffff", -1n],
    ["e1:34", 0x1_0000_0022n],
    ["e1:0x22", 0x1_0000_0022n],
    ["E01:034", 0x1_0000_0022n],
    ["e4294967295:4294967295", -1n],
    ["@snapshot.1f3", 0x1f3n],
    ["@/var/lib/zookeeper/version-2/log.200000001", 0x2_0000_0001n],
    ["@version-2/snapshot.1f.gz", 0x1fn],
  ])("%s", (text, zxid) => expect(zxidOf(text)).toBe(zxid));

  test("latest is the latest", () => expect(parsePoint("latest")).toEqual({ kind: "latest" }));

  test("every zxid, as hex and as epoch and counter", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (zxid) => {
        const unsigned = BigInt.asUintN(64, zxid);
        const [epoch, counter] = [unsigned >> 32n, unsigned & 0xffffffffn];
        for (const text of [
          `0x${unsigned.toString(16)}`,
          `e${epoch}:${counter}`,
          `e${epoch}:0x${counter.toString(16)}`,
        ])
          expect(zxidOf(text)).toBe(zxid);
      }),
    );
  });
});

describe("what is refused, with the form that would do", () => {
  const today = new Date().toISOString().slice(0, 10);
  test.each([
    ["01:34", `Did you mean e1:34, or ${today}T01:34:00Z?`],
    ["1:34", `Did you mean e1:34, or ${today}T01:34:00Z?`],
    ["14:05", `Did you mean e14:5, or ${today}T14:05:00Z?`],
    ["14:05:30", `Did you mean ${today}T14:05:30Z?`],
    ["1:7566", "Did you mean e1:7566?"],
    ["25:05", "Did you mean e25:5?"],
    ["1d8e", "Did you mean 0x1d8e?"],
    ["7566", "Did you mean 0x7566 (a zxid in hex), or 0x1d8e (in decimal)?"],
    [
      "1795397640",
      "Did you mean 2026-11-23T01:34:00.000Z, or 0x1795397640 (a zxid in hex), or 0x6b039808 (in decimal)?",
    ],
    ["2h", "Did you mean -2h (before the last transaction's time)?"],
    ["-30m1H", "Did you mean -1h30m (before the last transaction's time)?"],
    ["-2", "Did you mean -2m, or -2h (before the last transaction's time)?"],
    ["snapshot.1f3", "Did you mean @snapshot.1f3?"],
    ["2026-11-23", "Did you mean 2026-11-23T00:00:00Z?"],
    ["LATEST", "Did you mean latest?"],
    ["yesterday", "A point is latest, 0x1d8e"],
    ["0x10000000000000000", "A point is latest, 0x1d8e"],
    ["0x", "A point is latest"],
    ["", "A point is latest"],
    ["e1:", "A point is latest"],
    ["e-1:34", "A point is latest"],
    ["e4294967296:1", "32 bits"],
    ["e1:4294967296", "32 bits"],
    ["@zoo.cfg", "no zxid in the file name"],
    ["2026-11-23T14:05:00", "Did you mean 2026-11-23T14:05:00Z, or an offset"],
    ["2026-11-23 14:05", "Did you mean 2026-11-23T14:05Z, or an offset"],
    ["2026-02-29T00:00:00Z", "no such day"],
    ["2026-13-01T00:00:00Z", "no such day"],
    ["2026-11-23T24:00:00Z", "not a time of day"],
    ["2026-11-23T14:60:00Z", "not a time of day"],
    ["2016-12-31T23:59:60Z", "a leap second"],
    ["2026-11-23T14:05:00.1234567890Z", "at most 9 digits"],
    ["2026-11-23T14:05:00+24:00", "no such offset"],
    ["+275760-09-13T00:00:00.001Z", "outside the range of times"],
    ["+999999-01-01T00:00:00Z", "no such day"],
  ])("%s", (text, hint) => {
    expect(refused(text)).toContain(hint);
    expect(refused(text)).toMatch(/^2: /);
  });

  test("nothing that looks like a clock is a zxid", () => {
    const two = fc.integer({ min: 0, max: 99 });
    fc.assert(
      fc.property(two, two, fc.option(two), fc.boolean(), (hour, minute, second, padded) => {
        const part = (number: number): string => String(number).padStart(padded ? 2 : 1, "0");
        const text = [hour, minute, ...(second === null ? [] : [second])].map(part).join(":");
        expect(refused(text)).toMatch(/^2: /);
      }),
    );
  });

  test("what is suggested is a point", () => {
    for (const text of [
      "01:34",
      "14:05:30",
      "7566",
      "1795397640",
      "1795397640123",
      "beef",
      "3d2w",
      "-2",
      "2026-11-23",
    ]) {
      const hint = refused(text).replace(/^.*Did you mean /, "");
      const forms = hint.replace(/\?$/, "").split(", or ");
      for (const form of forms) expect(() => parsePoint(form.replace(/ \(.*/, ""))).not.toThrow();
    }
  });
});

describe("times", () => {
  test.each([
    ["2026-11-23T14:05:00Z", "2026-11-23T14:05:00.000000000"],
    ["2026-11-23t14:05:00z", "2026-11-23T14:05:00.000000000"],
    ["2026-11-23 14:05Z", "2026-11-23T14:05:00.000000000"],
    ["2026-11-23T14:05:00.123456789Z", "2026-11-23T14:05:00.123456789"],
    ["2026-11-23T14:05:00+05:45", "2026-11-23T08:20:00.000000000"],
    ["2026-11-23T14:05:00-0930", "2026-11-23T23:35:00.000000000"],
    ["1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999900000"],
    ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000000"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000000"],
    ["+275760-09-13T00:00:00Z", "+275760-09-13T00:00:00.000000000"],
    ["-271821-04-20T00:00:00Z", "-271821-04-20T00:00:00.000000000"],
  ])("%s", (text, time) => expect(timeOf(text)).toBe(time));

  test("every moment, with any offset, as it is printed", () => {
    const moments = fc.integer({ min: -8.64e15 / 2, max: 8.64e15 / 2 });
    fc.assert(
      fc.property(moments, fc.integer({ min: -1439, max: 1439 }), (millis, offset) => {
        const shifted = new Date(millis + offset * 60_000).toISOString().slice(0, -1);
        const size = Math.abs(offset);
        const zone = `${offset < 0 ? "-" : "+"}${String(Math.trunc(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
        const point = parsePoint(shifted + zone);
        expect(point).toMatchObject({ kind: "time", nanos: BigInt(millis) * 1_000_000n });
      }),
    );
  });
});

describe("before the last transaction", () => {
  test.each([
    ["-2h", 7_200_000n],
    ["-1h30m", 5_400_000n],
    ["-0s", 0n],
    ["-1w2d3h4m5s", 788_645_000n],
  ])("%s", (text, millis) => expect(parsePoint(text)).toEqual({ kind: "ago", millis, text }));
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countOf, distinct, type Finding, finding } from "../../src/findings/finding.js";
import { FindingList } from "../../src/findings/finding-list.js";
import { scanLog } from "../../src/recovery/index.js";
import { logBytes, memoryFile } from "../fixtures/memory.js";
import { say } from "../../src/text/message.js";

const bad = (offset: number, zxid: bigint, file = "log.1"): Finding =>
  finding("log.crc", say`bad`, { file, offset, zxid });

describe("a list of findings", () => {
  test("tells the first few of a kind with their places, and sums up the others", () => {
    const list = new FindingList();
    for (let index = 0; index < 1000; index++) list.push(bad(100 + index, 5n + BigInt(index)));
    const all = [...list];
    expect(all.slice(0, 10).map(({ offset }) => offset)).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108, 109]);
    expect(all).toHaveLength(11);
    expect(all[10]).toMatchObject({
      code: "log.crc",
      severity: "error",
      file: "log.1",
      offset: 110,
      message: say`990 more like it, zxids 0xf to 0x3ec, bytes 110 to 1099`,
      more: { count: 990, bytes: { from: 110, to: 1099 }, zxids: { from: 15n, to: 1004n } },
    });
  });

  test("keeps codes and files apart", () => {
    const list = new FindingList();
    for (let index = 0; index < 12; index++) {
      list.push(
        bad(index, 1n),
        bad(index, 1n, "log.2"),
        finding("log.torn", say`torn`, { file: "log.1", offset: index }),
      );
    }
    expect(list.summaries().map(({ code, file, more }) => [code, file, more?.count])).toEqual([
      ["log.crc", "log.1", 2],
      ["log.crc", "log.2", 2],
      ["log.torn", "log.1", 2],
    ]);
  });

  test("tells each at once only once, and the sum apart", () => {
    const list = new FindingList();
    list.push(bad(1, 1n));
    expect(list.news()).toHaveLength(1);
    expect(list.news()).toHaveLength(0);
    for (let index = 0; index < 20; index++) list.push(bad(index, 1n));
    expect(list.news()).toHaveLength(9);
    expect(list.summaries()).toMatchObject([{ more: { count: 11 } }]);
  });

  test("loses no finding and no severity, however it is put together", () => {
    const findings = fc.array(
      fc.record({
        code: fc.constantFrom("log.crc" as const, "log.torn" as const, "log.clock" as const),
        severity: fc.constantFrom("error" as const, "warning" as const, "note" as const),
        file: fc.constantFrom("a", "b"),
        offset: fc.nat(1000),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(findings, fc.nat(200), (each, cut) => {
        const all = each.map(({ code, ...place }) => finding(code, say``, place));
        const part = new FindingList();
        part.push(...all.slice(0, cut));
        const list = new FindingList();
        list.push(...part, ...all.slice(cut));
        const total = (["error", "warning", "note"] as const).reduce((sum, one) => sum + countOf([...list], one), 0);
        expect(total).toBe(all.length);
        expect(list.length).toBeLessThanOrEqual(6 * 11);
        for (const severity of ["error", "warning"] as const) {
          const has = (one: Finding): boolean => one.severity === severity;
          if (all.some(has)) expect([...list].some(({ severity: one }) => one !== "note")).toBe(true);
        }
      }),
    );
  });
});

test("a log with thousands of bad records has a handful of findings", async () => {
  const payload = (index: number): Buffer => {
    const bytes = Buffer.alloc(36);
    bytes.writeBigInt64BE(BigInt(index + 1), 12);
    bytes.writeInt32BE(-10, 28);
    return bytes;
  };
  const bytes = logBytes(Array.from({ length: 5000 }, (_, index) => payload(index)));
  for (let record = 16; record < bytes.length; record += 49) bytes[record + 47] = 0xff;
  const { findings } = await scanLog(memoryFile("log.1", bytes));
  const crc = findings.filter(({ code }) => code === "log.crc");
  expect(crc).toHaveLength(11);
  expect(countOf(crc, "error")).toBe(5000);
});

test("what several say of one place stands once", () => {
  const unreadable = (why: Finding["message"]): Finding => finding("file.unreadable", why, { file: "log.1" });
  const others = [bad(1, 2n), bad(2, 2n), bad(1, 3n), bad(1, 2n, "log.2"), unreadable(say`mode 000`)];
  expect(distinct([...others, bad(1, 2n), unreadable(say`permission denied`), ...others])).toEqual(others);
});

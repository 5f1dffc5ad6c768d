import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { discover, hex, parsePoint, ZkRewindError } from "../../../src/index.js";
import { resolveBound } from "../../../src/recovery/index.js";
import { type LoggedTxn, writeLogOf, writeSnapshot } from "../../cli/files.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-resolve-"));
});
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

const T0 = Date.UTC(2026, 10, 23, 14);

/** Logs of transactions at so many milliseconds after T0, each a zxid after the one before. */
async function logged(...logs: (readonly (readonly [zxid: bigint, millis: number])[])[]): Promise<void> {
  for (const txns of logs)
    await writeLogOf(
      folder,
      txns.map(([zxid, millis]): LoggedTxn => ({ zxid, time: BigInt(T0 + millis), txn: { type: 2, path: "/a" } })),
    );
}

async function resolved(text: string, inclusive = true): Promise<string> {
  try {
    const zxid = await resolveBound(discover([folder]), { point: parsePoint(text), inclusive });
    return zxid === null ? "all" : hex(zxid);
  } catch (error) {
    if (error instanceof ZkRewindError) return `${error.exitCode}: ${error.message}. ${error.hint ?? ""}`;
    throw error;
  }
}

function time(millis: number, more = ""): string {
  return `${new Date(T0 + millis).toISOString().slice(0, -1)}${more}Z`;
}

describe("a time", () => {
  const plain = [
    [1n, 0],
    [2n, 10],
    [3n, 10],
    [4n, 20],
  ] as const;

  test.each([
    [time(0), "0x1", "4: 2026-11-23T14:00:00.000Z is before the first transaction"],
    [time(9), "0x1", "0x1"],
    [time(10), "0x3", "0x1"],
    [time(10, "001"), "0x3", "0x3"],
    [time(9, "999999"), "0x1", "0x1"],
    [time(20), "0x4", "0x3"],
    [time(-1, "999999"), "4: 2026-11-23T13:59:59.999999999Z is before the first transaction", "4: "],
    [time(20, "000001"), "4: 2026-11-23T14:00:00.020000001Z is after the last transaction", "4: "],
  ])("%s is the last transaction not later, or earlier", async (text, at, before) => {
    await logged(plain);
    expect(await resolved(text)).toContain(at);
    expect(await resolved(text, false)).toContain(before);
  });

  test("before the last transaction's, however it is put together", async () => {
    await logged([
      [1n, 0],
      [2n, 3_600_000],
      [3n, 7_200_000],
      [4n, 9_000_000],
    ]);
    expect(await resolved("-0s")).toBe("0x4");
    expect(await resolved("-0s", false)).toBe("0x3");
    expect(await resolved("-30m")).toBe("0x3");
    expect(await resolved("-30m", false)).toBe("0x2");
    expect(await resolved("-1h30m")).toBe("0x2");
    expect(await resolved("-1h30m1s")).toBe("0x1");
    expect(await resolved("-1w")).toContain(
      "4: -1w is before the first transaction. The logs go from 0x1 (2026-11-23T14",
    );
  });

  test("where clocks stepped back across it there are candidates", async () => {
    await logged(
      [
        [1n, 0],
        [2n, 100],
        [3n, 50],
      ],
      [
        [4n, 60],
        [5n, 200],
      ],
    );
    expect(await resolved(time(70))).toBe(
      `4: clocks stepped back across ${time(70)}: it is not a single place in the logs. The logs pass this time more than once. Candidates: 0x1 (${time(0)}), 0x4 (${time(60)}). Name one by its zxid.`,
    );
    // Not across these.
    expect(await resolved(time(40))).toBe("0x1");
    expect(await resolved(time(100))).toBe("0x4");
    expect(await resolved(time(50), false)).toBe("0x1");
  });

  test("where the first transaction is later already, and the clock stepped back then", async () => {
    await logged([
      [1n, 100],
      [2n, 50],
      [3n, 200],
    ]);
    expect(await resolved(time(70))).toContain(
      `before the first transaction, 0x1 (${time(100)}), 0x2 (${time(50)}). Name`,
    );
  });

  test("of very many candidates the first and the last are named", async () => {
    await logged(Array.from({ length: 200 }, (_, index) => [BigInt(index + 1), index % 2 === 0 ? 0 : 100] as const));
    expect(await resolved(time(50))).toMatch(/ 0xd \(\S+\), 92 more, 0xc7 \(\S+\)\. Name one by its zxid\.$/);
  });

  test("where transactions are missing no state is called that of the time", async () => {
    await logged([
      [1n, 0],
      [2n, 10],
      [9n, 30],
    ]);
    expect(await resolved(time(20))).toBe(
      `4: ${time(20)} is in a gap of the logs. The logs have 0x2 (${time(10)}) and then 0x9 (${time(30)}). Name one by its zxid.`,
    );
    expect(await resolved(time(5))).toBe("0x1");
  });

  test("in logs that overlap, each transaction counts once", async () => {
    await logged(
      [
        [1n, 0],
        [2n, 10],
        [3n, 20],
      ],
      [
        [2n, 10],
        [3n, 20],
        [4n, 30],
      ],
    );
    expect(await resolved(time(15))).toBe("0x2");
  });

  test("of transactions beyond what a date can hold", async () => {
    await writeLogOf(folder, [
      { zxid: 1n, time: -(2n ** 63n), txn: { type: 2, path: "/a" } },
      { zxid: 2n, time: BigInt(T0), txn: { type: 2, path: "/a" } },
      { zxid: 3n, time: 2n ** 63n - 1n, txn: { type: 2, path: "/a" } },
    ]);
    expect(await resolved(time(0))).toBe("0x2");
    expect(await resolved("-271821-04-20T00:00:00Z")).toBe("0x1");
    expect(await resolved("+275760-09-13T00:00:00Z")).toBe("0x2");
    expect(await resolved("-1s")).toBe("0x2");
  });

  test("without a log there are no times", async () => {
    await writeSnapshot(folder, 5n, [{ path: "", data: null }]);
    expect(await resolved(time(0))).toContain("4: 2026-11-23T14:00:00.000Z cannot be found: there is no log");
    expect(await resolved("-1h")).toContain("only logs have times");
  });
});

test("any point of any history, as a plain search finds it", async () => {
  const step = fc.record({
    zxid: fc.oneof({ weight: 8, arbitrary: fc.constant(1n) }, fc.constantFrom(2n, 5n)),
    epoch: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.constant(true)),
    millis: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 20 }) }, fc.integer({ min: -30, max: 0 })),
    newLog: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: -50_000, max: 250_000 }),
      fc.boolean(),
      async (steps, micros, inclusive) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        const history: { zxid: bigint; millis: number }[] = [];
        const logs: [bigint, number][][] = [[]];
        for (const { zxid: add, epoch, millis, newLog } of steps) {
          const { zxid, millis: now } = history.at(-1) ?? { zxid: 0n, millis: 0 };
          const next = { zxid: epoch ? (((zxid >> 32n) + 1n) << 32n) + add : zxid + add, millis: now + millis };
          history.push(next);
          if (newLog && logs.at(-1)?.length !== 0) logs.push([]);
          logs.at(-1)?.push([next.zxid, next.millis]);
        }
        await logged(...logs);
        const point = parsePoint(
          time(Math.floor(micros / 1000), String(((micros % 1000) + 1000) % 1000).padStart(3, "0")),
        );
        const isIn = ({ millis }: { millis: number }): boolean =>
          inclusive ? millis * 1000 <= micros : millis * 1000 < micros;
        const count = history.filter(isIn).length;
        const isPrefix = history.slice(0, count).every(isIn);
        const [last, next] = [history[count - 1], history[count]];
        const isHole =
          last !== undefined &&
          next !== undefined &&
          next.zxid !== last.zxid + 1n &&
          !(next.zxid >> 32n > last.zxid >> 32n && (next.zxid & 0xffffffffn) <= 1n);
        const isAfter = !next && micros > Math.max(...history.map(({ millis }) => millis)) * 1000;
        const expected = !isPrefix
          ? "clocks stepped back"
          : !last
            ? "is before the first"
            : isAfter
              ? "is after the last"
              : isHole
                ? "is in a gap of the logs"
                : last.zxid;
        const found = await resolveBound(discover([folder]), { point, inclusive }).catch((error: unknown) => {
          if (error instanceof ZkRewindError && error.exitCode === 4) return error.message;
          throw error;
        });
        if (typeof expected === "bigint") expect(found).toBe(expected);
        else expect(found).toContain(expected);
      },
    ),
    { numRuns: 300 },
  );
});

import picomatch from "picomatch";
import { describe, expect, test } from "vitest";
import { type TxnCriteria, TxnFilter } from "../../../src/forensics/transactions/txn-filter.js";
import { readRange, type TxnVisitor } from "../../../src/export/index.js";
import { readBackwards } from "../../../src/export/walk/read-backwards.js";
import { discover } from "../../../src/recovery/index.js";
import { readTxn, type Txn } from "../../../src/txn/index.js";
import { fixtureDir, oneOfEach } from "../../fixtures/index.js";

const { logs } = discover([fixtureDir("3.8.6-standalone")]);

interface Line extends Txn {
  offset: number;
  file: string;
  length: number;
}

async function read(
  criteria: TxnCriteria | null,
  reading = (visitor: TxnVisitor, range: Parameters<typeof readRange>[1]) => readRange(logs, range, visitor),
  range: { from: bigint | null; to: bigint | null; limit?: number } = { from: null, to: null },
): Promise<Line[]> {
  const filter = criteria && new TxnFilter(criteria);
  const lines: Line[] = [];
  await reading(
    {
      take: (txn, shape, _, { offset, file, length }) =>
        void lines.push({ ...readTxn(txn, shape), offset, file, length }),
      pause() {},
      finding() {},
    },
    { ...range, ...(filter && { only: (txn, shape, length) => filter.matches(txn, shape, length) }) },
  );
  return lines;
}

const all = await read(null);

function pathsOf(txn: Txn): string[] {
  return [...(txn.path === undefined ? [] : [txn.path]), ...(txn.paths ?? []), ...(txn.members ?? []).flatMap(pathsOf)];
}

function touches(txn: Txn, glob: string): boolean {
  const matches = picomatch(glob, { dot: true });
  return pathsOf(txn).some((path) => matches(path));
}

describe("a filter answers from bytes what the decoded transactions say", () => {
  const cases: [string, TxnCriteria, (txn: Line) => boolean][] = [
    ["op", { ops: ["setData", "CLOSESESSION"] }, (txn) => isOp(txn, ["setData", "closeSession"])],
    ["op in multis", { ops: ["check"] }, (txn) => isOp(txn, ["check"])],
    ["session", { sessions: [0x10000337d0c0015n] }, ({ session }) => session === 0x10000337d0c0015n],
    ["cxid", { cxids: [0, 7] }, ({ cxid }) => cxid === 0 || cxid === 7],
    ["min-size", { minSize: 500 }, ({ length }) => length >= 500],
    ["errors", { errors: true }, (txn) => txn.op === "error" || (txn.members ?? []).some(({ op }) => op === "error")],
    ...["/members/**", "/counters/c7", "/names/日本語/*", "/c*/*", "**/level7", "/", "/**", "/names/\\*"].map(
      (glob): [string, TxnCriteria, (txn: Line) => boolean] => [
        `path ${glob}`,
        { paths: [glob] },
        (txn) => touches(txn, glob),
      ],
    ),
    [
      "all together",
      { ops: ["create"], paths: ["/busy/**"], minSize: 150 },
      (txn) => isOp(txn, ["create"]) && touches(txn, "/busy/**") && txn.length >= 150,
    ],
  ];
  test.each(cases)("%s", async (_, criteria, test) => {
    const found = await read(criteria);
    const expected = all.filter(test);
    expect(found.map(({ zxid }) => zxid)).toEqual(expected.map(({ zxid }) => zxid));
    if (criteria.paths?.[0] !== "/") expect(found.length).toBeGreaterThan(0);
    if (criteria.paths?.[0] !== "/**") expect(found.length).toBeLessThan(all.length);
  });

  test("refuses what there is none of", () => {
    expect(() => new TxnFilter({ ops: ["creat"] })).toThrow("there is no operation creat");
    expect(() => new TxnFilter({ paths: ["app/**"] })).toThrow("matches no path");
  });
});

function isOp(txn: Txn, names: string[]): boolean {
  return names.includes(txn.op) || (txn.members ?? []).some(({ op }) => names.includes(op));
}

describe("backwards is forwards turned around", () => {
  const backwards =
    (files: typeof logs, bytes: number) => (visitor: TxnVisitor, range: Parameters<typeof readRange>[1]) =>
      readBackwards(files, range, visitor, bytes);
  const key = ({ zxid, offset, file, op }: Line): string => `${zxid} ${file} ${offset} ${op}`;

  test.each([1 << 30, 20_000, 1])("keeping %d bytes", async (bytes) => {
    // With almost no memory each record is a pass of its own.
    const files = bytes === 1 ? logs.filter(({ name }) => name === "log.e40") : logs;
    const expected = bytes === 1 ? all.filter(({ file }) => file === "log.e40") : all;
    expect((await read(null, backwards(files, bytes))).map(key)).toEqual(expected.map(key).toReversed());
  });

  test("the last so many, of a range and a filter", async () => {
    const range = { from: 0x300n, to: 0xb00n, limit: 17 };
    const found = await read(
      { ops: ["delete"] },
      (visitor, each) => readRange(logs, { ...each, reverse: true }, visitor),
      range,
    );
    const expected = all.filter((txn) => txn.zxid >= 0x300n && txn.zxid <= 0xb00n && isOp(txn, ["delete"]));
    expect(found.map(key)).toEqual(expected.slice(-17).map(key).toReversed());
  });

  test("on every fixture", async () => {
    for (const { path, logDir } of oneOfEach) {
      const files = discover([path], logDir === undefined ? {} : { logDir }).logs;
      const forwards = await read(null, (visitor, range) => readRange(files, range, visitor));
      const back = await read(null, (visitor, range) => readRange(files, { ...range, reverse: true }, visitor));
      expect(back.map(key)).toEqual(forwards.map(key).toReversed());
    }
  });
});

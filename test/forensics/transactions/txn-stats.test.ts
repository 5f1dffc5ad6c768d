import { describe, expect, test } from "vitest";
import { readRange } from "../../../src/export/index.js";
import { GROUPINGS } from "../../../src/forensics/transactions/groupings.js";
import { TxnStats } from "../../../src/forensics/transactions/txn-stats.js";
import { discover } from "../../../src/recovery/index.js";
import { readTxn, type Txn } from "../../../src/txn/index.js";
import { oneOfEach } from "../../fixtures/index.js";

type Line = Txn & { length: number };

async function count(path: string, logDir: string | undefined): Promise<{ stats: TxnStats; txns: Line[] }> {
  const { logs } = discover([path], logDir === undefined ? {} : { logDir });
  const stats = new TxnStats(GROUPINGS, 5);
  const txns: Line[] = [];
  await readRange(
    logs,
    { from: null, to: null },
    {
      take(txn, shape, _, { file, offset, length }) {
        stats.take(txn, shape, length, file, offset);
        txns.push({ ...readTxn(txn, shape), length });
      },
      pause() {},
      finding() {},
    },
  );
  return { stats, txns };
}

function tally<T>(list: readonly T[], key: (each: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of list) counts[key(each)] = (counts[key(each)] ?? 0) + 1;
  return counts;
}

function hasFailed(txn: Txn): boolean {
  return txn.op === "error" || (txn.members ?? []).some(({ op }) => op === "error");
}

describe("what is counted is what the decoded transactions give", () => {
  for (const { title, path, logDir } of oneOfEach) {
    test(title, async () => {
      const { stats, txns } = await count(path, logDir);
      expect(stats.total.count).toBe(txns.length);
      expect(stats.total.bytes).toBe(txns.reduce((sum, { length }) => sum + length, 0));
      expect(stats.total.errors).toBe(txns.filter(hasFailed).length);
      const counts = (map: Map<string, { count: number }>): object =>
        Object.fromEntries([...map].map(([name, each]) => [name, each.count]));
      expect(counts(stats.ops)).toEqual(tally(txns, ({ op }) => op));
      const members = txns.filter((txn) => !hasFailed(txn)).flatMap((txn) => txn.members ?? []);
      expect(counts(stats.members)).toEqual(tally(members, ({ op }) => op));
      const sessions = stats.sessions.sorted().map(([id, each]) => [String(id), each.count]);
      expect(Object.fromEntries(sessions)).toEqual(tally(txns, ({ session }) => String(session)));
      const minute = ({ time }: Txn): string => String((time / 60_000n) * 60_000n);
      const minutes = [...stats.minutes].map(([time, each]) => [String(time), each.count]);
      expect(Object.fromEntries(minutes)).toEqual(tally(txns, minute));
      const touches = txns.flatMap((txn) => [
        ...(txn.path === undefined ? [] : [txn.path]),
        ...(txn.members ?? []).filter((each) => each.path !== undefined),
        ...(txn.paths ?? []),
      ]);
      const byPath = stats.paths.entries().map(([, each]) => each);
      expect(byPath.reduce((sum, each) => sum + each.count, 0)).toBe(touches.length);
      expect(byPath.reduce((sum, each) => sum + each.bySessionEnd, 0)).toBe(
        txns.flatMap((txn) => txn.paths ?? []).length,
      );
      const lengths = txns.map(({ length }) => length).sort((a, b) => b - a);
      expect(stats.largest.map(({ bytes }) => bytes)).toEqual(lengths.slice(0, 5));
      expect(stats.first?.zxid).toBe(txns[0]?.zxid);
      expect(stats.last).toEqual(txns.length > 0 ? { zxid: txns.at(-1)?.zxid, time: txns.at(-1)?.time } : null);
    });
  }
});

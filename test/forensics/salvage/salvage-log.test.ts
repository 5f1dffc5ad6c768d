import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { LogAccount, SalvageAccount, ZxidRange } from "../../../src/forensics/salvage/salvage-account.js";
import { salvage, type SalvageOptions } from "../../../src/forensics/salvage/salvage.js";
import { discover } from "../../../src/recovery/index.js";
import { LogReader } from "../../../src/storage/log-reader.js";
import { openSource } from "../../../src/io/byte-source.js";
import { fixtureDir } from "../../fixtures/index.js";

const scratch = mkdtempSync(join(tmpdir(), "zkrewind-salvage-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let next = 0;

interface LogRecord {
  zxid: bigint;
  from: number;
  to: number;
  payload: Buffer;
}

async function recordsOf(path: string): Promise<LogRecord[]> {
  const reader = new LogReader(openSource(path));
  const list: LogRecord[] = [];
  await reader.readHead();
  while (await reader.fill()) {
    while (reader.next()) {
      const { bytes } = reader.window.block;
      const payload = Buffer.from(bytes.subarray(reader.payloadStart, reader.payloadEnd));
      list.push({ zxid: payload.readBigInt64BE(12), from: reader.recordOffset, to: reader.window.offset, payload });
    }
  }
  reader.close();
  return list;
}

const original = join(fixtureDir("3.8.6-standalone"), "version-2", "log.2ea");
const records = await recordsOf(original);
const bytes = readFileSync(original);
const end = (records.at(-1) as LogRecord).to;

interface Outcome {
  account: SalvageAccount;
  log: LogAccount;
  kept: LogRecord[];
}

/** Salvages one log alone, in a directory of its own. */
async function run(damaged: Buffer, options: SalvageOptions = {}, others: readonly string[] = []): Promise<Outcome> {
  const source = join(scratch, `source${next}`);
  const target = join(scratch, `target${next++}`);
  mkdirSync(join(source, "version-2"), { recursive: true });
  writeFileSync(join(source, "version-2", "log.2ea"), damaged);
  for (const other of others) cpSync(join(original, "..", other), join(source, "version-2", other));
  const account = await salvage(discover([source]), target, options);
  const log = account.files.find(({ file }) => file === "log.2ea") as LogAccount;
  const kept = log.output === null ? [] : await recordsOf(join(target, log.output));
  return { account, log, kept };
}

function zxidsOf(ranges: readonly ZxidRange[]): bigint[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i)),
  );
}

function expectKept({ kept }: Outcome, expected: readonly LogRecord[]): void {
  expect(kept.map(({ zxid }) => zxid)).toEqual(expected.map(({ zxid }) => zxid));
  for (const [index, { payload }] of kept.entries())
    expect(payload.equals((expected[index] as LogRecord).payload)).toBe(true);
}

function flipped(...offsets: number[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const offset of offsets) copy[offset] = (copy[offset] as number) ^ 0x10;
  return copy;
}

const victim = records[100] as LogRecord;
const all = records;
const butVictim = records.filter((each) => each !== victim);

describe("each kind of damage, and what the account says of it", () => {
  test("nothing: a byte-for-byte copy", async () => {
    const { account, log } = await run(bytes);
    expect(log.fate).toBe("copied");
    expect(account.whole).toBe(true);
    expect(readFileSync(join(account.target, log.output as string)).equals(bytes)).toBe(true);
  });

  test("a flipped bit in a value: suspect, kept apart", async () => {
    const result = await run(flipped(victim.to - 20));
    expectKept(result, butVictim);
    expect(result.log.lost).toEqual([{ first: victim.zxid, last: victim.zxid }]);
    expect(result.log.suspect).toMatchObject([
      { zxid: victim.zxid, offset: victim.from, credible: true, fate: "apart", bytes: victim.to - victim.from },
    ]);
    expect(result.account.whole).toBe(false);
    const apart = readFileSync(join(result.account.target, "suspect", "log.2ea"));
    expect(apart.subarray(16).equals(flipped(victim.to - 20).subarray(victim.from, victim.to))).toBe(true);
  });

  test("a flipped bit in a checksum: as suspect as one in the value, unless asked to keep it", async () => {
    const apart = await run(flipped(victim.from + 6));
    expectKept(apart, butVictim);
    const included = await run(flipped(victim.from + 6), { keepSuspect: true });
    expectKept(included, all);
    expect(included.log.suspect).toMatchObject([{ fate: "included" }]);
    expect(included.log.lost).toEqual([{ first: victim.zxid, last: victim.zxid }]);
    expect(included.account.whole).toBe(false);
  });

  test("a flipped bit in a zxid is not taken for the zxid", async () => {
    const result = await run(flipped(victim.from + 12 + 12 + 5), { keepSuspect: true });
    expectKept(result, butVictim);
    expect(result.log.suspect).toMatchObject([{ credible: false, fate: "apart" }]);
    expect(result.log.lost).toEqual([{ first: victim.zxid, last: victim.zxid }]);
  });

  for (const [what, offset] of [
    ["length", victim.from + 10],
    ["length's sign", victim.from + 8],
    ["end mark", victim.to - 1],
  ] as const) {
    test(`a flipped bit in the ${what}: put right, and proven by the checksum`, async () => {
      const result = await run(flipped(offset));
      expectKept(result, all);
      expect(result.log.lost).toEqual([]);
      expect(result.account.whole).toBe(true);
    });
  }

  test("a zeroed region", async () => {
    const first = records[50] as LogRecord;
    const last = records[60] as LogRecord;
    const damaged = Buffer.from(bytes);
    damaged.fill(0, first.from + 5, last.to - 5);
    const result = await run(damaged);
    expectKept(result, [...records.slice(0, 50), ...records.slice(61)]);
    expect(result.log.lost).toEqual([{ first: first.zxid, last: last.zxid }]);
    expect(result.log.lostBytes).toEqual([{ from: first.from, to: last.to }]);
  });

  test("garbage between two records, and inside one", async () => {
    const garbage = Buffer.from("not what was written here ".repeat(40));
    const at = (offset: number): Buffer => Buffer.concat([bytes.subarray(0, offset), garbage, bytes.subarray(offset)]);
    const between = await run(at(victim.from));
    expectKept(between, all);
    expect(between.account.whole).toBe(true);
    expect(between.log.lostBytes).toEqual([{ from: victim.from, to: victim.from + garbage.length }]);
    const inside = await run(at(victim.from + 30));
    expectKept(inside, butVictim);
    expect(inside.log.lost).toEqual([{ first: victim.zxid, last: victim.zxid }]);
  });

  test("a damaged header: nothing is lost", async () => {
    for (const offset of [0, 5, 12]) {
      const result = await run(flipped(offset));
      expectKept(result, all);
      expect(result.account.whole).toBe(true);
    }
  });

  test("cut: the torn transaction is named, and that nobody knows how many followed", async () => {
    const result = await run(bytes.subarray(0, victim.from + 40));
    expectKept(result, records.slice(0, 100));
    expect(result.log.unknown).not.toBeNull();
    expect(result.log.lost).toEqual([{ first: victim.zxid, last: victim.zxid }]);
    expect(result.log.lostBytes).toEqual([{ from: victim.from, to: victim.from + 40 }]);
  });

  test("cut, but the next log says what followed", async () => {
    const result = await run(bytes.subarray(0, victim.from + 40), {}, ["log.5de"]);
    expectKept(result, records.slice(0, 100));
    expect(result.log.lost).toEqual([{ first: victim.zxid, last: 0x5ddn }]);
    expect(result.log.unknown).toBeNull();
  });

  test("an empty file, with the next log there", async () => {
    const { log } = await run(Buffer.alloc(0), {}, ["log.5de"]);
    expect(log.fate).toBe("lost");
    expect(log.lost).toEqual([{ first: 0x2ean, last: 0x5ddn }]);
  });
});

describe("what another server has", () => {
  const other = discover([fixtureDir("3.8.6-standalone")]);

  test("takes the place of what is lost or suspect", async () => {
    const damaged = flipped(victim.to - 20);
    const [first, last] = [records[200] as LogRecord, records[210] as LogRecord];
    damaged.fill(0, first.from, last.to);
    const result = await run(damaged, { nodes: [other] });
    expectKept(result, all);
    expect(result.account.whole).toBe(true);
    expect(result.log.suspect).toMatchObject([{ zxid: victim.zxid, fate: "replaced" }]);
    expect(
      result.log.recovered.map(({ first: from, last: to, count, anchored }) => [from, to, count, anchored]),
    ).toEqual([
      [victim.zxid, victim.zxid, 1, "both sides"],
      [first.zxid, last.zxid, 11, "both sides"],
    ]);
  });

  test("does not, where its history is another", async () => {
    const damaged = Buffer.from(bytes);
    damaged.fill(0, victim.from, victim.to);
    const stranger = discover([fixtureDir("3.9.5-standalone")]);
    const result = await run(damaged, { nodes: [stranger] });
    expectKept(result, butVictim);
    expect(result.log.recovered).toEqual([]);
    expect(result.log.lost).toEqual([{ first: victim.zxid, last: victim.zxid }]);
  });
});

test("whatever is destroyed, what is untouched is kept, and nothing is invented", async () => {
  let seed = 12345;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  for (let round = 0; round < 60; round++) {
    const damaged = Buffer.from(bytes);
    const holes: [number, number][] = [];
    for (let count = 1 + random(4); count > 0; count--) {
      const from = 16 + random(end - 16);
      const to = Math.min(end, from + 1 + random(random(2) === 0 ? 8 : 3000));
      for (let at = from; at < to; at++) damaged[at] = random(3) === 0 ? 0 : random(256);
      holes.push([from, to]);
    }
    const touched = (each: LogRecord): boolean =>
      !bytes.subarray(each.from, each.to).equals(damaged.subarray(each.from, each.to));
    const result = await run(damaged);
    const byZxid = new Map(records.map((each) => [each.zxid, each]));
    const kept = new Set(result.kept.map(({ zxid }) => zxid));
    for (const { zxid, payload } of result.kept)
      expect(payload.equals((byZxid.get(zxid) as LogRecord).payload)).toBe(true);
    for (const each of records)
      if (!touched(each)) expect(kept.has(each.zxid), `round ${round}, ${each.zxid}`).toBe(true);
    const gone = records.filter(({ zxid }) => !kept.has(zxid)).map(({ zxid }) => zxid);
    const lost = zxidsOf(result.log.lost);
    const tail = (records.findLast(({ zxid }) => kept.has(zxid)) as LogRecord).zxid;
    expect(lost.filter((zxid) => zxid <= tail)).toEqual(gone.filter((zxid) => zxid <= tail));
    if (gone.some((zxid) => zxid > tail)) expect(result.log.unknown).not.toBeNull();
  }
});

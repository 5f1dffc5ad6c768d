import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { LogAccount, SalvageAccount, SalvagedRange } from "../../../src/forensics/salvage/salvage-account.js";
import { salvage, type SalvageOptions } from "../../../src/forensics/salvage/salvage.js";
import { discover } from "../../../src/recovery/index.js";
import { LogReader } from "../../../src/storage/log-reader.js";
import { openBytes } from "../../../src/io/open-bytes.js";
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
  const reader = new LogReader(openBytes(path));
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

function zxidsOf(ranges: readonly SalvagedRange[]): bigint[] {
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
    // It is there, and nothing proves it.
    expect(included.log.lost).toEqual([]);
    expect(included.account).toMatchObject({ whole: false, suspectZxids: [victim.zxid] });
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

  test("records of which nothing is left, one behind the other, are one place", async () => {
    const damaged = Buffer.from(bytes);
    for (const { from, to } of records.slice(50, 61)) damaged.fill(0xff, from + 12, to - 1);
    const { log } = await run(damaged);
    expect(log.lostBytes).toEqual([{ from: (records[50] as LogRecord).from, to: (records[60] as LogRecord).to }]);
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

  test("cut: the record that was not finished is named, and left out as a server leaves it out", async () => {
    const result = await run(bytes.subarray(0, victim.from + 40));
    expectKept(result, records.slice(0, 100));
    expect(result.log).toMatchObject({ unfinished: { zxid: victim.zxid, offset: victim.from, bytes: 40 }, lost: [] });
    expect(result.account.whole).toBe(true);
  });

  for (const mark of [0, 0x43]) {
    test(`a last record without its end mark (${mark}) is left out, unless the next log follows on it`, async () => {
      const unmarked = Buffer.from(bytes);
      unmarked[end - 1] = mark;
      const alone = await run(unmarked);
      expectKept(alone, records.slice(0, -1));
      expect(alone.log.repaired).toEqual([]);
      // Another byte in its place is damage, not a record that was being written.
      expect(alone.account.whole).toBe(mark === 0);
      const followed = await run(unmarked, {}, ["log.5de"]);
      expectKept(followed, records);
      expect(followed.log.repaired).toMatchObject([{ zxid: 0x5ddn }]);
      expect(followed.account.whole).toBe(true);
    });
  }

  test("records without an end mark behind damage are put right", async () => {
    const [before, next] = [records[99] as LogRecord, records[101] as LogRecord];
    const damaged = flipped(before.to - 1, victim.to - 20, next.to - 1);
    const result = await run(damaged);
    expectKept(result, butVictim);
    expect(result.log.lost).toEqual([{ first: victim.zxid, last: victim.zxid }]);
  });

  test("garbage at the end: what was there is not known", async () => {
    const damaged = Buffer.from(bytes);
    for (let at = victim.from; at < end; at++) damaged[at] = (at * 131 + (at >> 8)) & 0xff || 7;
    const result = await run(damaged);
    expectKept(result, records.slice(0, 100));
    expect(result.log.unknown).not.toBeNull();
    expect(result.account.whole).toBe(false);
  });

  for (const [what, reach] of [
    ["alone", 16],
    ["and the first records", 3000],
  ] as const) {
    test(`a damaged header ${what}`, async () => {
      const damaged = Buffer.from(bytes);
      damaged.fill(0, 0, reach);
      const kept = records.filter(({ from }) => from >= reach);
      const result = await run(damaged);
      expectKept(result, kept);
      const gone = records.length - kept.length;
      const first = 0x2ean;
      expect(result.log.lost).toEqual(gone === 0 ? [] : [{ first, last: first + BigInt(gone) - 1n }]);
      expect(result.account.whole).toBe(gone === 0);
    });
  }

  test("records out of order are no loss, beside damage or alone", async () => {
    const [a, b] = [records[50] as LogRecord, records[60] as LogRecord];
    const swapped = Buffer.concat([
      bytes.subarray(0, a.from),
      bytes.subarray(b.from, b.to),
      bytes.subarray(a.to, b.from),
      bytes.subarray(a.from, a.to),
      bytes.subarray(b.to),
    ]);
    const alone = await run(swapped);
    expect(alone.log).toMatchObject({ fate: "copied", lost: [] });
    expect(alone.account).toMatchObject({ whole: true, lost: [], missing: [] });
    swapped[victim.to - 20] = (swapped[victim.to - 20] as number) ^ 1;
    const result = await run(swapped);
    expect(result.log).toMatchObject({ fate: "rewritten", lost: [{ first: victim.zxid, last: victim.zxid }] });
    expect(new Set(result.kept.map(({ zxid }) => zxid))).toEqual(new Set(butVictim.map(({ zxid }) => zxid)));
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

describe("holes between logs", () => {
  const version = join(original, "..");
  const source = (leave: readonly string[]): string => {
    const folder = join(scratch, `holes${next++}`);
    cpSync(version, join(folder, "version-2"), { recursive: true });
    for (const name of leave) rmSync(join(folder, "version-2", name));
    return folder;
  };

  test("what is lost is told once, and sound logs beside it are copied", async () => {
    const folder = source([]);
    writeFileSync(join(folder, "version-2", "log.5de"), "");
    const account = await salvage(discover([folder]), join(scratch, `target${next++}`));
    expect(account.lost).toEqual([{ first: 0x5den, last: 0x76cn }]);
    expect(account.missing).toEqual([]);
    const fates = account.files.filter(({ fate }) => fate !== "copied");
    expect(fates).toMatchObject([{ file: "log.5de", fate: "lost", lost: account.lost }]);
  });

  test("what was in no file is missing, not lost, unless a snapshot goes on behind it", async () => {
    const snapshots = readdirSync(version).filter((name) => name.startsWith("snapshot."));
    const account = await salvage(discover([source(["log.5de", ...snapshots])]), join(scratch, `target${next++}`));
    expect(account).toMatchObject({ lost: [], missing: [{ first: 0x5den, last: 0x76cn }], whole: false });
    expect(account.files.every(({ fate }) => fate === "copied")).toBe(true);
  });

  test("another server's log takes its place", async () => {
    const account = await salvage(discover([source(["log.5de"])]), join(scratch, `target${next++}`), {
      nodes: [discover([fixtureDir("3.8.6-standalone")])],
    });
    expect(account).toMatchObject({ lost: [], missing: [], whole: true });
    const made = account.files.find(({ fate }) => fate === "recovered") as LogAccount;
    expect(made).toMatchObject({
      output: "version-2/log.5de",
      recovered: [{ first: 0x5den, last: 0x76cn, count: 399 }],
    });
    expect((await recordsOf(join(account.target, made.output as string))).length).toBe(399);
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
    if (gone.some((zxid) => zxid > tail)) expect(result.log.unknown ?? result.log.unfinished).not.toBeNull();
  }
});

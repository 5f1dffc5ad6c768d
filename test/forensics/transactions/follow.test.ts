import {
  mkdtempSync,
  openSync,
  closeSync,
  ftruncateSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { follow, type FollowOptions } from "../../../src/forensics/transactions/follow.js";
import { readTimeline } from "../../../src/forensics/history/timeline.js";
import { discover } from "../../../src/recovery/index.js";
import type { Finding } from "../../../src/findings/finding.js";
import type { TxnCursor } from "../../../src/txn/index.js";
import { fromHalves, hex } from "../../../src/storage/zxid.js";
import { fixtureDir } from "../../fixtures/index.js";

const { logs } = discover([fixtureDir("3.8.6-standalone")]);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zkrewind-follow-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Log {
  name: string;
  bytes: Buffer;
  /** Where each record ends, and its zxid. */
  records: { zxid: bigint; start: number; end: number }[];
}

async function readLog(index: number): Promise<Log> {
  const file = logs[index] as (typeof logs)[number];
  const records: Log["records"] = [];
  await readTimeline(
    [file],
    { from: null, to: null },
    {
      begin() {},
      take(txn, _shape, _bytes, { offset, length }) {
        records.push({ zxid: fromHalves(txn.zxidHigh, txn.zxidLow), start: offset, end: offset + 12 + length + 1 });
      },
    },
  );
  return { name: file.name, bytes: readFileSync(file.path), records };
}

const all = await Promise.all(logs.map((_, index) => readLog(index)));
const [tail] = all.slice(-1) as [Log];
const allZxids = all.flatMap(({ records }) => records.map(({ zxid }) => zxid));

interface Following {
  told: (bigint | string)[];
  findings: Finding[];
  stop: () => Promise<number>;
}

function start(options: Partial<FollowOptions> = {}): Following {
  const controller = new AbortController();
  const told: (bigint | string)[] = [];
  const findings: Finding[] = [];
  const done = follow(
    [folder],
    { from: null, interval: 1, signal: controller.signal, ...options },
    {
      take: (txn, _shape, _bytes, { checksumOk }) => {
        const zxid = fromHalves(txn.zxidHigh, txn.zxidLow);
        told.push(checksumOk ? zxid : `damaged ${hex(zxid)}`);
      },
      pause() {},
      finding: (finding) => findings.push(finding),
      truncated: (after) => told.push(`truncated after ${hex(after)}`),
    },
  );
  return {
    told,
    findings,
    stop: () => {
      controller.abort();
      return done;
    },
  };
}

/** Writes a log as a server does: space first, then what comes, in pieces that end anywhere. */
async function write({ name, bytes }: Log, pieces: readonly number[], end = bytes.length): Promise<void> {
  const descriptor = openSync(join(folder, name), "w");
  let prepared = 0;
  for (let at = 0, index = 0; at < end; index++) {
    const piece = Math.min(pieces[index % pieces.length] as number, end - at);
    if (at + piece > prepared) ftruncateSync(descriptor, (prepared += 1 << 16));
    at += writeSync(descriptor, bytes, at, piece);
    if (index % 8 === 0) await sleep(0);
  }
  closeSync(descriptor);
}

describe("following a server's logs", () => {
  test("misses nothing and tells nothing twice, wherever a write is torn, across roll-overs", async () => {
    const { told, findings, stop } = start();
    for (const log of all) await write(log, [1000, 1, 37, 4096, 7, 8192]);
    expect(await stop()).toBe(allZxids.length);
    expect(told).toEqual(allZxids);
    expect(findings).toEqual([]);
  });

  test("whatever the pieces are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 6 }), async (pieces) => {
        const { told, findings, stop } = start();
        await write(tail, pieces);
        await stop();
        rmSync(join(folder, tail.name));
        expect(told).toEqual(tail.records.map(({ zxid }) => zxid));
        expect(findings).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  test("waits for what takes long to be told before its bytes go", async () => {
    for (const log of all) writeFileSync(join(folder, log.name), log.bytes);
    let busy = false;
    const told: bigint[] = [];
    const visitor = {
      take: async ({ zxid }: TxnCursor): Promise<void> => {
        expect(busy).toBe(false);
        busy = true;
        await sleep(0);
        busy = false;
        told.push(zxid);
      },
      isDone: () => told.length >= 9,
    };
    await follow([folder], { from: 0x700n, interval: 1 }, visitor);
    expect(told).toEqual(allZxids.filter((zxid) => zxid >= 0x700n).slice(0, told.length));
  });

  test("begins where it is asked to, and ends there", async () => {
    for (const log of all) writeFileSync(join(folder, log.name), log.bytes);
    const { told, stop } = start({ from: 0x700n, to: 0x7ffn });
    await stop();
    expect(told).toEqual(allZxids.filter((zxid) => zxid >= 0x700n && zxid <= 0x7ffn));
    const few = start({ from: 0xe50n, limit: 3 });
    await sleep(20);
    expect(few.told).toEqual([0xe50n, 0xe51n, 0xe52n]);
  });

  test("a record that a crash left incomplete is reported only when the server has gone on without it", async () => {
    const [first, second] = [all[3] as Log, all[4] as Log];
    const torn = first.records.at(-1) as Log["records"][number];
    const { told, findings, stop } = start();
    await write(first, [5000], torn.end - 20);
    await sleep(20);
    expect(findings).toEqual([]);
    await write(second, [5000]);
    await stop();
    // The zxid that the torn record had is missing then, too.
    expect(findings.map(({ code }) => code)).toEqual(["log.torn-tail", "coverage.gap"]);
    expect(findings[0]?.offset).toBe(torn.start);
    expect(told).toEqual([...first.records.slice(0, -1), ...second.records].map(({ zxid }) => zxid));
  });

  test("a damaged record is told as such once a sound one follows it", async () => {
    const bytes = Buffer.from(tail.bytes);
    const hit = tail.records[10] as Log["records"][number];
    bytes.writeUInt8(bytes.readUInt8(hit.end - 3) ^ 1, hit.end - 3);
    const { told, findings, stop } = start();
    await write({ ...tail, bytes }, [700], hit.end);
    await sleep(20);
    expect(told.length).toBe(10);
    await write({ ...tail, bytes }, [700]);
    await stop();
    const expected = tail.records.map(({ zxid }, index) => (index === 10 ? `damaged ${hex(zxid)}` : zxid));
    expect(told).toEqual(expected);
    expect(findings.map(({ code }) => code)).toEqual(["log.crc", "coverage.gap"]);
  });

  test("a log that the leader has cut is told, and what came instead", async () => {
    const { records, bytes } = tail;
    const cut = records[20] as Log["records"][number];
    const { told, findings, stop } = start();
    await write(tail, [9000]);
    await sleep(20);
    truncateSync(join(folder, tail.name), cut.start);
    // The server goes on in a new file with the transaction that it was told instead.
    const header = bytes.subarray(0, 16);
    writeFileSync(join(folder, `log.${cut.zxid.toString(16)}`), Buffer.concat([header, bytes.subarray(cut.start)]));
    await sleep(20);
    await stop();
    const zxids = records.map(({ zxid }) => zxid);
    expect(told).toEqual([...zxids, `truncated after ${hex(cut.zxid - 1n)}`, ...zxids.slice(20)]);
    expect(findings).toEqual([]);
  });

  test.each<[what: string, header: Buffer, code: string]>([
    ["another magic", Buffer.from("5858585800000002" + "00".repeat(8), "hex"), "log.header"],
    ["zeros", Buffer.alloc(16), "log.header"],
    ["another version", Buffer.from("5a4b4c4700000003" + "00".repeat(8), "hex"), "file.version"],
    ["another dbid", Buffer.from("5a4b4c4700000002" + "07".repeat(8), "hex"), "file.dbid"],
  ])("a damaged header, %s, is told at once, and the records behind it", async (_, header, code) => {
    const { told, findings, stop } = start();
    await write({ ...tail, bytes: Buffer.concat([header, tail.bytes.subarray(16)]) }, [7000]);
    await sleep(20);
    expect(findings).toMatchObject([{ code, file: tail.name }]);
    await stop();
    expect(findings).toHaveLength(1);
    expect(told).toEqual(tail.records.map(({ zxid }) => zxid));
  });

  test.each([
    [0, "file.empty"],
    [9, "file.short-header"],
    [1000, "file.zeros"],
  ])("a file of %i bytes is told once the server has gone on in another", async (length, code) => {
    const [first, second] = [all[3] as Log, all[4] as Log];
    const { told, findings, stop } = start();
    writeFileSync(join(folder, first.name), length < 16 ? first.bytes.subarray(0, length) : Buffer.alloc(length));
    await sleep(20);
    expect(findings).toEqual([]);
    await write(second, [5000]);
    await stop();
    expect(findings.map((each) => each.code)).toEqual([code]);
    expect(told).toEqual(second.records.map(({ zxid }) => zxid));
  });

  test("a file whose header is not there yet is waited for", async () => {
    const { told, findings, stop } = start();
    writeFileSync(join(folder, tail.name), "");
    await sleep(10);
    await write(tail, [3, 5, 7000]);
    await stop();
    expect(told).toEqual(tail.records.map(({ zxid }) => zxid));
    expect(findings).toEqual([]);
  });
});

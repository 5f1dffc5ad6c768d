import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adler32 } from "../../src/checksum/index.js";
import { scanLog } from "../../src/recovery/index.js";
import type { LogScan } from "../../src/recovery/scan/scan-log.js";
import { LogReader } from "../../src/storage/log-reader.js";
import { plain } from "../../src/text/message.js";
import { fixtureDir } from "../fixtures/index.js";
import { Anywhere, memoryFile, Trickle } from "../fixtures/memory.js";

interface Frame {
  zxid: bigint;
  start: number;
  /** Where its end mark lies. */
  last: number;
}

const whole = readFileSync(join(fixtureDir("3.8.6-standalone"), "version-2", "log.2ea"));
const frames: Frame[] = [];
for (let at = 16; whole.readInt32BE(at + 8) > 0; at = (frames.at(-1) as Frame).last + 1)
  frames.push({ zxid: whole.readBigInt64BE(at + 24), start: at, last: at + 12 + whole.readInt32BE(at + 8) });
const middle = frames[200] as Frame;
const last = frames.at(-1) as Frame;
/** With some padding, not all of it. */
const log = whole.subarray(0, last.last + 1 + 5000);

function edited(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(log);
  change(bytes);
  return bytes;
}

async function scan(bytes: Buffer): Promise<LogScan & { said: string[] }> {
  const found = await scanLog(memoryFile("log.2ea", bytes));
  const said = found.findings.filter(({ severity }) => severity !== "note");
  return { ...found, said: said.map(({ severity, code }) => `${severity} ${code}`) };
}

describe("a record without its end mark", () => {
  test("is there where the next record follows on it", async () => {
    for (const mark of [0, 0x43]) {
      const result = await scan(edited((bytes) => (bytes[middle.last] = mark)));
      expect(result).toMatchObject({ transactions: frames.length, said: ["error log.end-mark"] });
      expect(result.runs).toHaveLength(1);
      expect(result.findings).toContainEqual(
        expect.objectContaining({ code: "log.end-mark", offset: middle.last, zxid: middle.zxid }),
      );
    }
  });

  test("is not there at the end: the server's next log has its zxid again", async () => {
    const result = await scan(edited((bytes) => (bytes[last.last] = 0)));
    expect(result).toMatchObject({ transactions: frames.length - 1, end: "torn", said: ["warning log.torn-tail"] });
    expect(result.runs.at(-1)?.last).toBe(last.zxid - 1n);
    expect(result.findings).toContainEqual(expect.objectContaining({ code: "log.torn-tail", zxid: last.zxid }));
  });

  test("nor where its mark is another byte, which is damage", async () => {
    const result = await scan(edited((bytes) => (bytes[last.last] = 0x43)));
    expect(result).toMatchObject({ transactions: frames.length - 1, said: ["error log.end-mark"] });
  });

  test("nor where the record behind it does not follow on it, or is damaged", async () => {
    const next = frames[201] as Frame;
    const other = await scan(
      edited((bytes) => {
        bytes[middle.last] = 0;
        bytes.writeBigInt64BE(middle.zxid, next.start + 24);
        bytes.writeUInt32BE(adler32(bytes.subarray(next.start + 12, next.last)), next.start + 4);
      }),
    );
    expect(other.transactions).toBe(frames.length - 1);
    const damaged = await scan(
      edited((bytes) => {
        bytes[middle.last] = 0;
        bytes[next.start + 50] = (bytes[next.start + 50] as number) ^ 1;
      }),
    );
    expect(damaged.transactions).toBe(frames.length - 2);
  });
});

describe("a log whose header is damaged", () => {
  test("still has its records", async () => {
    const result = await scan(edited((bytes) => bytes.fill(0, 0, 4)));
    expect(result).toMatchObject({ transactions: frames.length, end: "clean", said: ["error log.header"] });
    expect(result.findings[0] && plain(result.findings[0].message)).toBe(
      `the magic is 0x0, not 0x5a4b4c47; ${frames.length} sound records follow, from byte 16 on`,
    );
  });

  test("and those behind the damage, where it reaches further", async () => {
    const result = await scan(edited((bytes) => bytes.fill(0, 0, middle.start + 20)));
    expect(result).toMatchObject({ transactions: frames.length - 201, said: ["error log.header"] });
    expect(result.runs[0]?.first).toBe(middle.zxid + 1n);
  });

  test("even where the beginning is gone", async () => {
    const result = await scan(log.subarray(middle.start));
    expect(result).toMatchObject({ transactions: frames.length - 200, said: ["error log.header"] });
  });

  test("a file that is no log is none", async () => {
    const result = await scan(Buffer.from("something else ".repeat(1000)));
    expect(result).toMatchObject({ transactions: 0, end: "unreadable", said: ["error file.magic"] });
    expect(result.findings[0] && plain(result.findings[0].message)).toContain("no sound record is in it");
  });

  test("nor is one of zeros", async () => {
    const result = await scan(Buffer.alloc(100_000));
    expect(result).toMatchObject({ transactions: 0, end: "unreadable", said: ["error file.zeros"] });
    expect(result.findings[0] && plain(result.findings[0].message)).toContain("all 100000 bytes");
  });
});

describe("what follows the last sound record", () => {
  const rest = (change: (bytes: Buffer) => void): Promise<LogScan & { said: string[] }> => scan(edited(change));
  const noise = (bytes: Buffer, from: number, to: number): void => {
    for (let at = from; at < to; at++) bytes[at] = (at * 167 + (at >> 7) * 31 + 11) & 0xff || 1;
  };

  test("bytes that are no record and no zeros: damage of unknown extent", async () => {
    const result = await rest((bytes) => noise(bytes, middle.start, last.last + 1));
    expect(result).toMatchObject({ transactions: 200, end: "damaged" });
    const found = result.findings.find(({ code }) => code === "log.garbage");
    expect(found).toMatchObject({ severity: "error", offset: middle.start });
    expect(found && plain(found.message)).toContain(`${last.last + 1 - middle.start} bytes`);
  });

  test("the same where a record's head is still there", async () => {
    const result = await rest((bytes) => noise(bytes, middle.start + 12, last.last + 1));
    expect(result.said).toContain("error log.garbage");
  });

  test("a record that was being written, and zeros", async () => {
    for (const written of [6, 12, 40, middle.last - middle.start]) {
      const result = await rest((bytes) => bytes.fill(0, middle.start + written));
      expect(result, `${written} bytes`).toMatchObject({ transactions: 200, said: ["warning log.torn-tail"] });
    }
  });

  test("a record with a wrong length that its checksum still proves is damage, not torn", async () => {
    const result = await rest((bytes) => bytes.writeInt32BE(bytes.readInt32BE(last.start + 8) + 64, last.start + 8));
    expect(result).toMatchObject({ transactions: frames.length - 1, said: ["error log.torn"] });
  });

  test("much behind zeros", async () => {
    const few = await rest((bytes) => noise(bytes, last.last + 1000, last.last + 1010));
    expect(few).toMatchObject({ transactions: frames.length, said: ["warning log.padding"], end: "clean" });
    const many = await rest((bytes) => noise(bytes, last.last + 1000, last.last + 1500));
    expect(many).toMatchObject({ transactions: frames.length, said: ["error log.garbage"], end: "damaged" });
  });
});

test("a length of gigabytes takes no memory, and hides nothing", async () => {
  const bytes = Buffer.concat([log, Buffer.alloc(40 << 20)]);
  bytes.writeInt32BE(35 << 20, middle.start + 8);
  const source = new Anywhere(bytes);
  const reader = new LogReader(source);
  let count = 0;
  await reader.readHead();
  while (await reader.fill()) while (reader.next()) count++;
  expect(count).toBe(frames.length - 1);
  expect(reader.window.block.bytes.length).toBeLessThan(8 << 20);
  reader.close();
});

/** Damage to bytes [16, end): what each kind of accident does to a place. */
type Harm = { kind: "flip" | "zero" | "noise" | "cut" | "insert"; at: number; length: number; seed: number };

function harmed(bytes: Buffer, { kind, at, length, seed }: Harm): Buffer {
  const from = 16 + (at % (bytes.length - 16));
  const to = Math.min(bytes.length, from + length);
  const copy = Buffer.from(bytes);
  const noise = Buffer.from(Array.from({ length }, (_, index) => (seed * (index + 7) * 2654435761) >>> 13));
  if (kind === "cut") return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  if (kind === "insert") return Buffer.concat([bytes.subarray(0, from), noise, bytes.subarray(from)]);
  if (kind === "zero") copy.fill(0, from, to);
  else if (kind === "noise") noise.copy(copy, from, 0, to - from);
  else copy[from] = (copy[from] as number) ^ (1 << (seed & 7));
  return copy;
}

/** The sound records in some bytes, by trying each byte; those inside others do not count. */
function soundIn(bytes: Buffer): bigint[] {
  const found: bigint[] = [];
  for (let at = 16; at + 45 <= bytes.length; at++) {
    const length = bytes.readInt32BE(at + 8);
    const end = at + 12 + length;
    if (bytes.readUInt32BE(at) !== 0 || length < 32 || end >= bytes.length || bytes[end] !== 0x42) continue;
    if (adler32(bytes.subarray(at + 12, end)) !== bytes.readUInt32BE(at + 4)) continue;
    found.push(bytes.readBigInt64BE(at + 24));
    at = end;
  }
  return found;
}

describe("whatever is done to a log, every sound record in it is read, and no other that counts", () => {
  const harm = fc.record({
    kind: fc.constantFrom("flip" as const, "zero" as const, "noise" as const, "cut" as const, "insert" as const),
    at: fc.nat(1 << 20),
    length: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5000 })),
    seed: fc.nat(1 << 20),
  });
  const some = log.subarray(0, (frames[150] as Frame).start + 300);

  async function soundOf(reader: LogReader): Promise<{ sound: bigint[]; unmarked: bigint[] }> {
    const sound: bigint[] = [];
    await reader.readHead();
    while (await reader.fill()) {
      while (reader.next()) {
        if (!reader.checksumOk) continue;
        sound.push(reader.window.block.view.getBigInt64(reader.payloadStart + 12));
      }
    }
    const unmarked = [...reader.findings].filter(({ code }) => code === "log.end-mark");
    reader.close();
    return { sound, unmarked: unmarked.map(({ zxid }) => zxid as bigint) };
  }

  test("in a file", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(harm, { minLength: 1, maxLength: 6 }), async (harms) => {
        const bytes = harms.reduce(harmed, some);
        const { sound, unmarked } = await soundOf(new LogReader(new Anywhere(bytes)));
        const expected = soundIn(bytes);
        expect(sound.filter((zxid) => !unmarked.includes(zxid))).toEqual(
          expected.filter((zxid) => !unmarked.includes(zxid)),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("in what comes in pieces", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(harm, { minLength: 1, maxLength: 6 }), fc.boolean(), async (harms, known) => {
        const bytes = harms.reduce(harmed, some);
        const { sound, unmarked } = await soundOf(new LogReader(new Trickle(bytes, [999, 5, 70_000], known)));
        expect(sound.filter((zxid) => !unmarked.includes(zxid))).toEqual(
          soundIn(bytes).filter((zxid) => !unmarked.includes(zxid)),
        );
      }),
      { numRuns: 100 },
    );
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { adler32 } from "../../src/checksum/index.js";
import { discover, scanSnapshot } from "../../src/recovery/index.js";
import type { SnapshotScan } from "../../src/recovery/scan/scan-snapshot.js";
import type { ByteSource } from "../../src/io/byte-source.js";
import { JuteWriter } from "../../src/jute/index.js";
import { encodeAcl } from "../../src/storage/acl.js";
import { SnapshotReader } from "../../src/storage/snapshot-reader.js";
import { plain } from "../../src/text/message.js";
import { loadSnapshot } from "../../src/tree/index.js";
import { fixtureDir } from "../fixtures/index.js";
import { memoryFile } from "../fixtures/memory.js";

const serious = ({ findings }: SnapshotScan): string[] =>
  findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);

/** The records of a real snapshot: where each begins and ends. */
async function recordsOf(bytes: Buffer): Promise<{ start: number; end: number }[]> {
  const reader = new SnapshotReader(memoryFile("snapshot.1", bytes).open());
  const records: { start: number; end: number }[] = [];
  await reader.readHead();
  while (await reader.fill())
    while (reader.next()) records.push({ start: reader.recordOffset, end: reader.recordOffset + reader.recordLength });
  reader.close();
  return records;
}

describe("zeros in a snapshot", async () => {
  const { snapshots } = discover([fixtureDir("3.8.6-standalone")]);
  const { path, name } = snapshots.at(-1) as (typeof snapshots)[number];
  const bytes = readFileSync(path);
  const records = await recordsOf(bytes);
  const begin = (records[0] as { start: number }).start;
  const end = (records.at(-1) as { end: number }).end;

  function zeroed(from: number, to: number): Buffer {
    const copy = Buffer.from(bytes);
    copy.fill(0, from, to);
    return copy;
  }

  /** Whether only the last bytes of a record are gone: of a pzxid nobody knows what it was. */
  const cutsLast = (from: number): boolean => records.some((each) => each.end > from && each.end <= from + 4);

  test("from any byte to the end: one finding, with the byte and how many znodes are whole", async () => {
    for (let from = begin + 5; from < end - 200; from += 37) {
      const scan = await scanSnapshot(memoryFile(name, zeroed(from, bytes.length)));
      // The snapshot is fuzzy: one of its ACLs is in the log alone.
      const codes = serious(scan).filter((code) => code !== "acl.dangling");
      expect(codes, `from ${from}`).toEqual(["snapshot.zeros"]);
      const [found] = scan.findings.filter(({ code }) => code === "snapshot.zeros");
      // Zeros that were there before it belong to them.
      expect(found?.offset, `from ${from}`).toBeGreaterThan(from - 80);
      expect(found?.offset).toBeLessThanOrEqual(Math.ceil(from / 512) * 512);
      const whole = records.filter((each) => each.end <= from).length;
      expect(cutsLast(from) ? [whole, whole + 1] : [whole, whole - 1], `from ${from}`).toContain(scan.znodes);
      expect(found && plain(found.message)).toContain(`to the end, byte ${bytes.length}; ${scan.znodes} znode`);
    }
  });

  test("from a sector on: the sector's first byte", async () => {
    for (let from = Math.ceil(begin / 512) * 512; from < end - 200; from += 512) {
      const { findings } = await scanSnapshot(memoryFile(name, zeroed(from, bytes.length)));
      if (!cutsLast(from)) expect(findings.find(({ code }) => code === "snapshot.zeros")?.offset).toBe(from);
    }
  });

  test("in the middle: how far they reach", async () => {
    const from = Math.ceil(begin / 4096) * 4096;
    const scan = await scanSnapshot(memoryFile(name, zeroed(from, from + 4096)));
    expect(serious(scan)).toEqual(["snapshot.zeros"]);
    const [found] = scan.findings.filter(({ code }) => code === "snapshot.zeros");
    expect(found && plain(found.message)).toMatch(new RegExp(`^zeros from byte ${from} to byte ${from + 4096}`));
  });

  test("a tree that is loaded says the same, and nothing of what follows is held", async () => {
    const from = Math.ceil(begin / 4096) * 4096;
    const loaded = await loadSnapshot(memoryFile(name, zeroed(from, bytes.length)).open());
    expect(loaded.sound).toBe(false);
    expect(loaded.findings.map(({ code }) => code)).toContain("snapshot.zeros");
  });

  test("all of it: it was never written", async () => {
    const scan = await scanSnapshot(memoryFile(name, Buffer.alloc(70_000)));
    expect(serious(scan)).toEqual(["file.zeros"]);
  });
});

interface Lists {
  sessions?: readonly [id: bigint, timeout: number][];
  acls?: readonly bigint[];
}

/** A sealed snapshot of a root alone. */
function snapshotOf({ sessions = [], acls = [] }: Lists): Buffer {
  const head = new JuteWriter().int(0x5a4b534e).int(2).long(-1n).int(sessions.length);
  for (const [id, timeout] of sessions) head.long(id).int(timeout);
  head.int(acls.length);
  for (const id of acls) head.long(id).raw(encodeAcl([{ perms: 31, scheme: "world", id: "anyone" }]));
  head
    .string("")
    .int(0)
    .long(-1n)
    .long(0n)
    .long(0n)
    .long(0n)
    .long(0n)
    .int(0)
    .int(0)
    .int(0)
    .long(0n)
    .long(0n)
    .string("/");
  const body = Buffer.from(head.bytes);
  return Buffer.concat([body, new JuteWriter().long(BigInt(adler32(body))).string("/").bytes]);
}

describe("sessions and ACLs", () => {
  test("are all there, with their ids", async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => BigInt.asIntN(64, BigInt(index + 1) * 0x9e3779b97f4a7c15n));
    const bytes = snapshotOf({ sessions: ids.map((id, index) => [id, index]), acls: ids.slice(0, 300) });
    const reader = new SnapshotReader(memoryFile("snapshot.1", bytes).open());
    await reader.readHead();
    expect(Array.from(reader.sessions)).toEqual(ids.map((id, timeout) => ({ id, timeout })));
    const entry = encodeAcl([{ perms: 31, scheme: "world", id: "anyone" }]);
    expect(Array.from(reader.acls, ({ id }) => id)).toEqual(ids.slice(0, 300));
    expect([...reader.acls].every(({ acl }) => acl.equals(entry))).toBe(true);
    expect([...reader.findings]).toEqual([]);
  });

  test("an id that is listed again is a finding; the later one counts", async () => {
    const bytes = snapshotOf({
      sessions: [
        [7n, 1000],
        [8n, 2000],
        [7n, 3000],
      ],
      acls: [1n, 2n, 1n],
    });
    const scan = await scanSnapshot(memoryFile("snapshot.1", bytes));
    expect(serious(scan)).toEqual(["snapshot.repeated-id", "snapshot.repeated-id"]);
    expect(scan).toMatchObject({ sessions: 2, acls: 2, znodes: 1, sound: false });
    const { tree } = await loadSnapshot(memoryFile("snapshot.1", bytes).open());
    expect(tree.sessions.get(0, 7)).toBe(3000);
  });
});

/** Some bytes, then as many more of a period as are asked for, as from a compressed file: its size is not known. */
class Bomb implements ByteSource {
  readonly name = "snapshot.1.gz";
  readonly compression = "gzip";
  readonly size = undefined;
  storedRead = 0;
  private readonly head: Buffer;
  private readonly period: Buffer;

  constructor(head: Buffer, period: Buffer) {
    this.head = head;
    this.period = period;
  }

  read(target: Buffer, offset: number, length: number): number {
    const at = this.storedRead;
    if (at >= MOST) return 0;
    const { head, period } = this;
    const most = Math.min(length, 1 << 20);
    let count = at < head.length ? head.copy(target, offset, at, at + most) : 0;
    while (count < most) {
      const from = (at + count - head.length) % period.length;
      count += period.copy(target, offset + count, from, Math.min(period.length, from + most - count));
    }
    this.storedRead += count;
    return count;
  }

  again(): Bomb {
    return new Bomb(this.head, this.period);
  }

  close(): void {}
}

const MOST = 64 * 2 ** 30;

describe("what a compressed file claims", () => {
  const header = Buffer.from(new JuteWriter().int(0x5a4b534e).int(2).long(-1n).bytes);
  const claim = (...ints: number[]): Buffer => {
    const out = new JuteWriter().raw(header);
    for (const int of ints) out.int(int);
    return Buffer.from(out.bytes);
  };
  const zeros = Buffer.alloc(1 << 20);
  const same = Buffer.alloc(12 << 16);
  for (let at = 0; at < same.length; at += 12) same.writeBigInt64BE(5n, at);
  const counting = Buffer.from(zeros);
  counting.writeInt32BE(1, 3);

  for (const [what, head, period] of [
    ["2^31 sessions of zeros", claim(0x7fffffff), zeros],
    ["2^31 sessions of one id", claim(0x7fffffff), same],
    ["2^31 ACLs of zeros", claim(0, 0x7fffffff), zeros],
    ["2^31 ACLs of one id", claim(0, 0x7fffffff), same],
    ["an ACL of 2^31 entries", claim(0, 1, 0, 1, 0x7fffffff), zeros],
    ["znodes of zeros", claim(0, 0), zeros],
    ["a value of 2 GiB", claim(0, 0, 0, 0x7fffff00), counting],
    ["a path of 2 GiB", claim(0, 0, 0x7fffff00), counting],
  ] as const) {
    test(`${what} ends soon, in little memory`, async () => {
      for (const large of [false, true]) {
        const source = new Bomb(head, period);
        const reader = new SnapshotReader(source);
        if (large) reader.passLarge({ begin() {}, piece() {} });
        if (await reader.readHead()) while (await reader.fill()) while (reader.next());
        expect(source.storedRead).toBeLessThan(512 << 20);
        expect(reader.window.limit).toBeLessThan(128 << 20);
        expect(reader.sessions.length + reader.acls.length).toBeLessThan(100);
        expect(reader.sound).toBe(false);
        expect(reader.findings.some(({ severity }) => severity === "error")).toBe(true);
        reader.close();
      }
    });
  }
});

test("the ACL map of every fixture's snapshots is as it lies in the file", async () => {
  const file = join(fixtureDir("3.8.6-odd-acl-ids"));
  for (const snapshot of discover([file]).snapshots) {
    const bytes = readFileSync(snapshot.path);
    const reader = new SnapshotReader(snapshot.open());
    await reader.readHead();
    let at = 20 + 12 * bytes.readInt32BE(16);
    expect(bytes.readInt32BE(at)).toBe(reader.acls.length);
    at += 4;
    for (const { id, acl } of reader.acls) {
      expect(bytes.readBigInt64BE(at)).toBe(id);
      expect(acl.equals(bytes.subarray(at + 8, at + 8 + acl.length))).toBe(true);
      at += 8 + acl.length;
    }
    reader.close();
  }
});

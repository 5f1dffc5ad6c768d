import fc from "fast-check";
import { expect, test } from "vitest";
import { readingOf } from "../../fuzz/both-ways.js";
import { JuteWriter } from "../../src/jute/index.js";
import type { StoredFile } from "../../src/recovery/index.js";
import { SnapshotWriter } from "../../src/storage/snapshot-writer.js";
import { memoryFile, snapshotBytes, Trickle } from "../fixtures/memory.js";
import { runs } from "../thorough.js";

/** What the kernel takes by the hundred is what is read one znode at a time, and where it stops too. */
async function expectSameBothWays(file: StoredFile): Promise<object> {
  const reading = await readingOf(file, false);
  expect(reading).toEqual(await readingOf(file, true));
  return reading;
}

/** One znode more: so many levels up from the last one, then down by a name. */
interface Step {
  up: number;
  name: string;
  data: number;
  acl: bigint;
  owner: bigint;
  /** Its three zxids' lower half, and pzxid's apart. */
  zxid: number;
  pzxid: number;
  epoch: number;
  oddity: "none" | (typeof ODDITIES)[number];
}

const ODDITIES = ["orphan", "twice", "relative", "slash", "root", "elsewhere", "changed"] as const;

const step: fc.Arbitrary<Step> = fc.record({
  up: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 3, arbitrary: fc.nat(4) }),
  name: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("a", "b", "c", "") },
    { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 20 }).map((text) => text.replaceAll("/", "_")) },
    { weight: 2, arbitrary: fc.constantFrom("ä", "é".repeat(30), "n".repeat(16), "n".repeat(47), "//", "a/") },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 7000 }).map((length) => "x".repeat(length)) },
  ),
  data: fc.oneof(fc.constantFrom(-1, 0, 47, 12), fc.nat(90)),
  acl: fc.oneof(
    { weight: 8, arbitrary: fc.constant(-1n) },
    { weight: 3, arbitrary: fc.constantFrom(1n, 2n, 257n) },
    { weight: 1, arbitrary: fc.constantFrom(0n, 7n, 513n, -2n, 2n ** 60n + 1n) },
  ),
  owner: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0n) },
    { weight: 1, arbitrary: fc.constantFrom(5n, 6n, -(2n ** 63n), -(2n ** 56n) + 9n) },
  ),
  zxid: fc.nat(1000),
  pzxid: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 1000 }) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  epoch: fc.oneof({ weight: 12, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(-1, 2) }),
  oddity: fc.oneof(
    { weight: 40, arbitrary: fc.constant("none" as const) },
    { weight: 4, arbitrary: fc.constantFrom(...ODDITIES) },
  ),
});

const DAMAGES = ["flip", "cut", "zeros", "zeros behind", "length"] as const;
type Damage = { kind: "none" } | { kind: (typeof DAMAGES)[number]; at: number; much: number };

const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ kind: "none" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(...DAMAGES),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      much: fc.nat(2000),
    }),
  },
);

test("a snapshot is read alike in runs and one znode at a time: any znodes, damaged anywhere, in pieces of any size", async () => {
  const pieces = fc.oneof(
    fc.constant([1 << 20]),
    fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 100, max: 20_000 })), {
      minLength: 1,
      maxLength: 5,
    }),
  );
  const steps = fc.array(step, { minLength: 1, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer({ min: 1, max: 9 }),
      damage,
      pieces,
      fc.boolean(),
      async (list, times, how, each, known) => {
        const whole = await written(list, times);
        const bytes = damaged(whole, how);
        const file = { ...memoryFile("snapshot.100000064", bytes), open: () => new Trickle(bytes, each, known) };
        await expectSameBothWays(file);
      },
    ),
    runs(3000, 300),
  );
});

test("runs take most of a usual snapshot, and go on behind a value that passes by", async () => {
  const sizes = Array.from({ length: 3000 }, (_, index) => (index === 1500 ? (1 << 20) + 3 : index % 100));
  const bytes = await snapshotBytes(sizes);
  const reading = await expectSameBothWays(memoryFile("snapshot.100", bytes));
  expect(reading).toMatchObject({ scan: { sound: true, znodes: 3001 }, loaded: { sound: true, size: 3001 } });
});

test("runs go on where the tree's memory goes on in another block, as where a file's size is not known", async () => {
  const usual = { name: "a", data: 30_000, acl: -1n, owner: 0n, zxid: 1, pzxid: 1, epoch: 1, oddity: "none" } as const;
  const { bytes } = await written(
    Array.from({ length: 100 }, (_, index) => ({ ...usual, up: index % 4 })),
    1,
  );
  const file = { ...memoryFile("snapshot.100", bytes), open: () => new Trickle(bytes, [50_000], false) };
  expect(await expectSameBothWays(file)).toMatchObject({ loaded: { sound: true, size: 101 } });
});

interface Written {
  bytes: Buffer;
  /** Where records with a pzxid of counter 0 end. */
  zeroEnds: number[];
}

async function written(steps: readonly Step[], times: number): Promise<Written> {
  const parts: Buffer[] = [];
  const writer = new SnapshotWriter({
    async write(bytes) {
      parts.push(Buffer.from(bytes));
    },
    finish: async () => ({ size: 0, crc32c: 0 }),
    abandon() {},
  });
  const acl = new JuteWriter().int(1).int(31).string("world").string("anyone").bytes;
  await writer.begin(
    [{ id: 5n, timeout: 1000 }],
    [1n, 2n, 257n].map((id) => ({ id, acl: Buffer.from(acl) })),
  );
  const records: { length: number; isZero: boolean }[] = [];
  const add = async (path: string, each: Omit<Step, "up" | "name" | "oddity">): Promise<void> => {
    const record = recordOf(path, each);
    records.push({ length: record.length, isZero: each.pzxid === 0 });
    await writer.add(record, 0, record.length, Number(each.acl));
  };
  await add("", { data: 0, acl: -1n, owner: 0n, zxid: 0, pzxid: 1, epoch: 0 });
  let way: string[] = [];
  const ways: string[][] = [way];
  for (const [index, each] of Array.from({ length: times }, () => steps)
    .flat()
    .entries()) {
    const above = way.slice(0, Math.max(way.length - each.up, 0));
    const name = each.name + String(index).padStart(3, "0");
    if (each.oddity === "none" || each.oddity === "twice") ways.push((way = [...above, name]));
    // A parent that is there, but not above the last one; then those after it go on from there.
    if (each.oddity === "elsewhere") ways.push((way = [...(ways[each.zxid % ways.length] ?? []), name]));
    const path = pathOf(each, above, name, way);
    for (let time = each.oddity === "twice" ? 2 : 1; time > 0; time--) await add(path, each);
  }
  await writer.finish({ digest: true, lastZxid: true }, 0x1_0000_0064n, 0n);
  const bytes = Buffer.concat(parts);
  let end = bytes.length - BEHIND_ZNODES - records.reduce((sum, { length }) => sum + length, 0);
  const zeroEnds: number[] = [];
  for (const { length, isZero } of records) {
    end += length;
    if (isZero) zeroEnds.push(end);
  }
  return { bytes, zeroEnds };
}

/** The end mark, a digest and a last zxid, each with a seal behind it. */
const BEHIND_ZNODES = 5 + 13 + 33 + 21;

function recordOf(path: string, each: Omit<Step, "up" | "name" | "oddity">): Buffer {
  const head = new JuteWriter().string(path).int(each.data).bytes;
  const rest = Buffer.alloc(Math.max(each.data, 0) + 68, 0x2f);
  const stat = rest.length - 60;
  rest.writeBigInt64BE(each.acl, stat - 8);
  for (const at of [0, 8, 52]) {
    rest.writeInt32BE(each.epoch, stat + at);
    rest.writeUInt32BE(at === 52 ? each.pzxid : each.zxid, stat + at + 4);
  }
  rest.writeBigInt64BE(each.owner, stat + 44);
  return Buffer.concat([head, rest]);
}

function pathOf({ oddity, zxid }: Step, above: readonly string[], name: string, way: readonly string[]): string {
  const usual = `/${[...above, name].join("/")}`;
  if (oddity === "orphan") return `/nobody${usual}`;
  if (oddity === "relative") return usual.slice(1);
  if (oddity === "slash") return zxid % 2 === 0 ? `/${way.join("/")}/` : `${usual}/`;
  if (oddity === "root") return "";
  if (oddity === "elsewhere") return `/${way.join("/")}`;
  if (oddity === "changed") {
    const at = zxid % usual.lastIndexOf("/", usual.length - 1) || 0;
    return `${usual.slice(0, at)}z${usual.slice(at + 1)}`;
  }
  return usual;
}

function damaged({ bytes, zeroEnds }: Written, how: Damage): Buffer {
  if (how.kind === "none") return bytes;
  const at = Math.floor(how.at * (bytes.length - 4));
  if (how.kind === "cut") return bytes.subarray(0, at);
  if (how.kind === "flip") bytes[at] = (bytes[at] as number) ^ (1 << (how.much % 8));
  else if (how.kind === "length") bytes.writeInt32BE(how.much % 3 === 0 ? -how.much : how.much, at);
  else {
    const from = how.kind === "zeros" ? at : (zeroEnds[Math.floor(how.at * zeroEnds.length)] ?? at);
    bytes.fill(0, from, Math.min(from + how.much, bytes.length));
  }
  return bytes;
}

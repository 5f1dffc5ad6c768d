import zlib from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Block, PiecewiseDigest } from "../../src/checksum/index.js";
import { noise } from "./bytes.js";

interface Stat {
  czxid: bigint;
  mzxid: bigint;
  ctime: bigint;
  mtime: bigint;
  version: number;
  cversion: number;
  aversion: number;
  ephemeralOwner: bigint;
  pzxid: bigint;
}

const stat: Stat = {
  czxid: 0x1_0000_0002n,
  mzxid: 0x1_0000_0003n,
  ctime: 1_700_000_000_123n,
  mtime: 1_700_000_000_456n,
  version: 7,
  cversion: -1,
  aversion: 3,
  ephemeralOwner: -0x7fff_ffff_ffff_ffffn,
  pzxid: 0x2_0000_0009n,
};

const long = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
const int = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const ints = (s: Stat) => [int(s.version), int(s.cversion), int(s.aversion)];

function snapshotForm(path: string, data: Uint8Array | null, s: Stat): Buffer {
  const name = Buffer.from(path);
  const persisted = [long(s.czxid), long(s.mzxid), long(s.ctime), long(s.mtime), ...ints(s)];
  persisted.push(long(s.ephemeralOwner), long(s.pzxid));
  return Buffer.concat([int(name.length), name, int(data?.length ?? -1), data ?? Buffer.of(), long(-1n), ...persisted]);
}

/** As DigestCalculator reads. */
function expectedDigest(path: string, data: Uint8Array | null, s: Stat): number {
  if (path.startsWith("/zookeeper/")) {
    return 0;
  }
  const digested = [long(s.czxid), long(s.mzxid), long(s.pzxid), long(s.ctime), long(s.mtime), ...ints(s)];
  digested.push(long(s.ephemeralOwner));
  return zlib.crc32(Buffer.concat([Buffer.from(path === "/" ? "" : path), data ?? Buffer.of(), ...digested]));
}

const block = Block.create(1 << 17);

function digest(path: string, data: Uint8Array | null, s: Stat = stat, at = block.start): number {
  const record = snapshotForm(path, data, s);
  block.bytes.fill(0xee, block.start);
  block.bytes.set(record, at);
  return block.znodeDigest(at);
}

describe("znode digest", () => {
  const paths = ["", "/", "/a", "/zoo", "/zookeeper", "/zookeepe/r", "/zookeepers", "/zookeeperX/y", "/x/zookeeper/y"];
  paths.push("/zookeeper/quota", "/zookeeper/config", "/zookeeper/q", "/größe/日本/😀", `/${"deep/".repeat(300)}end`);
  for (const path of paths) {
    test(`of ${path.length > 30 ? "a long path" : JSON.stringify(path)}`, () => {
      for (const data of [null, Buffer.of(), Buffer.of(0), noise(100), noise(70_000)]) {
        expect(digest(path, data)).toBe(expectedDigest(path, data, stat));
      }
    });
  }

  test("counts /zookeeper itself, but nothing below it", () => {
    expect(digest("/zookeeper", null)).not.toBe(0);
    expect(digest("/zookeeper/config", noise(10))).toBe(0);
  });

  test("null and empty data digest alike; / and the empty path too", () => {
    expect(digest("/a", null)).toBe(digest("/a", Buffer.of()));
    expect(digest("/", noise(9))).toBe(digest("", noise(9)));
  });

  test("of anything, anywhere", () => {
    const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const someStat: fc.Arbitrary<Stat> = fc.record({
      czxid: signed,
      mzxid: signed,
      ctime: signed,
      mtime: signed,
      version: fc.integer(),
      cversion: fc.integer(),
      aversion: fc.integer(),
      ephemeralOwner: signed,
      pzxid: signed,
    });
    const data = fc.option(fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), data, someStat, fc.nat(99), (path, value, s, shift) => {
        expect(digest(`/${path}`, value, s, block.start + shift)).toBe(expectedDigest(`/${path}`, value, s));
      }),
    );
  });

  test("a record that does not lie in the block is refused, wherever it is cut", () => {
    const record = snapshotForm("/some/path", noise(20), stat);
    for (let kept = 0; kept < record.length; kept++) {
      const at = block.end - kept;
      block.bytes.set(record.subarray(0, kept), at);
      expect(() => block.znodeDigest(at), `${kept} bytes`).toThrow(RangeError);
    }
    block.bytes.set(int(-2), block.start);
    expect(() => block.znodeDigest(block.start)).toThrow(RangeError);
  });
});

test("of data that comes in pieces it is the same", () => {
  const path = fc.oneof(
    fc.constantFrom("", "/", "/zookeeper", "/zookeeper/", "/zookeeper/config", "/zookeepers/a", "/zook"),
    fc.string().map((name) => `/${name}`),
  );
  const cuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 4 });
  fc.assert(
    fc.property(path, fc.uint8Array({ minLength: 0, maxLength: 3000 }), cuts, (name, data, at) => {
      const form = snapshotForm(name, data, stat);
      const record = block.start + 100;
      form.copy(block.bytes, record);
      const end = record + form.length;
      const dataAt = end - 68 - data.length;
      const digest = new PiecewiseDigest();
      digest.begin(block, record + 4, form.readInt32BE(0));
      let from = dataAt;
      for (const cut of [...at.toSorted((a, b) => a - b), data.length]) {
        const to = dataAt + Math.min(cut, data.length);
        digest.data(block, from, to);
        from = to;
      }
      expect(digest.end(block, end - 60)).toBe(expectedDigest(name, data, stat));
    }),
  );
});

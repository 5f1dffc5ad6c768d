import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Block } from "../../src/checksum/index.js";
import { AclJsonById } from "../../src/export/json/acl-json.js";
import { aclShape } from "../../src/export/shapes/acl.js";
import { JsonBytes, literal } from "../../src/export/json/json-bytes.js";
import { MOST_INPUT } from "../../src/export/json/json-kernel.js";
import { MemorySink } from "../../src/io/sink.js";
import { DATA_MODES, type DataMode, dataFields } from "../../src/export/value/data-mode.js";
import { ZnodeJson } from "../../src/export/json/znode-json.js";
import { LARGE_VALUE } from "../../src/storage/large-value.js";
import { JuteWriter } from "../../src/jute/index.js";
import { kindOf, ttlOf } from "../../src/tree/index.js";
import { jsonText } from "../../src/text/unsafe.js";

interface Model {
  path: Buffer;
  data: Buffer | null;
  aclId: bigint;
  longs: { czxid: bigint; mzxid: bigint; ctime: bigint; mtime: bigint; ephemeralOwner: bigint; pzxid: bigint };
  ints: { version: number; cversion: number; aversion: number };
  numChildren: number;
  orphan: boolean;
  mode: DataMode;
}

const block = Block.create(4 << 20);
const out = new JsonBytes();
const LONG_ACL = Array.from({ length: 1000 }, (_, index) => ({ perms: 1, scheme: "digest", id: `user${index}:"é"` }));
const ACLS = new Map([
  [1, [{ perms: 31, scheme: "world", id: "anyone" }]],
  [2, []],
  [3, LONG_ACL],
]);
/** As many as there is no room to keep. */
for (let id = 10; id < 2000; id++) ACLS.set(id, [{ perms: 1, scheme: "ip", id: `10.0.0.0/${id}` }]);
const acls = new AclJsonById(out, (id) => ACLS.get(id));

function recordOf({ path, data, aclId, longs, ints }: Model): Buffer {
  const writer = new JuteWriter();
  writer.bytesOf(path).bytesOf(data).long(aclId);
  writer.long(longs.czxid).long(longs.mzxid).long(longs.ctime).long(longs.mtime);
  writer.int(ints.version).int(ints.cversion).int(ints.aversion).long(longs.ephemeralOwner).long(longs.pzxid);
  return writer.bytes;
}

/** What is written for the znode whose record lies at memory[record…]. */
async function writtenAt(memory: Block, record: number, { numChildren, orphan, mode }: Model): Promise<string> {
  const sink = new MemorySink();
  const json = new ZnodeJson(out, acls, mode);
  await json.write(literal("{"), memory, record, { numChildren, orphan }, sink);
  void out.drain(sink);
  return `${sink.toString()}}`;
}

/** The same for a record `shift` bytes from the block's beginning, with `filler` behind it. */
async function written(model: Model, shift = 0, filler = 0x22): Promise<string> {
  const record = recordOf(model);
  const at = block.start + shift;
  block.bytes.set(record, at);
  block.bytes.fill(filler, at + record.length, at + record.length + 64);
  return writtenAt(block, at, model);
}

/** The same by jsonText. */
function wanted({ path, data, aclId, longs, ints, numChildren, orphan, mode }: Model): string {
  const text = path.length === 0 ? "/" : path.toString();
  const hex = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`;
  const time = (value: bigint): string =>
    value >= -(10n ** 8n) * 86_400_000n && value <= 10n ** 8n * 86_400_000n
      ? new Date(Number(value)).toISOString()
      : String(value);
  const [high, low] = [Number(longs.ephemeralOwner >> 32n), Number(longs.ephemeralOwner & 0xffffffffn)];
  const kind = kindOf(high, low);
  return jsonText({
    path: text,
    ...(path.length > 0 && !Buffer.from(text).equals(path) && { pathBase64: path.toString("base64") }),
    ...dataFields(mode, data),
    ...(ACLS.has(Number(aclId))
      ? { acl: aclShape(ACLS.get(Number(aclId)) ?? []) }
      : { acl: null, aclId: String(aclId) }),
    stat: {
      czxid: hex(longs.czxid),
      mzxid: hex(longs.mzxid),
      pzxid: hex(longs.pzxid),
      ctime: time(longs.ctime),
      mtime: time(longs.mtime),
      ...ints,
      ephemeralOwner: hex(longs.ephemeralOwner),
      dataLength: data?.length ?? 0,
      ...(numChildren >= 0 && { numChildren }),
    },
    kind,
    ...(kind === "ttl" && { ttl: ttlOf(high, low) }),
    ...(orphan && { orphan: true }),
  });
}

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const long = fc.oneof(
  fc.bigInt({ min: MIN, max: MAX }),
  fc.bigInt({ min: 0n, max: 2n ** 40n }),
  fc.constantFrom(0n, 1n, -1n, MIN, MAX, 2n ** 31n, 2n ** 32n, 2n ** 32n - 1n),
);
const owner = fc.oneof(
  long,
  fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }).map((ttl) => BigInt.asIntN(64, (0xffn << 56n) | ttl)),
);
const int = fc.oneof(fc.integer(), fc.nat(10), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, -1));
const bytes = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }).map((each) => Buffer.from(each)),
  fc.string({ unit: "binary", maxLength: 60 }).map((each) => Buffer.from(each)),
  fc.json().map((each) => Buffer.from(each)),
  fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each)),
);
const models: fc.Arbitrary<Model> = fc.record({
  path: bytes,
  data: fc.oneof(bytes, fc.constant(null)),
  aclId: fc.oneof(fc.constant(1n), fc.bigInt({ min: 1n, max: 3n }), fc.bigInt({ min: 10n, max: 1999n }), long),
  longs: fc.record({ czxid: long, mzxid: long, ctime: long, mtime: long, ephemeralOwner: owner, pzxid: long }),
  ints: fc.record({ version: int, cversion: int, aversion: int }),
  numChildren: fc.oneof(fc.nat(), fc.constant(-1)),
  orphan: fc.boolean(),
  mode: fc.constantFrom(...DATA_MODES),
});

describe("ZnodeJson", () => {
  it("writes what jsonText writes, for any record, wherever it lies", async () => {
    await fc.assert(
      fc.asyncProperty(models, fc.nat(7), fc.nat(255), async (model, shift, filler) => {
        expect(await written(model, shift, filler)).toBe(wanted(model));
      }),
      { numRuns: 3000 },
    );
  });

  it("writes records of any length, from what fits at once to what goes in pieces", async () => {
    const sizes = [0, 500, 512, 4096, MOST_INPUT - 200, MOST_INPUT, 2 * MOST_INPUT, LARGE_VALUE, LARGE_VALUE + 1];
    const model = (fc.sample(models, { numRuns: 1, seed: 1 }) as [Model])[0];
    for (const size of sizes) {
      for (const mode of DATA_MODES) {
        for (const data of [Buffer.alloc(size, 'a"é'), Buffer.alloc(size, "\x00"), Buffer.alloc(size, 0xff)]) {
          const path = Buffer.from("/path");
          const each = { ...model, path, data, mode };
          expect((await written(each)) === wanted(each), `${mode}, ${size}`).toBe(true);
        }
      }
      for (const path of [Buffer.alloc(size, "/é"), Buffer.alloc(size, 0xff)]) {
        const each = { ...model, path, data: Buffer.from("short"), mode: "auto" as const };
        expect((await written(each)) === wanted(each), `path, ${size}`).toBe(true);
      }
      const root = { ...model, path: Buffer.alloc(0), data: Buffer.alloc(size, "r"), mode: "auto" as const };
      expect((await written(root)) === wanted(root), `root, ${size}`).toBe(true);
    }
  });

  it("writes what lies at the very end of its memory", async () => {
    const small = Block.create(0);
    await fc.assert(
      fc.asyncProperty(models, fc.nat(20), async (model, shift) => {
        const record = recordOf(model);
        const at = small.end - shift - record.length;
        small.bytes.set(record, at);
        expect(await writtenAt(small, at, model)).toBe(wanted(model));
      }),
    );
  });
});

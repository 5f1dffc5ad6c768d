import fc from "fast-check";
import { expect, test } from "vitest";
import { readTxn, type Txn, TxnCursor } from "../../src/txn/index.js";
import { encodeTxn, type NewHeader, type NewTxn } from "./encode.js";

const path = fc
  .array(fc.string({ unit: fc.constantFrom("a", "ü", "界", "0", "-"), minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => `/${parts.join("/")}`);
const data = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const acl = fc.option(
  fc.array(
    fc.record({
      perms: fc.integer({ min: 0, max: 31 }),
      scheme: fc.constantFrom("world", "digest"),
      id: fc.string({ maxLength: 8 }),
    }),
    { maxLength: 3 },
  ),
);

const simple: fc.Arbitrary<NewTxn> = fc.oneof(
  fc.record({
    type: fc.constantFrom(1 as const, 15 as const),
    path,
    data,
    acl,
    ephemeral: fc.boolean(),
    parentCVersion: fc.option(int),
  }),
  fc.record({ type: fc.constant(19 as const), path, data, acl, parentCVersion: int }),
  fc.record({ type: fc.constant(21 as const), path, data, acl, parentCVersion: int, ttl: long }),
  fc.record({ type: fc.constantFrom(2 as const, 20 as const), path }),
  fc.record({ type: fc.constantFrom(5 as const, 16 as const), path, data, version: int }),
  fc.record({ type: fc.constant(7 as const), path, acl, version: int }),
  fc.record({ type: fc.constant(13 as const), path, version: int }),
  fc.record({ type: fc.constant(-1 as const), error: int }),
);
const txn: fc.Arbitrary<NewTxn> = fc.oneof(
  simple,
  fc.record({ type: fc.constant(14 as const), members: fc.array(simple, { maxLength: 4 }) }),
  fc.record({ type: fc.constant(-10 as const), timeout: int }),
  fc.record({ type: fc.constant(-11 as const), paths: fc.option(fc.array(path, { maxLength: 4 })) }),
);
const header: fc.Arbitrary<NewHeader> = fc.record({ session: long, cxid: int, zxid: long, time: long });
const digest = fc.option(fc.record({ version: fc.constant(2), value: long }), { nil: undefined });

function parse(bytes: Buffer): { shape: string; txn: Txn } {
  const cursor = new TxnCursor();
  const shape = cursor.parse(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
  return { shape, txn: readTxn(cursor, shape) };
}

/** What the decoder should say of a transaction: the same fields, with the names that its objects have. */
function expected(each: NewTxn): Record<string, unknown> {
  const { type } = each;
  if (type === 14) return { type, members: each.members.map((member) => expect.objectContaining(expected(member))) };
  if (type === -1) return { type, error: expect.objectContaining({ code: each.error }) };
  if (type === -11) return each.paths === null ? { type } : { type, paths: each.paths };
  if (type === 1 || type === 15) return { ...each, parentCVersion: each.parentCVersion ?? -1 };
  return { ...each };
}

test("what was encoded is what is decoded, with and without a digest", () => {
  fc.assert(
    fc.property(header, txn, digest, (head, body, possible) => {
      // The server that leaves out the parent's cversion knows of no digest.
      const tail = "parentCVersion" in body && body.parentCVersion === null ? undefined : possible;
      const { shape, txn: read } = parse(encodeTxn(head, body, tail));
      expect(shape).toBe("ok");
      expect(read).toMatchObject({ ...head, ...expected(body) });
      if (tail) expect(read.digest).toEqual({ version: 2, value: BigInt.asUintN(64, tail.value) });
      else expect(read.digest).toBeUndefined();
    }),
    { numRuns: 400 },
  );
});

test("a closeSession with a digest alone is not taken for one with two paths", () => {
  const head = { session: 7n, cxid: 0, zxid: 9n, time: 5n };
  for (const value of [0n, 1n, -1n, 0x0000_0000_0000_0000n, 0x2f00_0000n]) {
    const { shape, txn: read } = parse(encodeTxn(head, { type: -11, paths: null }, { version: 2, value }));
    expect(shape).toBe("ok");
    expect(read.paths).toBeUndefined();
    expect(read.digest?.value).toBe(BigInt.asUintN(64, value));
  }
});

test("cut or followed by bytes, nothing throws, and what does not fit is malformed", () => {
  fc.assert(
    fc.property(header, simple, fc.integer({ min: 1, max: 11 }), (head, body, extra) => {
      const bytes = encodeTxn(head, body);
      for (let length = 0; length < bytes.length; length++) {
        const { shape } = parse(Buffer.from(bytes.subarray(0, length)));
        // A create that loses its last four bytes is one of before 3.4.
        if (!((body.type === 1 || body.type === 15) && body.parentCVersion !== null)) expect(shape).toBe("malformed");
      }
      const longer = Buffer.concat([bytes, Buffer.alloc(extra, 0x55)]);
      if (!((body.type === 1 || body.type === 15) && body.parentCVersion === null))
        expect(parse(longer).shape).toBe("malformed");
    }),
    { numRuns: 60 },
  );
});

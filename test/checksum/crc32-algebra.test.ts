import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { crc32Shift, crc32Shifted, crc32Step } from "../../src/checksum/index.js";

test("byte by byte it is zlib's", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (head, rest) => {
      let register = ~crc32(head);
      for (const byte of rest) register = crc32Step(register, byte);
      expect(~register >>> 0).toBe(crc32(Buffer.concat([head, rest])));
    }),
  );
});

test("another beginning changes the CRC by its shifted difference, whatever follows", () => {
  const rest = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.nat(5_000_000).map((length) => new Uint8Array(length)),
  );
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), rest, (before, after, same) => {
      const shifted = crc32Shifted(crc32(before) ^ crc32(after), crc32Shift(same.length));
      expect((crc32(same, crc32(before)) ^ shifted) >>> 0).toBe(crc32(same, crc32(after)));
    }),
  );
});

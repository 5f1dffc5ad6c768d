import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonBytes } from "../../src/export/json-bytes.js";
import { MemorySink } from "../../src/export/sink.js";
import { isText } from "../../src/export/utf8.js";

function written(write: (out: JsonBytes) => void, capacity = 16): string {
  const out = new JsonBytes(capacity);
  const sink = new MemorySink();
  write(out);
  void out.drain(sink);
  return sink.toString();
}

function text(bytes: Buffer, printable: boolean): string | null {
  let ok = false;
  const json = written((out) => (ok = out.text(bytes, 0, bytes.length, printable)));
  return ok ? json : null;
}

/** What Node's own decoder says. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes that are nearly UTF-8: pieces of text, cut sequences, overlong forms, surrogates, stray bytes. */
const nearlyUtf8 = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme" }).map((each) => Buffer.from(each)),
      fc.uint8Array({ maxLength: 4 }).map((each) => Buffer.from(each)),
      fc
        .constantFrom(
          "c080",
          "c1bf",
          "e08080",
          "eda080",
          "edbfbf",
          "f0808080",
          "f48fbfbf",
          "f4908080",
          "f5808080",
          "e2",
          "e282",
          "f09f98",
          "80",
          "c285",
          "7f",
          "00",
          "0d0a09",
          "22",
          "5c",
        )
        .map((each) => Buffer.from(each, "hex")),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => Buffer.concat(pieces));

describe("text", () => {
  it("writes what JSON.stringify writes, for any string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (value) => {
        const bytes = Buffer.from(value);
        expect(text(bytes, false)).toBe(JSON.stringify(bytes.toString()));
      }),
    );
  });

  it("takes exactly the bytes that are UTF-8", () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        const value = decoded(bytes);
        expect(text(bytes, false)).toBe(value === null ? null : JSON.stringify(value));
        expect(isText(bytes, 0, bytes.length, false)).toBe(value !== null);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes, where it must be printable, no control characters but tab and the ends of lines", () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        const value = decoded(bytes);
        const printable = value !== null && !/(?![\t\n\r])\p{Cc}/u.test(value);
        expect(text(bytes, true)).toBe(printable ? JSON.stringify(value) : null);
        expect(isText(bytes, 0, bytes.length, true)).toBe(printable);
      }),
      { numRuns: 2000 },
    );
  });

  it("knows every pair of first bytes", () => {
    const wrong: string[] = [];
    for (let first = 0x80; first < 0x100; first++) {
      for (let second = 0; second < 0x100; second++) {
        for (const rest of [[], [0x80], [0x80, 0xbf]]) {
          const bytes = Buffer.from([first, second, ...rest]);
          if (isText(bytes, 0, bytes.length, false) !== (decoded(bytes) !== null)) wrong.push(bytes.toString("hex"));
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("writes long values of which every byte grows", () => {
    const bytes = Buffer.alloc(300_000, 1);
    expect(text(bytes, false)).toBe(JSON.stringify(bytes.toString()));
  });

  it("keeps a sequence whole that lies across two pieces", () => {
    for (let before = 65_530; before < 65_540; before++) {
      const value = `${"a".repeat(before)}😀${"é".repeat(10)}`;
      expect(text(Buffer.from(value), true)).toBe(JSON.stringify(value));
    }
  });

  it("writes nothing of what it refuses", () => {
    const json = written((out) => {
      out.value("before");
      expect(out.text(Buffer.from("good\xff", "latin1"), 0, 5, false)).toBe(false);
      out.value("after");
    });
    expect(json).toBe('"before""after"');
  });
});

describe("numbers", () => {
  const words = fc.tuple(fc.integer(), fc.integer());
  const long = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low >>> 0);

  it("writes ints", () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(written((out) => out.int(value))).toBe(String(value));
      }),
    );
    for (const value of [0, 9, 10, 99, 100, 999, 1000, 2 ** 31 - 1, -(2 ** 31), -1]) {
      expect(written((out) => out.int(value))).toBe(String(value));
    }
    for (let power = 1; power < 1e9; power *= 10) {
      for (const value of [power - 1, power, power + 1]) expect(written((out) => out.int(value))).toBe(String(value));
    }
  });

  it("writes whole numbers of any size", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written((out) => out.number(value))).toBe(String(value));
      }),
    );
  });

  it("writes longs in hex, unsigned", () => {
    fc.assert(
      fc.property(words, ([high, low]) => {
        const wanted = `"0x${BigInt.asUintN(64, long(high, low)).toString(16)}"`;
        expect(written((out) => out.hexLong(high, low))).toBe(wanted);
        expect(written((out) => out.hexLong(high, low >>> 0))).toBe(wanted);
      }),
    );
    for (let bit = 0n; bit < 64n; bit++) {
      const value = 1n << bit;
      const [high, low] = [Number(value >> 32n) | 0, Number(value & 0xffffffffn)];
      expect(written((out) => out.hexLong(high, low))).toBe(`"0x${value.toString(16)}"`);
    }
    expect(written((out) => out.hexLong(0, 0))).toBe('"0x0"');
  });

  it("writes longs in decimal, unsigned", () => {
    fc.assert(
      fc.property(words, ([high, low]) => {
        expect(written((out) => out.unsignedLong(high, low))).toBe(`"${BigInt.asUintN(64, long(high, low))}"`);
      }),
    );
  });
});

describe("times", () => {
  const halves = (time: number): [number, number] => [
    Math.floor(time / 2 ** 32),
    time - Math.floor(time / 2 ** 32) * 2 ** 32,
  ];
  const iso = (time: number): string => `"${new Date(time).toISOString()}"`;

  it("writes every time that a Date holds as Date does", () => {
    const out = new JsonBytes(64);
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (time) => {
        const sink = new MemorySink();
        out.time(...halves(time));
        void out.drain(sink);
        expect(sink.toString()).toBe(iso(time));
      }),
    );
  });

  it("writes times near each other and around the turn of a day", () => {
    const midnight = Date.UTC(2026, 10, 23);
    for (const time of [0, -1, 1, midnight - 1, midnight, midnight + 1, midnight + 3_600_000, 8.64e15, -8.64e15]) {
      expect(written((out) => out.time(...halves(time)))).toBe(iso(time));
    }
  });

  it("writes what no Date holds as milliseconds", () => {
    for (const value of [8_640_000_000_000_001n, -8_640_000_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const [high, low] = [Number(value >> 32n), Number(value & 0xffffffffn)];
      expect(written((out) => out.time(high, low))).toBe(`"${value}"`);
    }
  });
});

describe("bytes", () => {
  it("writes base64 and hex as Buffer does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
        const bytes = Buffer.from(value);
        expect(written((out) => out.base64(bytes, 0, bytes.length))).toBe(bytes.toString("base64"));
        expect(written((out) => out.hexBytes(bytes, 0, bytes.length))).toBe(bytes.toString("hex"));
      }),
    );
  });
});

describe("drain", () => {
  it("hands over everything in order, and begins anew", async () => {
    const out = new JsonBytes(64);
    const sink = new MemorySink();
    let wanted = "";
    for (let index = 0; index < 1000; index++) {
      out.int(index);
      wanted += String(index);
      if (index % 7 === 0) await out.drain(sink);
    }
    await out.drain(sink);
    await out.drain(sink);
    expect(sink.toString()).toBe(wanted);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonBytes } from "../../src/export/json/json-bytes.js";
import { MOST_INPUT } from "../../src/export/json/json-kernel.js";
import { MemorySink } from "../../src/io/sink.js";
import { isText } from "../../src/export/value/utf8.js";
import { jsonText } from "../../src/text/unsafe.js";

const out = new JsonBytes();

function written(write: (out: JsonBytes) => void): string {
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
  it("writes what jsonText writes, for any string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (value) => {
        const bytes = Buffer.from(value);
        expect(text(bytes, false)).toBe(jsonText(bytes.toString()));
      }),
    );
  });

  it("takes exactly the bytes that are UTF-8", () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        const value = decoded(bytes);
        expect(text(bytes, false)).toBe(value === null ? null : jsonText(value));
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
        expect(text(bytes, true)).toBe(printable ? jsonText(value) : null);
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
    expect(text(bytes, false)).toBe(jsonText(bytes.toString()));
  });

  it("writes every byte at every place, whatever lies behind the text", () => {
    for (const filler of [0x22, 0x80, 0x00, 0xf0]) {
      for (let length = 0; length <= 35; length++) {
        for (let place = 0; place < length; place++) {
          for (const special of ['"', "\\", "\n", "\u0001", "\u007f", "é", "€", "😀", "\u0085"]) {
            const value = `${"a".repeat(place)}${special}${"b".repeat(length - place - 1)}`;
            const bytes = Buffer.concat([
              Buffer.alloc(place & 7, filler),
              Buffer.from(value),
              Buffer.alloc(40, filler),
            ]);
            const [start, end] = [place & 7, bytes.length - 40];
            let ok = false;
            const json = written((out) => (ok = out.text(bytes, start, end, true)));
            expect(ok ? json : null).toBe(/(?!\n)\p{Cc}/u.test(value) ? null : jsonText(value));
          }
        }
      }
    }
  });

  it("writes text that is full of quotes and backslashes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', "\\", "a", "0", "\t", "é"), maxLength: 100 }), (value) => {
        expect(text(Buffer.from(value), true)).toBe(jsonText(value));
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses a sequence that its end cuts, though the rest lies behind it", () => {
    for (const [hex, width] of [
      ["c3a9", 2],
      ["e282ac", 3],
      ["f09f9880", 4],
    ] as const) {
      const bytes = Buffer.concat([Buffer.from("abc"), Buffer.from(hex, "hex"), Buffer.from("def")]);
      for (let end = 4; end < 3 + width; end++) expect(out.text(bytes, 0, end, false)).toBe(false);
      expect(written((out) => out.text(bytes, 0, 3 + width, false))).toBe(
        jsonText(bytes.toString("utf8", 0, 3 + width)),
      );
    }
  });

  it("keeps a sequence whole that lies across two pieces", () => {
    for (let before = MOST_INPUT - 6; before < MOST_INPUT + 4; before++) {
      const value = `${"a".repeat(before)}😀${"é".repeat(10)}`;
      expect(text(Buffer.from(value), true)).toBe(jsonText(value));
    }
  });

  it("refuses what is no UTF-8 where two pieces meet", () => {
    for (let before = MOST_INPUT - 6; before < MOST_INPUT + 4; before++) {
      for (const hex of ["80", "808080808080", "f09f98", "eda080", "c2"]) {
        const bytes = Buffer.concat([Buffer.alloc(before, "a"), Buffer.from(hex, "hex"), Buffer.alloc(10, "b")]);
        expect(out.text(bytes, 0, bytes.length, false)).toBe(false);
      }
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
    for (let power = 1n; power < 2n ** 64n; power *= 10n) {
      for (const value of [power - 1n, power, power + 1n, power * 2n ** 4n]) {
        const [high, low] = [Number((value >> 32n) & 0xffffffffn), Number(value & 0xffffffffn)];
        expect(written((out) => out.unsignedLong(high, low))).toBe(`"${BigInt.asUintN(64, value)}"`);
      }
    }
  });
});

describe("times", () => {
  const halves = (time: number): [number, number] => [
    Math.floor(time / 2 ** 32),
    time - Math.floor(time / 2 ** 32) * 2 ** 32,
  ];
  const iso = (time: number): string => `"${new Date(time).toISOString()}"`;

  it("writes every time that a Date holds as Date does", () => {
    const out = new JsonBytes();
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

  it("writes every day of 500 years, and the turns of centuries far away", () => {
    const day = 86_400_000;
    const wrong: string[] = [];
    const check = (time: number): void => {
      const json = written((out) => out.time(...halves(time)));
      if (json !== iso(time)) wrong.push(`${json} is not ${iso(time)}`);
    };
    for (let time = Date.UTC(1700, 0, 1); time < Date.UTC(2200, 0, 1); time += day) check(time + (time % 7) * 1001);
    for (let year = -271_800; year <= 275_700; year += 100) {
      const begin = new Date(0).setUTCFullYear(year, 0, 1);
      for (const time of [begin - 1, begin, begin + 58 * day, begin + 59 * day, begin + 365 * day]) check(time);
    }
    for (const year of [-1, 0, 1, 9999, 10_000]) check(new Date(0).setUTCFullYear(year, 11, 31));
    expect(wrong).toEqual([]);
  });

  it("writes any 64 bits", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const [high, low] = [Number(value >> 32n), Number(value & 0xffffffffn)];
        const wanted = value >= -8_640_000_000_000_000n && value <= 8_640_000_000_000_000n;
        expect(written((out) => out.time(high, low))).toBe(wanted ? iso(Number(value)) : `"${value}"`);
      }),
    );
  });

  it("writes what no Date holds as milliseconds", () => {
    for (const value of [8_640_000_000_000_001n, -8_640_000_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const [high, low] = [Number(value >> 32n), Number(value & 0xffffffffn)];
      expect(written((out) => out.time(high, low))).toBe(`"${value}"`);
    }
  });
});

describe("bytes", () => {
  it("writes base64 and hex of every length, and across pieces", () => {
    const bytes = Buffer.from(
      Array.from({ length: MOST_INPUT + 100 }, (_, index) => (index * 167 + (index >> 8)) & 0xff),
    );
    const lengths = [...Array(100).keys(), ...Array.from({ length: 40 }, (_, index) => MOST_INPUT - 20 + index)];
    for (const length of lengths) {
      const start = length % 5;
      expect(written((out) => out.base64(bytes, start, start + length))).toBe(
        bytes.toString("base64", start, start + length),
      );
      expect(written((out) => out.hexBytes(bytes, start, start + length))).toBe(
        bytes.toString("hex", start, start + length),
      );
    }
  });

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
  it("takes more than there is room for at first", () => {
    const value = `"${"é\n".repeat(3_000_000)}`;
    const json = written((out) => {
      out.value("before");
      out.text(Buffer.from(value), 0, Buffer.byteLength(value), true);
      for (let index = 0; index < 100_000; index++) out.int(1_000_000);
    });
    expect(json === `"before"${jsonText(value)}${"1000000".repeat(100_000)}`).toBe(true);
  });

  it("hands over everything in order, and begins anew", async () => {
    const out = new JsonBytes();
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

/**
 * What the encoders of Java's charsets make of the characters that are not ASCII; ASCII is ASCII in all of them.
 * `table[c]` is the bytes of U+c as one big-endian number, 0 where there are none: `String.getBytes` puts "?" there.
 * Characters beyond U+FFFF, which ZooKeeper refuses in paths, are not in it: see `codeOf`.
 */
export type CharsetTable = Uint32Array;

export interface Charset {
  /** Java's name for it, as -Dfile.encoding takes it. */
  name: string;
  /** Builds its table anew: at most some 0.1 s. */
  table: () => CharsetTable;
}

/** A charset whose table has been built. */
export interface Encoder {
  name: string;
  table: CharsetTable;
}

/** The charset's encoder: its table is built when it is first asked for, and kept. */
export function encoderOf(charset: Charset): Encoder {
  let encoder = built.get(charset);
  if (!encoder) built.set(charset, (encoder = { name: charset.name, table: charset.table() }));
  return encoder;
}

const built = new WeakMap<Charset, Encoder>();

/** The bytes of a character as one big-endian number, 0 for "?". */
export function codeOf({ name, table }: Encoder, character: number): number {
  if (character <= 0xffff) return table[character] as number;
  if (name !== "GB18030") return 0;
  const at = character - 0x10000;
  const high = (0x90 + Math.floor(at / 12600)) * 2 ** 24 + (0x30 + (Math.floor(at / 1260) % 10)) * 2 ** 16;
  return high + (0x81 + (Math.floor(at / 10) % 126)) * 2 ** 8 + 0x30 + (at % 10);
}

/** Byte sequences: each array has the first and the last value of each byte. */
type Run = readonly (readonly [number, number])[];

const ONE: Run = [[0x80, 0xff]];
const HIGH = [0xa1, 0xfe] as const;
const ANY = [0x40, 0xfe] as const;
/** Euro sign and letters that windows-1252 has where Latin-1 has controls; the spaces are what it leaves undefined. */
const WINDOWS_1252 = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";
const JIS = "¢=8191 £=8192 ¥=5c «=81e1 ¬=81ca ¯=8150 µ=83ca ·=8145 ¸=8143 »=81e2 ‾=7e ゔ=8394";
const EUC_JP = "¢=a1f1 £=a1f2 ¥=5c ¬=a2cc —=a1bd ‖=a1c2 ‾=7e −=a1dd 〜=a1c1 ―= ∥= －= ￠= ￡= ￢=";
const BOXES = "═=f9f9 ╞=f9e9 ╡=f9eb ╪=f9ea 十=a451 卅=a4ca";
const JIS_X_0208: Run[] = [
  [[0xa1, 0xa8], HIGH],
  [[0xb0, 0xf4], HIGH],
  [[0x8e, 0x8e], HIGH],
];

/**
 * Default charsets that a server may have, the likelier first: those of Windows' code pages and of the locales that Linux
 * knows. Each is one that has ASCII in it. What TextDecoder decodes is inverted; the differences to Java's encoders
 * follow it. (Big5 of Linux and the supplements of Hong Kong are not here: windows-950 has the same ideographs.)
 */
export const CHARSETS: readonly Charset[] = [
  { name: "US-ASCII", table: () => new Uint32Array(0x10000) },
  // Not by TextDecoder: releases of Node.js take its windows-1252 for Latin-1.
  { name: "windows-1252", table: () => withBytes(latin1(0xa0), WINDOWS_1252, 0x80) },
  { name: "ISO-8859-1", table: () => latin1(0x80) },
  {
    name: "GBK",
    table: () => inverted("gbk", [[[0x81, 0xfe], ANY]], "€=a2e3 ♁=a892 ⊕="),
  },
  {
    name: "windows-31j",
    // NEC's selection of IBM's extensions comes last: what is in it is encoded as IBM has it.
    table: () => inverted("shift_jis", [ONE, [[0x81, 0xec], ANY], [[0xfa, 0xfc], ANY], [[0xed, 0xee], ANY]], JIS),
  },
  { name: "x-windows-949", table: windows949 },
  {
    name: "x-windows-950",
    table: () =>
      inverted(
        "big5",
        [
          [[0xa1, 0xc5], ANY],
          [
            [0xc6, 0xc6],
            [0x40, 0x7e],
          ],
          [[0xc9, 0xf9], ANY],
        ],
        BOXES,
      ),
  },
  single("windows-1251"),
  single("windows-1250"),
  single("ISO-8859-15"),
  single("ISO-8859-2"),
  single("windows-1254"),
  { name: "windows-1253", table: () => inverted("windows-1253", [ONE], "ª=") },
  single("windows-1255"),
  single("windows-1256"),
  single("windows-1257"),
  single("windows-1258"),
  single("x-windows-874", "windows-874"),
  {
    name: "GB18030",
    table: () =>
      inverted("gb18030", [
        [[0x81, 0xfe], ANY],
        [
          [0x81, 0x84],
          [0x30, 0x39],
          [0x81, 0xfe],
          [0x30, 0x39],
        ],
      ]),
  },
  { name: "GB2312", table: gb2312 },
  { name: "x-euc-jp-linux", table: () => inverted("euc-jp", JIS_X_0208, `${EUC_JP} ～=`) },
  {
    name: "EUC-JP",
    table: () => inverted("euc-jp", [...JIS_X_0208, [[0x8f, 0x8f], [0xa2, 0xed], HIGH]], `${EUC_JP} ～=8fa2b7`),
  },
  { name: "EUC-KR", table: eucKr },
  single("KOI8-R"),
  single("KOI8-U"),
  single("ISO-8859-5"),
  single("ISO-8859-7"),
  // TextDecoder's iso-8859-9 is windows-1254.
  { name: "ISO-8859-9", table: iso8859_9 },
  single("ISO-8859-13"),
  single("ISO-8859-3"),
  single("ISO-8859-4"),
  single("ISO-8859-6"),
  single("ISO-8859-8"),
  // TextDecoder's is windows-874, which has quotation marks besides.
  { name: "TIS-620", table: () => inverted("windows-874", [[[0xa0, 0xfe]]]) },
];

function single(name: string, label = name): Charset {
  return { name, table: () => inverted(label, [ONE]) };
}

function latin1(from: number): CharsetTable {
  const table = new Uint32Array(0x10000);
  for (let code = from; code <= 0xff; code++) table[code] = code;
  return table;
}

function iso8859_9(): CharsetTable {
  const table = withBytes(withBytes(latin1(0x80), "Ğ            İŞ", 0xd0), "ğ            ış", 0xf0);
  for (const gone of "ÐÝÞðýþ") table[gone.charCodeAt(0)] = 0;
  return table;
}

/** Characters with one byte after another; a space leaves one out. */
function withBytes(table: CharsetTable, characters: string, from: number): CharsetTable {
  for (let at = 0; at < characters.length; at++) {
    if (characters[at] !== " ") table[characters.charCodeAt(at)] = from + at;
  }
  return table;
}

function eucKr(): CharsetTable {
  return inverted("euc-kr", [[[0xa1, 0xfd], HIGH]], "®=a2e7 €=a2e6 ㉾=a2e8");
}

/** The syllables that EUC-KR lacks are in Unicode's order in what it leaves free: after 0xa0, trails before 0xa1. */
function windows949(): CharsetTable {
  const table = eucKr();
  table["㉾".charCodeAt(0)] = 0;
  let syllable = FIRST_SYLLABLE;
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    for (let trail = 0x41; trail <= (lead <= 0xa0 ? 0xfe : 0xa0); trail++) {
      if ((trail > 0x5a && trail < 0x61) || (trail > 0x7a && trail < 0x81)) continue;
      while (table[syllable] !== 0) syllable++;
      if (syllable > LAST_SYLLABLE) return table;
      table[syllable] = lead * 256 + trail;
    }
  }
  return table;
}

/** GBK's rows of GB 2312, without what GBK added to them. */
function gb2312(): CharsetTable {
  const table = inverted(
    "gbk",
    [
      [[0xa1, 0xa9], HIGH],
      [[0xb0, 0xf7], HIGH],
    ],
    "―=a1aa ・=a1a4 ·= —= ɑ= ń= ň= ǹ= ɡ= ḿ=",
  );
  for (let character = 0; character <= 0xffff; character++) {
    const code = table[character] as number;
    if ((code >= 0xa2a1 && code <= 0xa2aa) || (code >= 0xa6e0 && code <= 0xa6f5)) table[character] = 0;
  }
  return table;
}

/** `but`: what is otherwise in Java, as "CHARACTER=BYTES" in hexadecimal; without bytes it is "?" there. */
function inverted(label: string, runs: readonly Run[], but = ""): CharsetTable {
  const table = new Uint32Array(0x10000);
  const decoder = new TextDecoder(label, { ignoreBOM: true });
  for (const run of runs) {
    const sequences = sequencesOf(run);
    for (const [index, text] of decoder.decode(lines(sequences, run.length)).split("\n").entries()) {
      const character = text.charCodeAt(0);
      // What is no sequence gives U+FFFD, or several characters. windows-… have C1 controls at bytes Java leaves undefined.
      if (text.length !== 1 || character === 0xfffd || character < 0xa0 || table[character] !== 0) continue;
      table[character] = sequences[index] as number;
    }
  }
  for (const each of but.split(" ").filter(Boolean))
    table[each.charCodeAt(0)] = Number.parseInt(each.slice(2), 16) || 0;
  return table;
}

function sequencesOf(run: Run): number[] {
  let sequences = [0];
  for (const [from, to] of run) {
    sequences = sequences.flatMap((head) => Array.from({ length: to - from + 1 }, (_, at) => head * 256 + from + at));
  }
  return sequences;
}

/** Each on a line of its own: a line feed is in no sequence, so none runs into the next. */
function lines(sequences: readonly number[], width: number): Buffer {
  const bytes = Buffer.alloc(sequences.length * (width + 1), "\n");
  for (const [index, sequence] of sequences.entries()) bytes.writeUIntBE(sequence, index * (width + 1), width);
  return bytes;
}

const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;

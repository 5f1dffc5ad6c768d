import { createHmac } from "node:crypto";

/**
 * Pseudonyms that depend on nothing but a key and the text itself: the same text has the same one everywhere, and two
 * texts never share one where they are short enough to be told apart (a keyed permutation of all texts of that length
 * and alphabet, made of an HMAC in a Feistel network). The length in bytes stays.
 */
export class Pseudonyms {
  private readonly key: Buffer;
  private readonly known = new Map<string, string>();

  constructor(key: Buffer) {
    this.key = key;
  }

  /** `domain` keeps, say, a name and a value apart that are the same text. */
  of(domain: string, text: string): string {
    if (text === "") return "";
    const id = `${domain}:${text}`;
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const made = this.make(domain, text);
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.set(id, made);
    return made;
  }

  /** As many bytes that are no text. */
  bytes(from: Uint8Array): Buffer {
    const made = this.stream("bytes", from, from.length);
    // A control character: so it is not taken for text.
    if (made.length > 0) made[0] = 0x01;
    return made;
  }

  private make(domain: string, text: string): string {
    const characters = Array.from(text);
    const level = ALPHABETS.findIndex((alphabet) => alphabet.makes(text));
    const alphabet = ALPHABETS[level];
    const alphabets = characters.map((character) => alphabet ?? alphabetOf(character));
    if (text.length > MOST_PERMUTED || !alphabets.every((each) => each !== undefined))
      return this.long(domain, text, alphabet);
    let made = text;
    // Texts of a smaller alphabet have pseudonyms of that: the permutation goes on until it leaves them. A name's
    // stars stay what they are, for patterns have them, so that no other name may get one.
    const starred = (name: string): boolean => domain === "name" && name.includes("*");
    do made = this.permute(domain, Array.from(made), alphabets);
    while (
      ALPHABETS.slice(0, Math.max(level, 0)).some((smaller) => smaller.makes(made)) ||
      RESERVED.has(made) ||
      starred(made)
    );
    return made;
  }

  /** Too long to be found again by chance. Texts that are not ASCII are marked, so that they cannot be taken for such. */
  private long(domain: string, text: string, alphabet = ALPHABETS[0] as Alphabet): string {
    const from = Buffer.from(text);
    let made = "";
    for (const byte of this.stream(domain, from, from.length))
      made += alphabet.characters[byte % alphabet.characters.length];
    return isAscii(text) ? made : `~${made.slice(1)}`;
  }

  /** Each character becomes another one of its alphabet, depending on all of them. */
  private permute(domain: string, characters: readonly string[], alphabets: readonly Alphabet[]): string {
    const middle = Math.ceil(characters.length / 2);
    const places = characters.map((character, at): Digit => {
      const alphabet = alphabets[at] as Alphabet;
      return { alphabet, value: BigInt(alphabet.indexOf(character)), radix: BigInt(alphabet.characters.length) };
    });
    const halves = [places.slice(0, middle), places.slice(middle)] as const;
    const sizes = halves.map((half) => half.reduce((size, { radix }) => size * radix, 1n));
    const numbers = halves.map((half) => half.reduce((sum, { value, radix }) => sum * radix + value, 0n));
    const shape = places.map(({ radix }) => radix).join(".");
    for (let round = 0; round < ROUNDS; round++) {
      const [to, from] = round % 2 === 0 ? [0, 1] : [1, 0];
      const change = this.number(`${domain}:${shape}:${round}`, numbers[from] as bigint);
      numbers[to] = ((numbers[to] as bigint) + change) % (sizes[to] as bigint);
    }
    return halves.map((half, index) => toText(numbers[index] as bigint, half)).join("");
  }

  private number(place: string, value: bigint): bigint {
    const mac = createHmac("sha256", this.key).update(`${place}:${value}`).digest("hex");
    return BigInt(`0x${mac}`);
  }

  private stream(domain: string, from: Uint8Array, length: number): Buffer {
    const seed = createHmac("sha256", this.key).update(`${domain}:${from.length}:`).update(from).digest();
    const blocks: Buffer[] = [];
    for (let block = 0; block * 32 < length; block++) {
      blocks.push(createHmac("sha256", seed).update(String(block)).digest());
    }
    return Buffer.concat(blocks).subarray(0, length);
  }
}

class Alphabet {
  readonly characters: readonly string[];
  private readonly indexes: ReadonlyMap<string, number>;

  constructor(characters: string) {
    this.characters = Array.from(characters);
    this.indexes = new Map(this.characters.map((character, index) => [character, index]));
  }

  indexOf(character: string): number {
    return this.indexes.get(character) ?? -1;
  }

  /** Whether a text has no other characters. */
  makes(text: string): boolean {
    for (const character of text) if (!this.indexes.has(character)) return false;
    return true;
  }
}

const LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
const NAMES = `${LETTERS_AND_DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ._-`;
const ADDRESSES = `${NAMES}:,=+@`;
const VISIBLE = `${ADDRESSES}!#$%&()*;<>?[]^\`{|}~`;
const ASCII = new Alphabet(`${VISIBLE} "'\\`);
/** Each within the next; the last has what needs quotes or escaping as well, and none has a slash. */
const ALPHABETS: readonly Alphabet[] = [
  ...[LETTERS_AND_DIGITS, NAMES, ADDRESSES, VISIBLE].map((characters) => new Alphabet(characters)),
  ASCII,
];

interface Digit {
  alphabet: Alphabet;
  value: bigint;
  radix: bigint;
}

/** What a character may become in a text that is not ASCII: one that is as long in UTF-8 and can be seen as well. */
function alphabetOf(character: string): Alphabet | undefined {
  if (ASCII.indexOf(character) >= 0) return ASCII;
  if (isAscii(character) || !SEEN.test(character)) return undefined;
  const width = Buffer.byteLength(character);
  let alphabet = wide.get(width);
  if (alphabet === undefined) {
    const [first, last] = WIDTHS[width] as readonly [number, number];
    let characters = "";
    for (let code = first; code <= last; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const each = String.fromCodePoint(code);
      if (SEEN.test(each)) characters += each;
    }
    alphabet = new Alphabet(characters);
    wide.set(width, alphabet);
  }
  return alphabet;
}

const SEEN = /^[\p{L}\p{N}\p{S}\p{P}]$/u;
/** Code points by their bytes in UTF-8. */
const WIDTHS: Readonly<Record<number, readonly [number, number]>> = {
  2: [0x80, 0x7ff],
  3: [0x800, 0xffff],
  4: [0x10000, 0x3ffff],
};
/** Made when first needed: each takes some milliseconds. */
const wide = new Map<number, Alphabet>();

/** No znode may be called so, and ZooKeeper's own names stay what they are. */
export const OWN_NAMES: ReadonlySet<string> = new Set([
  "zookeeper",
  "quota",
  "config",
  "zookeeper_limits",
  "zookeeper_stats",
]);
const RESERVED: ReadonlySet<string> = new Set([".", "..", ...OWN_NAMES]);
const ROUNDS = 8;
/** From here on a collision of two hashes is less likely than one in 10^17, and hashing is five times as fast. */
const MOST_PERMUTED = 11;
const MOST_KNOWN = 200_000;

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function toText(number: bigint, digits: readonly Digit[]): string {
  let text = "";
  let rest = number;
  for (const { alphabet, radix } of digits.toReversed()) {
    text = (alphabet.characters[Number(rest % radix)] as string) + text;
    rest /= radix;
  }
  return text;
}

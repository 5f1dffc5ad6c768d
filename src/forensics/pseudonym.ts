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
    const level = ALPHABETS.findIndex((alphabet) => isOf(alphabet, text));
    const alphabet = ALPHABETS[level];
    if (!alphabet || text.length > MOST_PERMUTED) return this.long(domain, text, alphabet);
    let made = text;
    // Texts of a smaller alphabet have pseudonyms of that: the permutation goes on until it leaves them.
    do made = this.permute(domain, made, alphabet);
    while (ALPHABETS.slice(0, level).some((smaller) => isOf(smaller, made)) || RESERVED.has(made));
    return made;
  }

  /** Too long to be found again by chance. Texts that are not ASCII are marked, so that they cannot be taken for such. */
  private long(domain: string, text: string, alphabet = LETTERS_AND_DIGITS): string {
    const from = Buffer.from(text);
    let made = "";
    for (const byte of this.stream(domain, from, from.length)) made += alphabet[byte % alphabet.length];
    return isAscii(text) ? made : `~${made.slice(1)}`;
  }

  private permute(domain: string, text: string, alphabet: string): string {
    const radix = BigInt(alphabet.length);
    const digits = Array.from(text, (character) => alphabet.indexOf(character));
    const middle = Math.ceil(digits.length / 2);
    let [left, right] = [toNumber(digits.slice(0, middle), radix), toNumber(digits.slice(middle), radix)];
    const [leftSize, rightSize] = [radix ** BigInt(middle), radix ** BigInt(digits.length - middle)];
    for (let round = 0; round < ROUNDS; round++) {
      const place = `${domain}:${alphabet.length}:${digits.length}:${round}`;
      if (round % 2 === 0) left = (left + this.number(place, right)) % leftSize;
      else right = (right + this.number(place, left)) % rightSize;
    }
    return toText(left, middle, alphabet) + toText(right, digits.length - middle, alphabet);
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

const LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
const NAMES = `${LETTERS_AND_DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ._-`;
const ADDRESSES = `${NAMES}:,=+@`;
/** Each within the next. What needs escaping is in none. */
const ALPHABETS: readonly string[] = [LETTERS_AND_DIGITS, NAMES, ADDRESSES, `${ADDRESSES}!#$%&()*;<>?[]^\`{|}~`];
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

function isOf(alphabet: string, text: string): boolean {
  for (const character of text) if (!alphabet.includes(character)) return false;
  return true;
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function toNumber(digits: readonly number[], radix: bigint): bigint {
  return digits.reduce((sum, digit) => sum * radix + BigInt(digit), 0n);
}

function toText(value: bigint, length: number, alphabet: string): string {
  const radix = BigInt(alphabet.length);
  let text = "";
  let rest = value;
  for (let index = 0; index < length; index++) {
    text = (alphabet[Number(rest % radix)] as string) + text;
    rest /= radix;
  }
  return text;
}

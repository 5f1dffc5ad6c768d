import { crc32Shift, crc32Shifted, crc32Step } from "../../checksum/index.js";
import { fromHalves } from "../../storage/zxid.js";
import { type DataTree, dataAt, STAT_LENGTH } from "../../tree/index.js";
import { codeOf, type Encoder } from "./charset-table.js";

/**
 * Those of some charsets in which the tree's digest (unsigned) is this one: several where they give the same bytes for
 * all paths that there are. None if all paths are ASCII: then `among`, which may have tables to build, is not asked.
 */
export function charsetsOf(tree: DataTree, digest: bigint, among: () => readonly Encoder[]): Encoder[] {
  const paths = new OtherPaths(tree);
  if (paths.count === 0) return [];
  const classes = alike(paths.characters, among());
  const match = paths.digests(classes.map(({ codes }) => codes)).indexOf(digest);
  return classes[match]?.encoders ?? [];
}

/** The tree's digest, unsigned, as a server counts it that has this charset. */
export function digestIn(tree: DataTree, encoder: Encoder): bigint {
  const paths = new OtherPaths(tree);
  const codes = alike(paths.characters, [encoder]).map((each) => each.codes);
  return paths.digests(codes)[0] as bigint;
}

interface Alike {
  /** What each of the characters is encoded as. */
  codes: Uint32Array;
  encoders: Encoder[];
}

/** The charsets by what they make of these characters: of those that make the same of them, one is tried. */
function alike(characters: readonly number[], encoders: readonly Encoder[]): Alike[] {
  const classes = new Map<string, Alike>();
  for (const encoder of encoders) {
    const codes = Uint32Array.from(characters, (character) => codeOf(encoder, character) || QUESTION_MARK);
    const key = Buffer.from(codes.buffer).toString("latin1");
    const known = classes.get(key);
    if (known) known.encoders.push(encoder);
    else classes.set(key, { codes, encoders: [encoder] });
  }
  return [...classes.values()];
}

/** The znodes of a tree that count in its digest and whose paths are not ASCII. */
class OtherPaths {
  count = 0;
  /** All characters in them that are not ASCII, each once. */
  readonly characters: number[] = [];
  private slots = new Uint32Array(256);
  /** Where in `characters` each is, plus one; made for the first. */
  private placeOf: Uint32Array | null = null;
  /** A path from its first character that is not ASCII to its last: ASCII as it is, others as 0x80 and their place. */
  private middle = new Uint32Array(256);
  private shiftLength = 0;
  private shift = crc32Shift(0);

  constructor(private readonly tree: DataTree) {
    const { znodes } = tree;
    for (let slot = 0; slot < znodes.slots; slot++) {
      if (!znodes.exists(slot)) continue;
      const view = znodes.viewOf(slot);
      const path = znodes.recordOf(slot) + 4;
      const end = dataAt(view, path - 4);
      const other = firstHighByte(view, path, end);
      if (other === end || this.isOwn(slot, path, end)) continue;
      if (this.count === this.slots.length) this.slots = longer(this.slots);
      this.slots[this.count++] = slot;
      this.readMiddle(slot, other, afterHighBytes(view, other, end));
    }
  }

  /**
   * The tree's digests, unsigned, with the characters as these codes. A znode's is the CRC-32 of its path and what
   * follows that, so the difference that the path's middle makes is enough: the data need not be read.
   */
  digests(codings: readonly Uint32Array[]): bigint[] {
    const { znodes } = this.tree;
    const own = fromHalves(znodes.digestHigh, znodes.digestLow);
    const sums = codings.map(() => own);
    const parts = new Float64Array(codings.length);
    for (let each = 0; each < this.count; each++) {
      this.addDifferences(this.slots[each] as number, codings, parts);
      if (each % MOST_EXACT === 0 || each === this.count - 1) {
        for (let coding = 0; coding < sums.length; coding++) {
          sums[coding] = (sums[coding] as bigint) + BigInt(parts[coding] as number);
        }
        parts.fill(0);
      }
    }
    return sums.map((sum) => BigInt.asUintN(64, sum));
  }

  private addDifferences(slot: number, codings: readonly Uint32Array[], sums: Float64Array): void {
    const { znodes } = this.tree;
    const view = znodes.viewOf(slot);
    const path = znodes.recordOf(slot) + 4;
    const end = dataAt(view, path - 4);
    const other = firstHighByte(view, path, end);
    const same = afterHighBytes(view, other, end);
    const { kernel } = znodes.memoryOf(slot);
    const head = kernel.crc32(path, other - path, 0);
    const asUtf8 = kernel.crc32(other, same - other, head);
    const shift = this.shiftFor(end - same + Math.max(view.getInt32(end), 0) + STAT_LENGTH);
    const digest = znodes.digest(slot);
    const length = this.readMiddle(slot, other, same);
    for (let coding = 0; coding < codings.length; coding++) {
      const crc = ~this.middleIn(codings[coding] as Uint32Array, length, ~head);
      const changed = (digest ^ crc32Shifted(crc ^ asUtf8, shift)) >>> 0;
      sums[coding] = (sums[coding] as number) + changed - digest;
    }
  }

  /** As crc32Shift: many znodes in a row have data of one length. */
  private shiftFor(length: number): number {
    if (length !== this.shiftLength) {
      this.shiftLength = length;
      this.shift = crc32Shift(length);
    }
    return this.shift;
  }

  /** CRC-32's register after the path's middle. */
  private middleIn(codes: Uint32Array, length: number, before: number): number {
    const { middle } = this;
    let register = before;
    for (let at = 0; at < length; at++) {
      const each = middle[at] as number;
      const code = each < 0x80 ? each : (codes[each - 0x80] as number);
      if (code > 0xff) {
        if (code > 0xffffff) register = crc32Step(register, code >>> 24);
        if (code > 0xffff) register = crc32Step(register, code >>> 16);
        register = crc32Step(register, code >>> 8);
      }
      register = crc32Step(register, code);
    }
    return register;
  }

  /** Fills `middle`, and returns its length. */
  private readMiddle(slot: number, from: number, to: number): number {
    const text = this.tree.znodes.memoryOf(slot).bytes.toString("utf8", from, to);
    while (this.middle.length < text.length) this.middle = longer(this.middle);
    let length = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text.codePointAt(at) as number;
      if (character > 0xffff) at++;
      this.middle[length++] = character < 0x80 ? character : 0x80 + this.placeOfCharacter(character);
    }
    return length;
  }

  private placeOfCharacter(character: number): number {
    this.placeOf ??= new Uint32Array(0x110000);
    const place = this.placeOf[character] as number;
    if (place > 0) return place - 1;
    this.placeOf[character] = this.characters.push(character);
    return this.characters.length - 1;
  }

  private isOwn(slot: number, path: number, end: number): boolean {
    const { bytes } = this.tree.znodes.memoryOf(slot);
    return end - path >= OWN.length && bytes.compare(OWN, 0, OWN.length, path, path + OWN.length) === 0;
  }
}

function firstHighByte(view: DataView, from: number, to: number): number {
  let at = from;
  while (at < to && view.getUint8(at) < 0x80) at++;
  return at;
}

/** Where the last byte of [from, to) that is not ASCII ends. */
function afterHighBytes(view: DataView, from: number, to: number): number {
  let at = to;
  while (at > from && view.getUint8(at - 1) < 0x80) at--;
  return at;
}

function longer(list: Uint32Array): Uint32Array<ArrayBuffer> {
  const twice = new Uint32Array(2 * list.length);
  twice.set(list);
  return twice;
}

const QUESTION_MARK = 0x3f;
/** What is below it does not count. */
const OWN = Buffer.from("/zookeeper/");
/** This many differences of 32 bits have an exact sum in a double. */
const MOST_EXACT = 2 ** 20;

import { JuteWriter } from "../jute/index.js";
import { fromHalves } from "../storage/zxid.js";
import { type DataTree, dataAt, statAt, STAT_LENGTH } from "../tree/index.js";
import { inBlock } from "../tree/scratch.js";

/**
 * The digest that a server computes whose default charset is ASCII: DigestCalculator takes a path's bytes by
 * `path.getBytes()`, and before Java 18 that depends on the locale. Under LC_ALL=C, usual in containers, every character
 * that is not ASCII becomes "?". Unsigned.
 */
export function asciiDigest(tree: DataTree): bigint {
  const { znodes } = tree;
  let sum = BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow));
  for (let slot = 0; slot < znodes.slots; slot++) {
    if (!znodes.exists(slot)) continue;
    const view = znodes.viewOf(slot);
    const record = znodes.recordOf(slot);
    const data = dataAt(view, record);
    const { bytes } = znodes.memoryOf(slot);
    if (!hasHighByte(view, record + 4, data)) continue;
    const path = bytes.toString("utf8", record + 4, data).replace(/[^\0-\x7f]/gu, "?");
    const rest = bytes.subarray(data, statAt(view, record) + STAT_LENGTH);
    const block = inBlock(new JuteWriter(rest.length + path.length + 4).string(path).raw(rest).bytes);
    sum += BigInt(block.kernel.znode_digest(block.start) >>> 0) - BigInt(znodes.digest(slot));
  }
  return BigInt.asUintN(64, sum);
}

function hasHighByte(view: DataView, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (view.getUint8(at) > 0x7f) return true;
  return false;
}

/**
 * Finds out whether a server's digests are those of an ASCII locale. Counting one takes a pass over the tree, so once
 * that is known only some are compared, and the last, which stands for those before it: a digest is a sum over all.
 */
export class ServerLocale {
  isAscii = false;
  private tries = 0;
  private skipped = 0;
  private last: bigint | null = null;

  /** What a digest (a signed long) that differs from the tree's own is: another locale's, compared or not, or wrong. */
  explains(tree: DataTree, digest: bigint): "no" | "compared" | "taken" {
    if (!this.isAscii && this.tries >= MOST_TRIES) return "no";
    this.last = digest;
    if (this.isAscii && ++this.skipped % COMPARED_EVERY !== 0) return "taken";
    if (asciiDigest(tree) === BigInt.asUintN(64, digest)) {
      this.isAscii = true;
      return "compared";
    }
    // Over a fuzzy base the first may differ for another reason; later on one is enough.
    this.tries = this.isAscii ? MOST_TRIES : this.tries + 1;
    this.isAscii = false;
    this.last = null;
    return "no";
  }

  /** A digest has matched as it is: what was taken before it is settled. */
  forget(): void {
    this.last = null;
  }

  /** Whether the last digest that was taken holds; null where there is none. */
  settle(tree: DataTree): boolean | null {
    return this.isAscii && this.last !== null ? asciiDigest(tree) === BigInt.asUintN(64, this.last) : null;
  }
}

const MOST_TRIES = 4;
const COMPARED_EVERY = 1000;

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

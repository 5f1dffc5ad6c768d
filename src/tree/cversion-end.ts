import { STAT, setLong } from "./znode-fields.js";
import type { ZnodeStore } from "./znode-store.js";

/**
 * Znodes whose cversion has come to its end. Up to 3.5 it wraps to the smallest int. From 3.6 on DataTree.createNode
 * takes it only where it is larger, so that it stays, and pzxid with it; but what a server prepares still counts it as
 * wrapped, for as long as the create is under way (PrepRequestProcessor.getRecordForPath), and so do the digests of those
 * transactions. They are of no tree that there ever was.
 */
export class CVersionEnds {
  /** The first that wrapped here, though nothing said whether the server is older than 3.6. */
  unsure: { path: string; zxidHigh: number; zxidLow: number } | null = null;
  /** By slot: what servers of 3.6 and later prepared last. */
  private readonly prepared = new Map<number, Prepared>();

  /** A create below a znode whose cversion stays. */
  stays(slot: number, cversion: number, zxidHigh: number, zxidLow: number): void {
    this.prepared.set(slot, { cversion, zxidHigh, zxidLow });
  }

  /** A delete below a znode. */
  deletedBelow(slot: number, zxidHigh: number, zxidLow: number): void {
    const prepared = this.prepared.get(slot);
    if (prepared) Object.assign(prepared, { zxidHigh, zxidLow });
  }

  /** The znode is gone. */
  forget(slot: number): void {
    this.prepared.delete(slot);
  }

  /** Whether there are none that stay. */
  get isEmpty(): boolean {
    return this.prepared.size === 0;
  }

  /** Whether a digest is the tree's with one of these znodes, or all of them, as they were prepared. */
  explains(znodes: ZnodeStore, high: number, low: number): boolean {
    let [allHigh, allLow] = [znodes.digestHigh, znodes.digestLow];
    for (const [slot, prepared] of this.prepared) {
      const delta = digestPrepared(znodes, slot, prepared) - znodes.digest(slot);
      const one = sum(znodes.digestHigh, znodes.digestLow, delta);
      if (one[0] === high && one[1] === low) return true;
      [allHigh, allLow] = sum(allHigh, allLow, delta);
    }
    return allHigh === high && allLow === low;
  }
}

interface Prepared {
  cversion: number;
  zxidHigh: number;
  zxidLow: number;
}

function digestPrepared(znodes: ZnodeStore, slot: number, { cversion, zxidHigh, zxidLow }: Prepared): number {
  const view = znodes.viewOf(slot);
  const stat = znodes.statOf(slot);
  const [now, high, low] = [STAT.cversion, STAT.pzxid, STAT.pzxid + 4].map((at) => view.getInt32(stat + at));
  view.setInt32(stat + STAT.cversion, cversion);
  setLong(view, stat + STAT.pzxid, zxidHigh, zxidLow);
  const digest = znodes.memoryOf(slot).kernel.znode_digest(znodes.recordOf(slot)) >>> 0;
  view.setInt32(stat + STAT.cversion, now as number);
  setLong(view, stat + STAT.pzxid, high as number, low as number);
  return digest;
}

/** A 64-bit sum; `delta` is the difference of two CRC-32s. */
function sum(high: number, low: number, delta: number): [high: number, low: number] {
  const total = low + delta;
  const carry = total < 0 ? -1 : total >= 2 ** 32 ? 1 : 0;
  return [(high + carry) | 0, total >>> 0];
}

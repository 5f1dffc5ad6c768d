import { fromHalves } from "../storage/zxid.js";
import { STAT } from "./znode-fields.js";

/**
 * The largest czxid, mzxid or pzxid of the znodes looked at: a snapshot of them holds changes at least up to it.
 *
 * @example
 * import { discover, rebuild } from "zkrewind/recovery";
 * import { ChildIndex, NewestChange } from "zkrewind/tree";
 *
 * const { znodes } = (await rebuild(discover(["fixtures/3.8.6-standalone"]))).tree;
 * const newest = new NewestChange();
 * for (const slot of new ChildIndex(znodes).walk()) newest.look(znodes.viewOf(slot), znodes.statOf(slot));
 * console.log(newest.zxid.toString(16));
 */
export class NewestChange {
  private high = 0;
  private low = 0;

  get zxid(): bigint {
    return fromHalves(this.high, this.low);
  }

  /** `stat`: where a znode's StatPersisted is. */
  look(view: DataView, stat: number): void {
    this.at(view, stat + STAT.czxid);
    this.at(view, stat + STAT.mzxid);
    this.at(view, stat + STAT.pzxid);
  }

  private at(view: DataView, at: number): void {
    const high = view.getInt32(at);
    if (high >= this.high) this.note(high, view.getUint32(at + 4));
  }

  /** A zxid: signed and unsigned half. */
  note(high: number, low: number): void {
    if (high < this.high || (high === this.high && low <= this.low)) return;
    this.high = high;
    this.low = low;
  }
}

import { fromHalves } from "../storage/zxid.js";
import { STAT } from "./znode-fields.js";

/** The largest czxid, mzxid or pzxid of the znodes looked at: a snapshot of them holds changes at least up to it. */
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

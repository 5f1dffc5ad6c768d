import { type DataTree, longLess, NONE, setLong, STAT } from "../../tree/index.js";
import { Changes } from "./changes.js";
import { filledContainers } from "./owner-kinds.js";

/** A tree on its way from a point to what is written. The steps that change it each say so in `changes`. */
export class Draft {
  readonly tree: DataTree;
  /** What the result's zxid will be: changes carry it in the stats, as if one transaction had made all of them. */
  readonly zxid: bigint;
  /** Milliseconds since 1970. */
  readonly time: bigint;
  readonly changes = new Changes();
  /** The slots of containers that had a child before anything was taken from them. */
  readonly filledContainers: number[];

  constructor(tree: DataTree, zxid: bigint, time: bigint) {
    this.tree = tree;
    this.zxid = zxid;
    this.time = time;
    this.filledContainers = filledContainers(tree);
  }

  /**
   * Takes znodes out, with nothing left below them: each must come before its children. The parents that stay get the
   * result's zxid for their pzxid, so that a client that keeps its session and its watches is told.
   */
  remove(slots: readonly number[] | Uint32Array): void {
    const { tree } = this;
    const { znodes } = tree;
    for (let at = slots.length - 1; at >= 0; at--) {
      const slot = slots[at] as number;
      const parent = znodes.parent(slot);
      tree.remove(slot);
      if (parent !== NONE) this.childrenChanged(parent);
    }
  }

  /** Says that a znode's list of children is another now. */
  childrenChanged(slot: number): void {
    const { znodes } = this.tree;
    const view = znodes.viewOf(slot);
    const at = znodes.statOf(slot) + STAT.pzxid;
    const [high, low] = [Number(this.zxid >> 32n), Number(this.zxid & 0xffffffffn)];
    if (!longLess(view, at, high, low)) return;
    setLong(view, at, high, low);
    znodes.refresh(slot);
  }

  /** Makes a znode persistent, whatever it was. */
  makePersistent(slot: number): void {
    const { znodes } = this.tree;
    setLong(znodes.viewOf(slot), znodes.statOf(slot) + STAT.ephemeralOwner, 0, 0);
    znodes.refresh(slot);
  }
}

import { fromHalves } from "../storage/zxid.js";
import { type DataTree, BeforeImages, refreshQuotas, type SessionMap, type TxnWatcher } from "../tree/index.js";
import type { ReplayMoment, ReplayOptions } from "./replay/replay-options.js";

/** What is kept of a tree at the point that it passes, beside its znodes. */
export interface PassedState {
  moment: ReplayMoment;
  /** Open since then. */
  images: BeforeImages;
  /** The sessions then, as the tree had them. */
  sessions: SessionMap<number>;
  digest: bigint;
  orphans: number;
}

/** A point that replays pass: from there on each keeps what it changes. */
export class Passed implements NonNullable<ReplayOptions["pause"]> {
  readonly at: bigint;
  private tree: DataTree | null = null;
  private state: PassedState | null = null;

  private readonly watch: ((tree: DataTree) => TxnWatcher) | undefined;

  /** `watch`: makes one that looks on while a tree goes on from the point; each replay asks anew. */
  constructor(at: bigint, watch?: (tree: DataTree) => TxnWatcher) {
    this.at = at;
    this.watch = watch;
  }

  look(moment: ReplayMoment): void {
    const { tree } = moment;
    // What the server counts without a transaction is no change of after this point.
    refreshQuotas(tree);
    this.tree = tree;
    this.state = {
      moment,
      images: new BeforeImages(tree.znodes),
      sessions: tree.sessions.copy(),
      digest: digestOf(tree),
      orphans: tree.znodes.orphans,
    };
    tree.watcher = this.watch?.(tree) ?? null;
  }

  /** What was kept of a tree; null where it did not come by. */
  of(tree: DataTree): PassedState | null {
    return tree === this.tree ? this.state : null;
  }
}

/** ZooKeeper's digest of a tree. */
export function digestOf({ znodes }: Pick<DataTree, "znodes">): bigint {
  return BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow));
}

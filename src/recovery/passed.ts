import { fromHalves } from "../storage/zxid.js";
import { type DataTree, BeforeImages, refreshQuotas, type SessionMap } from "../tree/index.js";
import type { Moment, ReplayOptions, ReplayWitness } from "./replay/replay-options.js";

/** What is kept of a tree at the point that it passes, beside its znodes. */
export interface PassedState {
  moment: Moment;
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

  private readonly witness: (() => ReplayWitness) | undefined;

  /** `witness`: makes one for each replay, to see what comes after the point. */
  constructor(at: bigint, witness?: () => ReplayWitness) {
    this.at = at;
    this.witness = witness;
  }

  look(moment: Moment): ReplayWitness | undefined {
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
    return this.witness?.();
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

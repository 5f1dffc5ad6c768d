import { advance } from "../../forensics/history/step-forward.js";
import {
  type DataDirectory,
  type ExactRange,
  LATEST,
  type PointRequest,
  rebuild,
  resolveBound,
  type State,
} from "../../recovery/index.js";
import { momentAt } from "../../recovery/scan/headers.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { type DataTree, Journal, refreshQuotas } from "../../tree/index.js";
import type { TxnIndex } from "../timeline/txn-index.js";
import { Listings } from "./listings.js";

/** A tree in memory that can be moved in time, with what is listed of it. */
export interface TreeAtPoint {
  state: State;
  readonly listings: Listings;
}

interface Kept extends TreeAtPoint {
  /** Null where the state is not exact: such a tree is not moved. */
  readonly journal: Journal | null;
  used: number;
}

export interface KeptTreesOptions {
  /** Bytes: earlier trees are kept beside the last one as long as all of them take no more. */
  most?: number;
  onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * The trees at the points that were asked for last. A step forward applies the transactions between; a step back undoes
 * them from the tree's journal; anything further is a rebuild.
 *
 * One tree is always held, and while a point is rebuilt, that one alone. Beside it, as many as take no more than `most`.
 */
export class KeptTrees {
  /** What is proven exact, once that is known. */
  exact: readonly ExactRange[] | null = null;
  private readonly directory: DataDirectory;
  private readonly index: TxnIndex;
  private readonly options: KeptTreesOptions;
  private kept: Kept[] = [];
  private clock = 0;
  /** The work under way: one request moves the trees at a time. */
  private turn: Promise<unknown> = Promise.resolve();
  private latest: bigint | null = null;

  constructor(directory: DataDirectory, index: TxnIndex, options: KeptTreesOptions = {}) {
    this.directory = directory;
    this.index = index;
    this.options = options;
  }

  /**
   * Calls `look` with the tree of a point, which stays as it is until `look` is done. `look` must not ask for another.
   * Throws as `rebuild` does.
   */
  at<T>(request: PointRequest, look: (kept: TreeAtPoint) => T | Promise<T>): Promise<T> {
    const done = this.turn.then(async () => {
      const kept = await this.bring(request);
      kept.used = ++this.clock;
      return look(kept);
    });
    this.turn = done.catch(() => {});
    return done;
  }

  /** Makes requests from now on wait for other work, which has a tree of its own. */
  after(work: Promise<unknown>): void {
    this.turn = Promise.allSettled([this.turn, work]);
  }

  /** The same as `at` for two points, the trees of which are in memory at once. */
  both<T>(
    from: PointRequest,
    to: PointRequest,
    look: (from: TreeAtPoint, to: TreeAtPoint) => T | Promise<T>,
  ): Promise<T> {
    const done = this.turn.then(async () => {
      const a = await this.bring(from);
      a.used = ++this.clock;
      // The first must not be moved to the second's point.
      this.kept = this.kept.filter((each) => each !== a);
      try {
        const b = await this.bring(to);
        b.used = ++this.clock;
        return await look(a, b);
      } finally {
        this.keep(a);
      }
    });
    this.turn = done.catch(() => {});
    return done;
  }

  private async bring(request: PointRequest): Promise<Kept> {
    if (request.point.kind === "latest" && request.inclusive) return this.bringLatest();
    const zxid = await resolveBound(this.directory, request);
    return zxid === null ? this.bringLatest() : this.bringTo(zxid);
  }

  private async bringLatest(): Promise<Kept> {
    if (this.latest !== null) return this.bringTo(this.latest);
    const made = this.keep(this.made(await this.rebuilt(LATEST)));
    this.latest = made.state.zxid;
    return made;
  }

  private async bringTo(zxid: bigint): Promise<Kept> {
    const there = this.kept.find(({ state }) => state.zxid === zxid);
    if (there) return there;
    return (await this.moved(zxid)) ?? this.keep(await this.jumped(zxid));
  }

  /** A tree that is near enough, moved to the point. */
  private async moved(zxid: bigint): Promise<Kept | null> {
    const back = this.kept.find(({ journal, state }) => journal && zxid < state.zxid && zxid >= journal.first);
    if (back) return (await this.goBack(back, zxid)) ? back : null;
    const near = this.kept
      .filter(({ journal, state }) => journal && state.zxid < zxid)
      .sort((a, b) => (a.state.zxid > b.state.zxid ? -1 : 1))[0];
    if (!near || (this.exact && !this.isOneStretch(near.state.zxid, zxid))) return null;
    return (await this.goForward(near, zxid)) ? near : null;
  }

  private async goForward(kept: Kept, zxid: bigint): Promise<boolean> {
    if (this.index.between(kept.state.zxid, zxid) > MOST_FORWARD) return false;
    const { journal, state } = kept as Kept & { journal: Journal };
    const moves = new Moves(journal);
    try {
      kept.state = await advance(this.index.logsAfter(state.zxid), state, zxid);
    } catch {
      // Another way may lead there.
      this.drop(kept);
      return false;
    }
    moves.tell(kept.listings);
    if (!kept.state.exact) this.drop(kept);
    return kept.state.exact;
  }

  private async goBack(kept: Kept, zxid: bigint): Promise<boolean> {
    const { journal, state } = kept as Kept & { journal: Journal };
    const { tree } = state;
    const moves = new Moves(journal);
    let isThere = true;
    while (isThere && fromHalves(tree.zxidHigh, tree.zxidLow) > zxid) isThere = journal.back();
    // Where the zxid is of no transaction, or what led to it cannot be taken back.
    if (fromHalves(tree.zxidHigh, tree.zxidLow) !== zxid) {
      this.drop(kept);
      return false;
    }
    refreshQuotas(tree);
    moves.tell(kept.listings);
    const { digestHigh, digestLow } = tree.znodes;
    kept.state = {
      ...state,
      zxid,
      time: (await momentAt(this.index.logsAfter(zxid - 1n), zxid))?.time ?? null,
      digest: { version: 2, value: BigInt.asUintN(64, fromHalves(digestHigh, digestLow)), verified: false },
      findings: [],
    };
    return true;
  }

  /**
   * A rebuild: of a point some transactions before, where that is exact as well, and from there on step by step: so one can
   * step back from it.
   */
  private async jumped(zxid: bigint): Promise<Kept> {
    this.makeRoom();
    const before = this.index.before(zxid, STEPS_BACK);
    if (before !== null && this.isOneStretch(before, zxid)) {
      const made = this.made(await this.rebuilt(atZxid(before)));
      if (made.journal && made.state.zxid === before && (await this.goForward(made, zxid))) return made;
    }
    return this.made(await this.rebuilt(atZxid(zxid)));
  }

  private rebuilt(request: PointRequest): Promise<State> {
    const { onProgress } = this.options;
    return rebuild(this.directory, request, { inexact: true, ...(onProgress && { onProgress }) });
  }

  private made(state: State): Kept {
    const { tree, exact } = state;
    const journal = exact ? new Journal(tree, JOURNAL_BYTES, JOURNAL_STEPS) : null;
    return { state, journal, listings: new Listings(tree), used: 0 };
  }

  /** Whether all from one point to another is known to be exact, as one stretch. */
  private isOneStretch(from: bigint, to: bigint): boolean {
    return (this.exact ?? []).some((range) => range.from <= from && to <= range.to);
  }

  private keep(kept: Kept): Kept {
    this.kept.push(kept);
    this.kept.sort((a, b) => a.used - b.used);
    const most = this.options.most ?? MOST_BYTES;
    let taken = this.kept.reduce((sum, { state }) => sum + bytesOf(state.tree), 0);
    while (this.kept.length > 1 && taken > most) {
      const oldest = this.kept.find((each) => each !== kept) as Kept;
      taken -= bytesOf(oldest.state.tree);
      this.drop(oldest);
    }
    return kept;
  }

  /** Before a rebuild, which needs the memory. */
  private makeRoom(): void {
    const most = this.options.most ?? MOST_BYTES;
    const taken = this.kept.reduce((sum, { state }) => sum + bytesOf(state.tree), 0);
    const largest = this.kept.reduce((most, { state }) => Math.max(most, bytesOf(state.tree)), 0);
    if (taken + largest > most) this.kept = [];
  }

  private drop(kept: Kept): void {
    this.kept = this.kept.filter((each) => each !== kept);
  }
}

/** Which znodes a tree's moves touched. */
class Moves {
  private readonly journal: Journal;
  private touched: Set<string> | null = new Set();

  constructor(journal: Journal) {
    this.journal = journal;
    journal.onStep = (paths) => {
      if (paths === null) this.touched = null;
      for (const path of paths ?? []) this.touched?.add(path);
      if (this.touched && this.touched.size > MOST_TOUCHED) this.touched = null;
    };
  }

  /** The moves are over. */
  tell(listings: Listings): void {
    this.journal.onStep = () => {};
    if (this.touched) listings.moved(this.touched);
    else listings.clear();
  }
}

/** About how many bytes of memory it takes: records, columns and the path index. */
function bytesOf({ znodes }: DataTree): number {
  return znodes.arena.size + 40 * znodes.slots;
}

function atZxid(zxid: bigint): PointRequest {
  return { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true };
}

/** Bytes of trees that are kept beside the one that is looked at. */
export const MOST_BYTES = 128 << 20;
/** What one journal may take. */
const JOURNAL_BYTES = 32 << 20;
const JOURNAL_STEPS = 20_000;
/** How many transactions before a point are applied step by step, so that they can be undone. */
const STEPS_BACK = 256;
/** More are slower than a rebuild may be. */
const MOST_FORWARD = 200_000;
const MOST_TOUCHED = 10_000;

import type { DataDirectory } from "../directory/data-directory.js";
import { replaySegment, type SegmentResult } from "../replay/segment.js";
import { type Base, NOT_IN_DIGEST, type Unproven } from "./base.js";
import { type FuzzyWindow, isBounded, measuredWindow } from "./fuzzy-window.js";
import { type ViewComparison, compareViews, type View, viewOf } from "./view.js";

/**
 * What the nearest other bases say of one that fits all that follows it: nothing against it, with what of it is still
 * not proven; or "ask" where they do not simply agree, and only `assess` can tell what that means.
 */
export type Support = readonly Unproven[] | "ask";

export interface NeighboursOptions {
  /** All bases of the directory, by the ends of their windows. */
  bases: () => Promise<readonly Base[]>;
  /** What a replay that was done for another reason has at a zxid; null where none came by. */
  known: (base: Base, at: bigint) => View | null;
}

/** The short way to what `assess` decides, for one base that nothing contradicts. */
export class Neighbours {
  private readonly directory: DataDirectory;
  private readonly options: NeighboursOptions;
  private readonly known = new Map<string, Support>();
  private readonly measured = new Map<string, FuzzyWindow>();

  constructor(directory: DataDirectory, options: NeighboursOptions) {
    this.directory = directory;
    this.options = options;
  }

  /** `logged`: whether a digest that a transaction carries has matched; `at`: the zxid that is asked for. */
  async supportOf(base: Base, logged: boolean, at: bigint): Promise<Support> {
    if (!logged && (await this.isInWindow(base, at))) return "ask";
    const key = keyOf(base);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const support = await this.find(base, logged);
    this.known.set(key, support);
    return support;
  }

  /** Whether the first digest that a transaction after the base carries matches; null where none does. */
  async firstDigest(base: Base): Promise<boolean | null> {
    const result = await this.replay(base, null, true);
    if (result.disproven) return false;
    return result.matchedLogged ? true : null;
  }

  private async find(base: Base, logged: boolean): Promise<Support> {
    if (!logged) return this.withoutDigests(await this.near(base));
    const all = await this.others(base);
    const earlier = all.filter(({ window }) => window.end <= base.window.end).toReversed();
    const [next] = all.filter(({ window }) => window.end > base.window.end);
    const before = await this.nearest(base, earlier.slice(0, MOST_OTHERS));
    if (before !== null && !isAlike(before)) return "ask";
    if (before !== null || base.from === 0n || base.snapshot?.proven === true) return [];
    const behind = next ? await this.compare(await this.replay(base, next.window.end), next) : null;
    if (behind === null) return NOT_IN_DIGEST;
    return isAlike(behind) ? base.unproven : "ask";
  }

  /** Whether a zxid lies in another base's window: both would have applied what is in it, and only one after it tells. */
  private async isInWindow(base: Base, at: bigint): Promise<boolean> {
    for (const other of await this.others(base))
      if (other.from < at && at <= other.window.end && at <= (await this.near(other)).window.end) return true;
    return false;
  }

  /** Others must bear out what no digest in the logs proves. */
  private async withoutDigests(base: Base): Promise<Support> {
    const all = await this.others(base);
    const earlier = all.filter(({ window }) => window.end <= base.window.end).toReversed();
    const following = all.find(({ window }) => window.end > base.window.end);
    const next = following && (await this.near(following));
    const before = await this.nearest(base, earlier.slice(0, 1));
    if (before === null ? earlier.length > 0 : !isAlike(before)) return "ask";
    const whole = await this.replay(base, next?.window.end ?? null);
    if (whole.disproven || whole.exact === null) return "ask";
    const behind = next ? await this.compare(whole, next) : null;
    if (next && (behind === null || !isAlike(behind))) return "ask";
    if (before !== null || base.from === 0n || base.snapshot?.proven === true) return [];
    if (behind !== null) return base.unproven;
    return whole.unnamedClose ? [...NOT_IN_DIGEST, "pzxids"] : NOT_IN_DIGEST;
  }

  private async others({ snapshot }: Base): Promise<Base[]> {
    return (await this.options.bases()).filter((each) => each.snapshot?.path !== snapshot?.path);
  }

  /** With the window that a replay shows, where only far bounds speak of it. */
  private async near(base: Base): Promise<Base> {
    if (isBounded(base.window)) return base;
    const key = keyOf(base);
    let measured = this.measured.get(key);
    if (!measured) {
      const { newestChange, lastMisfit, last } = await this.replay(base, base.window.end);
      measured = last < base.window.end ? base.window : measuredWindow(base.window, newestChange, lastMisfit);
      this.measured.set(key, measured);
    }
    return { ...base, window: measured };
  }

  /** How the nearest of the others that leads to a base compares with it; null where none does. */
  private async nearest(base: Base, others: readonly Base[]): Promise<ViewComparison | null> {
    const { end } = base.window;
    for (const other of others) {
      const own = this.options.known(base, end) ?? viewOf(await this.replay(base, end), end);
      if (!own) return null;
      const result = await this.replay(other, end);
      const view = result.newestChange <= end ? viewOf(result, end) : null;
      if (view) return compareViews(view, own);
    }
    return null;
  }

  private async compare(earlier: SegmentResult, later: Base): Promise<ViewComparison | null> {
    const { end } = later.window;
    const before = viewOf(earlier, end);
    if (!before) return null;
    const result = await this.replay(later, end);
    const after = result.newestChange <= end ? viewOf(result, end) : null;
    return after && compareViews(before, after);
  }

  private replay(base: Base, to: bigint | null, untilDigest = false): Promise<SegmentResult> {
    const { snapshot, from, window, proven } = base;
    const { logs } = this.directory;
    return replaySegment({ snapshot, logs, from, exactFrom: window.end, to, proven, untilDigest, bytes: 0 });
  }
}

function isAlike({ tree, rest }: ViewComparison): boolean {
  return tree === null && rest.size === 0;
}

function keyOf({ snapshot, from, window }: Base): string {
  return `${snapshot?.path}@${from}@${window.end}`;
}

/** Each comparison costs a load and a replay. */
const MOST_OTHERS = 3;

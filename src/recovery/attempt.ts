import { finding, type Finding } from "../findings/finding.js";
import { isMisfit } from "../findings/kinds.js";
import { peekTrailers } from "../storage/snapshot-trailers.js";
import { fromHalves, hex } from "../storage/zxid.js";
import { type DataTree, freshTree, type LoadedSnapshot, loadSnapshot } from "../tree/index.js";
import type { DataDirectory, StoredFile } from "./directory/data-directory.js";
import {
  BEGINNING,
  type Base,
  baseAsItIs,
  baseAtDigest,
  baseOf,
  checkpointOf,
  contradictsName,
  doubtOfWindow,
  mayBeTorn,
  provesItself,
  type SnapshotFacts,
  type Unproven,
} from "./exact/base.js";
import { type FuzzyWindow, isBounded, measuredWindow } from "./exact/fuzzy-window.js";
import { isBeginning } from "./exact/coverage.js";
import type { View } from "./exact/view.js";
import { firstZxid, lastZxid } from "./scan/headers.js";
import { settledEntries } from "./replay/session-list.js";
import { replay } from "./replay/replay.js";
import type { ReplayOptions } from "./replay/replay-options.js";
import type { Replay } from "./replay/replay-result.js";
import { isMessage, say, type Message } from "../text/message.js";

/** A tree that was rebuilt from one base, and how sure it is. */
export interface Attempt {
  tree: DataTree;
  base: Base;
  loaded: LoadedSnapshot | null;
  replay: Replay;
  /** Why this is not the exact state at the point; null if it is, provided that the base is right. */
  doubt: Message | null;
  /** Whether that is that something does not fit: the base, or a transaction, may be wrong. */
  misfits: boolean;
  /** What of it nothing proves, so far as that was looked at. */
  unproven: readonly Unproven[];
}

/** Rebuilds trees from the bases of one directory, and keeps what it learns of them on the way. */
export class Attempts {
  /** The newest change that each snapshot read so far shows, by its path. */
  readonly newestChanges = new Map<string, bigint>();
  /** Of snapshots that could not be read whole. */
  readonly findings: Finding[] = [];

  private readonly directory: DataDirectory;
  private readonly onProgress: (bytes: number) => void;
  private readonly measured = new Map<StoredFile, FuzzyWindow>();
  private readonly views = new Map<string, View>();
  private lastLogged: bigint | null | undefined;
  private done = 0;

  constructor(directory: DataDirectory, onProgress: (bytes: number) => void) {
    this.directory = directory;
    this.onProgress = onProgress;
  }

  /** Rebuilds from nothing. */
  async fromBeginning(to: bigint | null, how: Partial<ReplayOptions> = {}): Promise<Attempt> {
    const tree = freshTree();
    const result = await this.replay(tree, null, BEGINNING, to, how);
    const unproven: Unproven[] = result.lacksConfig ? ["/zookeeper"] : [];
    return { tree, base: BEGINNING, loaded: null, replay: result, ...doubtOf(BEGINNING, to, result), unproven };
  }

  /** Rebuilds from a snapshot; a text where it is no base: why. */
  async from(snapshot: StoredFile, to: bigint | null, how: Partial<ReplayOptions> = {}): Promise<Attempt | Message> {
    const loaded = await this.load(snapshot);
    this.done += snapshot.size;
    if (!loaded.sound) {
      this.findings.push(...loaded.findings);
      const problem = loaded.findings.find((each) => each.severity !== "note");
      return say`damaged: ${problem?.message ?? "not sealed"}`;
    }
    const facts = factsOf(snapshot, loaded);
    let base = await this.baseOf(snapshot, facts);
    if (isMessage(base)) {
      this.findings.push(finding("file.name", base, { file: snapshot.path }));
      if (!this.isAlone()) return base;
      // Of one file there is nothing else to be told: it is what it holds, whatever its name says.
      const zxid = contradictsName(facts) === null ? facts.zxid : null;
      base = baseAsItIs(snapshot, { ...facts, zxid }, { nextSnapshot: null, lastLogged: null });
    }
    if (to !== null && base.from > to) return say`it is the state of ${hex(base.from)}`;
    const attempt = await this.replayFrom(base, loaded, to, how);
    const own = provesItself(facts);
    if (attempt.replay.last >= base.window.end || own === null || (to !== null && own > to)) return attempt;
    // The logs do not lead to the end of its window: it stands at its digest's zxid, whatever they hold before that.
    return this.replayFrom(baseAtDigest(snapshot, own), await this.load(snapshot), to, how);
  }

  /** Rebuilds from a base that is known to be right, and to lead to the point. */
  async fromKnown(base: Base, to: bigint): Promise<Attempt> {
    if (base.snapshot === null) return { ...(await this.fromBeginning(to)), doubt: null };
    const loaded = await this.load(base.snapshot);
    this.done += base.snapshot.size;
    return { ...(await this.replayFrom(base, loaded, to, {})), doubt: null };
  }

  /** Why a snapshot cannot be the base, as far as its last bytes tell without reading it whole; null if it may be. */
  async peek(snapshot: StoredFile, to: bigint | null): Promise<Message | null> {
    if (to === null || snapshot.zxid === null) return null;
    const trailers = peekTrailers(snapshot.bytes);
    // It may prove itself at a zxid below its name's.
    if (isBelow(trailers?.digest?.zxid, snapshot.zxid)) return null;
    const base = await this.baseOf(snapshot, { zxid: snapshot.zxid, trailers, ...UNREAD });
    // What the last bytes say alone may be of a cut file: reading it whole tells.
    if (isMessage(base) || base.window.end <= to) return null;
    if (isBounded(base.window)) return fuzzyReason(base.window);
    const measured = await this.measure(snapshot, base.window);
    if (measured.end > to) return fuzzyReason(measured);
    this.measured.set(snapshot, measured);
    return null;
  }

  /** The directory's bases as far as their last bytes tell, to compare one with another; by the ends of their windows. */
  async bases(): Promise<Base[]> {
    const found: Base[] = (await this.beginning()) ? [BEGINNING] : [];
    for (const snapshot of this.directory.snapshots) {
      const trailers = peekTrailers(snapshot.bytes);
      if (snapshot.zxid === null || isBelow(trailers?.digest?.zxid, snapshot.zxid)) continue;
      const base = await this.baseOf(snapshot, { zxid: snapshot.zxid, trailers, ...UNREAD });
      if (isMessage(base) || doubtOfWindow(base.window) !== null) continue;
      found.push(base);
      // Where the logs do not lead through its window, it may stand at its digest's zxid; the replay compares that.
      const { end, proof } = base.window;
      if (proof === "digest" && end > base.from) found.push({ ...baseAtDigest(snapshot, end), proven: false });
    }
    return found.sort((a, b) => (a.window.end < b.window.end ? -1 : a.window.end > b.window.end ? 1 : 0));
  }

  /** What the replay from a base had at the end of its window. */
  known(base: Base, at: bigint): View | null {
    return at === base.window.end ? (this.views.get(keyOf(base)) ?? null) : null;
  }

  private async keepView(base: Base, result: Replay): Promise<void> {
    const { fingerprintAtExact: tree, recounted, exact } = result;
    if (!tree || exact?.from !== base.window.end) return;
    const settled = await settledEntries(result.sessionsAtExact, this.directory.logs, base.window.end);
    this.views.set(keyOf(base), {
      tree,
      sessions: settled.sessions,
      settled,
      recounted,
      fromSnapshot: base.snapshot !== null,
    });
  }

  private isAlone(): boolean {
    return this.directory.snapshots.length === 1 && this.directory.logs.length === 0;
  }

  /** Whether there may be another base to compare with. */
  private hasOthers(): boolean {
    const first = this.directory.logs[0]?.zxid ?? 0n;
    return this.directory.snapshots.length > 1 || isBeginning(first);
  }

  /** The log that begins at the beginning, if one does. */
  async beginning(): Promise<StoredFile | null> {
    const first = this.directory.logs[0];
    const zxid = first ? await firstZxid(first) : null;
    return first && zxid !== null && isBeginning(zxid) ? first : null;
  }

  /** The window of a snapshot that nothing but far bounds speaks of, by a replay through all of it. */
  private async measure(snapshot: StoredFile, bound: FuzzyWindow): Promise<FuzzyWindow> {
    const loaded = await this.load(snapshot);
    const result = await replay(loaded.tree, this.directory.logs, {
      from: bound.begin,
      to: bound.end,
      exactFrom: bound.end,
      reapply: mayBeTorn(loaded),
    });
    const reached = result.last === bound.end;
    return loaded.sound && reached ? measuredWindow(bound, loaded.newestChange, result.lastMisfit) : bound;
  }

  private async baseOf(snapshot: StoredFile, facts: SnapshotFacts): Promise<Base | Message> {
    const next = this.directory.snapshots.find(
      (other) => other.node === snapshot.node && other.zxid !== null && facts.zxid !== null && other.zxid > facts.zxid,
    );
    const nextSnapshot = next?.zxid ?? null;
    const base = baseOf(snapshot, facts, { nextSnapshot, lastLogged: null });
    if (isMessage(base)) return base;
    const measured = this.measured.get(snapshot);
    if (measured && !isBounded(base.window)) return { ...base, window: measured };
    if (doubtOfWindow(base.window) === null) return base;
    // Only where nothing better bounds it: the last log must be read for it.
    if (this.lastLogged === undefined) this.lastLogged = await lastZxid(this.directory.logs);
    return baseOf(snapshot, facts, { nextSnapshot, lastLogged: this.lastLogged });
  }

  private async load(snapshot: StoredFile): Promise<LoadedSnapshot> {
    const source = snapshot.open();
    try {
      const loaded = await loadSnapshot(source, (bytes) => this.onProgress(this.done + bytes));
      const { newestChange, trailers } = loaded;
      const shown = [newestChange, ...(trailers?.sealed ? [trailers.digest?.zxid ?? 0n, trailers.lastZxid ?? 0n] : [])];
      if (trailers?.sealed)
        this.newestChanges.set(
          snapshot.path,
          shown.reduce((a, b) => (a > b ? a : b)),
        );
      return loaded;
    } finally {
      source.close();
    }
  }

  private async replayFrom(
    base: Base,
    loaded: LoadedSnapshot,
    to: bigint | null,
    how: Partial<ReplayOptions>,
  ): Promise<Attempt> {
    const result = await this.replay(loaded.tree, loaded, base, to, how);
    if (result.fingerprintAtExact) await this.keepView(base, result);
    return {
      tree: loaded.tree,
      base,
      loaded,
      replay: result,
      ...doubtOf(base, to, result),
      unproven: base.unproven,
    };
  }

  private replay(
    tree: DataTree,
    loaded: LoadedSnapshot | null,
    base: Base,
    to: bigint | null,
    how: Partial<ReplayOptions>,
  ): Promise<Replay> {
    return replay(tree, this.directory.logs, {
      from: base.from,
      to,
      exactFrom: base.window.end,
      proven: base.proven,
      fingerprint: base.snapshot !== null && this.hasOthers(),
      checkpoints: loaded && base.snapshot ? checkpointOf(loaded, base.snapshot.path) : [],
      reapply: loaded !== null && mayBeTorn(loaded),
      onProgress: (bytes) => this.onProgress(this.done + bytes),
      ...how,
    });
  }
}

function factsOf({ zxid }: StoredFile, { trailers, newestChange, tree }: LoadedSnapshot): SnapshotFacts {
  const digest = BigInt.asUintN(64, fromHalves(tree.znodes.digestHigh, tree.znodes.digestLow));
  return { zxid, trailers, newestChange, digest };
}

function doubtOf(base: Base, to: bigint | null, result: Replay): Pick<Attempt, "doubt" | "misfits"> {
  const unreached = unreachedBy(base, to, result);
  if (unreached !== null) return { doubt: unreached, misfits: false };
  const { last, exact } = result;
  if (exact !== null && !result.disproven && last >= exact.from && last <= exact.to)
    return { doubt: null, misfits: false };
  const problem = result.findings.find(isMisfit);
  return { doubt: say`the replay does not match: ${problem?.message ?? "a digest differs"}`, misfits: true };
}

/** Why a replay did not come to the point, or not to one that can be exact; null where it did. */
function unreachedBy({ window }: Base, to: bigint | null, result: Replay): Message | null {
  const { stop, last } = result;
  if (to !== null && window.end > to) return fuzzyReason(window);
  const unbounded = doubtOfWindow(window);
  if (unbounded !== null) return unbounded;
  if (result.holes[0]) return missing(result.holes[0].after, result.holes[0].before);
  if (stop.kind === "gap") return missing(last, stop.next);
  if (stop.kind === "damage") return say`after ${hex(last)}: ${stop.finding.message}`;
  if (last < window.end)
    return say`the logs end at ${hex(last)}, the snapshot may hold changes up to ${hex(window.end)}`;
  if (to !== null && stop.kind === "end" && last < to)
    return say`${hex(to)} is after the last transaction, ${hex(last)}`;
  return result.recounted
    ? say`the server was older than 3.4: a replay onto a fuzzy snapshot counts cversions twice`
    : null;
}

function missing(after: bigint, before: bigint): Message {
  return say`after ${hex(after)} comes ${hex(before)}: the transactions between are missing`;
}

export function windowText({ begin, end, proof }: FuzzyWindow): Message {
  return end === begin ? say`not fuzzy` : say`fuzzy until ${hex(end)} (by ${proof})`;
}

function fuzzyReason({ end, proof }: FuzzyWindow): Message {
  return say`fuzzy: it may hold changes up to ${hex(end)} (by ${proof})`;
}

function keyOf({ snapshot, from, window }: Base): string {
  return `${snapshot?.path}@${from}@${window.end}`;
}

/** Whether a digest has a zxid, and one below the name's: the snapshot may prove itself there. */
function isBelow(digestZxid: bigint | undefined, zxid: bigint): boolean {
  return digestZxid !== undefined && digestZxid !== 0n && digestZxid < zxid;
}

/** What is not known of a snapshot before it is read; no sum of digests is negative. */
const UNREAD = { newestChange: 0n, digest: -1n };

import { distinct, finding, type Finding, ZkRewindError } from "../findings/finding.js";
import { peekTrailers, type SnapshotLayout } from "../storage/snapshot-trailers.js";
import { fromHalves, hex } from "../storage/zxid.js";
import { type DataTree, freshTree, type LoadedSnapshot, loadSnapshot, refreshQuotas } from "../tree/index.js";
import { coverageOf, isBeginning } from "./exact/coverage.js";
import type { DataDirectory, StoredFile } from "./directory/data-directory.js";
import { doubtfulPaths } from "./replay/in-doubt.js";
import { type FuzzyWindow, fuzzyWindow, isProven, measuredWindow } from "./exact/fuzzy-window.js";
import { LATEST, type PointRequest } from "./point/point.js";
import { type Replay, replay } from "./replay/replay.js";
import type { Checkpoint } from "./replay/replay-proof.js";
import { nameOf, resolveBound } from "./point/resolve.js";
import { firstZxid, lastZxid } from "./scan/headers.js";
import { type LogScan, scanLog } from "./scan/scan-log.js";
import { scanSnapshot, type SnapshotScan } from "./scan/scan-snapshot.js";
import { settleSessions } from "./replay/session-list.js";
import type { PlanStep, State } from "./state.js";

export interface RebuildOptions {
  /** Answer with the nearest that can be had where the point cannot be reached exactly. */
  inexact?: boolean;
  /** Bytes of files done, of how many there may be to do. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * The tree at a point, from a snapshot that is provably not ahead of it and the transactions after that.
 *
 * Throws ZkRewindError 4 where the files cannot give the state at the point, or not exactly; with `inexact`, only where
 * they can give none at all.
 */
export async function rebuild(
  directory: DataDirectory,
  request: PointRequest = LATEST,
  options: RebuildOptions = {},
): Promise<State> {
  return new Rebuild(directory, options).run(request);
}

interface Attempt {
  tree: DataTree;
  base: StoredFile | null;
  loaded: LoadedSnapshot | null;
  window: FuzzyWindow;
  replay: Replay;
  /** Why this is not the exact state at the point; null if it is. */
  doubt: string | null;
}

class Rebuild {
  private readonly directory: DataDirectory;
  private readonly options: RebuildOptions;
  private readonly plan: PlanStep[] = [];
  private readonly findings: Finding[] = [];
  private readonly measured = new Map<StoredFile, FuzzyWindow>();
  private lastLogged: bigint | null | undefined;
  private done = 0;
  private total: number | undefined;

  constructor(directory: DataDirectory, options: RebuildOptions) {
    this.directory = directory;
    this.options = options;
  }

  async run(request: PointRequest): Promise<State> {
    const to = await resolveBound(this.directory, request);
    const exact = await this.exactly(to);
    if (exact) return this.state(exact, []);
    if (this.hasOnlySnapshots() && to === null) return this.inexactly(to);
    if (this.options.inexact) return this.inexactly(to);
    throw await this.unreachable(to);
  }

  /** Without a log the newest snapshot is all there is to say of the latest state, proven or not. */
  private hasOnlySnapshots(): boolean {
    return this.directory.snapshots.length > 0 && this.directory.logs.length === 0;
  }

  /** A single snapshot file stands for what it holds, fuzzy or not: there is nothing to choose from. */
  private isLoneSnapshot(): boolean {
    const { snapshots, logs, epochs } = this.directory;
    return snapshots.length === 1 && logs.length === 0 && epochs === undefined;
  }

  /** The newest base that gives the exact state; null if none does. */
  private async exactly(to: bigint | null): Promise<Attempt | null> {
    for (const snapshot of this.candidates(to)) {
      const early = await this.peek(snapshot, to);
      if (early !== null) {
        this.reject(snapshot, early);
        continue;
      }
      const attempt = await this.attempt(snapshot, to);
      if (attempt && attempt.doubt === null) return attempt;
      if (attempt) this.reject(snapshot, attempt.doubt as string);
    }
    const first = await this.beginning();
    if (!first) return null;
    const attempt = await this.fromNothing(to);
    if (attempt.doubt === null) return attempt;
    this.reject(first, attempt.doubt);
    return null;
  }

  private candidates(to: bigint | null): StoredFile[] {
    return this.directory.snapshots
      .filter((file) => (file.zxid === null ? this.isLoneSnapshot() : to === null || file.zxid <= to))
      .toReversed();
  }

  /** Why a snapshot cannot be the base, as far as its last bytes tell without reading it whole. */
  private async peek(snapshot: StoredFile, to: bigint | null): Promise<string | null> {
    if (to === null || snapshot.zxid === null) return null;
    const trailers = peekTrailers(snapshot.path, snapshot.size);
    const window = await this.windowOf(snapshot, trailers, 0n);
    if (window.end <= to) return null;
    if (isProven(window)) return fuzzyReason(window);
    const measured = await this.measure(snapshot, window);
    if (measured.end > to) return fuzzyReason(measured);
    this.measured.set(snapshot, measured);
    return null;
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

  private async windowOf(
    snapshot: StoredFile,
    trailers: LoadedSnapshot["trailers"],
    newestChange: bigint,
  ): Promise<FuzzyWindow> {
    const begin = snapshot.zxid ?? trailers?.lastZxid ?? trailers?.digest?.zxid ?? newestChange;
    const next = this.directory.snapshots.find(
      (other) => other.node === snapshot.node && other.zxid !== null && other.zxid > begin,
    );
    const known = { trailers, newestChange, nextSnapshot: next?.zxid ?? null };
    const window = fuzzyWindow(begin, { ...known, lastLogged: null });
    if (window.proof !== "stats" || begin === 0n) return window;
    // Only where nothing better bounds it: the last log must be read for it.
    if (this.lastLogged === undefined) this.lastLogged = await lastZxid(this.directory.logs);
    return fuzzyWindow(begin, { ...known, lastLogged: this.lastLogged });
  }

  private async attempt(snapshot: StoredFile, to: bigint | null): Promise<Attempt | null> {
    const loaded = await this.load(snapshot);
    this.done += snapshot.size;
    if (!loaded.sound) {
      this.findings.push(...loaded.findings);
      const problem = loaded.findings.find((each) => each.severity !== "note");
      this.reject(snapshot, `damaged: ${problem?.message ?? "not sealed"}`);
      return null;
    }
    const window = this.measured.get(snapshot) ?? (await this.windowOf(snapshot, loaded.trailers, loaded.newestChange));
    const checkpoints = checkpointOf(loaded, snapshot.path);
    const result = await this.replay(loaded, window, to, checkpoints);
    return {
      tree: loaded.tree,
      base: snapshot,
      loaded,
      window,
      replay: result,
      doubt: this.doubtOf(window, to, result),
    };
  }

  private async load(snapshot: StoredFile): Promise<LoadedSnapshot> {
    const source = snapshot.open();
    try {
      return await loadSnapshot(source, (bytes) => this.progress(bytes));
    } finally {
      source.close();
    }
  }

  private async fromNothing(to: bigint | null): Promise<Attempt> {
    const tree = freshTree();
    const window: FuzzyWindow = { begin: 0n, end: 0n, proof: "stats" };
    const result = await this.replay({ tree, trailers: null }, window, to, []);
    return { tree, base: null, loaded: null, window, replay: result, doubt: this.doubtOf(window, to, result) };
  }

  private replay(
    loaded: Pick<LoadedSnapshot, "tree" | "trailers">,
    window: FuzzyWindow,
    to: bigint | null,
    checkpoints: Checkpoint[],
  ): Promise<Replay> {
    return replay(loaded.tree, this.directory.logs, {
      from: window.begin,
      to,
      exactFrom: window.end,
      checkpoints,
      reapply: mayBeTorn(loaded),
      onProgress: (bytes) => this.progress(bytes),
    });
  }

  private doubtOf(window: FuzzyWindow, to: bigint | null, result: Replay): string | null {
    if (to !== null && window.end > to) return fuzzyReason(window);
    if (window.proof === "stats" && window.begin !== 0n && this.hasOnlySnapshots()) {
      return "there is no log, and nothing in the snapshot says when it ended: only its znodes' stats show no later change";
    }
    if (result.stop.kind === "gap")
      return `after ${hex(result.last)} comes ${hex(result.stop.next)}: the transactions between are missing`;
    if (result.stop.kind === "damage") return `after ${hex(result.last)}: ${result.stop.finding.message}`;
    if (result.last < window.end)
      return `the logs end at ${hex(result.last)}, the snapshot may hold changes up to ${hex(window.end)}`;
    if (to !== null && result.stop.kind === "end" && result.last < to)
      return `${hex(to)} is after the last transaction, ${hex(result.last)}`;
    if (result.recounted) return "the server was older than 3.4: replayed over a fuzzy snapshot, cversions count twice";
    if (!result.consistent) {
      const problem = result.findings.find(
        (each) => each.code === "digest.mismatch" || each.code.startsWith("replay."),
      );
      return `the replay does not fit: ${problem?.message ?? "a digest differs"}`;
    }
    return null;
  }

  /** The log that begins at the beginning, if one does. */
  private async beginning(): Promise<StoredFile | null> {
    const first = this.directory.logs[0];
    const zxid = first ? await firstZxid(first) : null;
    return first && zxid !== null && isBeginning(zxid) ? first : null;
  }

  /** The nearest state that can be had: from the newest sound snapshot, fuzzy or not. */
  private async inexactly(to: bigint | null): Promise<State> {
    const candidates = this.candidates(to);
    for (const snapshot of candidates) {
      const attempt = await this.attempt(snapshot, to);
      if (attempt) return this.state(attempt, await this.inDoubt(attempt));
    }
    if (await this.beginning()) {
      const attempt = await this.fromNothing(to);
      return this.state(attempt, await this.inDoubt(attempt));
    }
    throw await this.unreachable(to);
  }

  private inDoubt(attempt: Attempt): Promise<string[]> {
    return attempt.doubt === null
      ? Promise.resolve([])
      : doubtfulPaths(attempt.tree, this.directory.logs, attempt.replay.last, attempt.window.end);
  }

  private async state(attempt: Attempt, inDoubt: string[]): Promise<State> {
    const { tree, replay: result, base, loaded } = attempt;
    refreshQuotas(tree);
    const sessions = base ? await settleSessions(tree, this.directory.logs, result.last, attempt.window.end) : [];
    if (base)
      this.plan.push({
        file: base.name,
        use: "snapshot",
        detail: `${loaded?.tree ? "" : "not "}sealed, ${windowText(attempt.window)}`,
      });
    for (const { file, applied } of result.logs)
      this.plan.push({ file, use: "log", detail: `${applied} transactions` });
    const { znodes } = tree;
    return {
      tree,
      zxid: result.last,
      time: result.lastTime,
      exact: attempt.doubt === null,
      doubt: attempt.doubt,
      digest: {
        version: 2,
        value: BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow)),
        verified: result.verified,
      },
      layout: loaded?.trailers?.layout ?? this.newestLayout(),
      plan: this.plan,
      inDoubt,
      findings: distinct([
        ...this.directory.findings,
        ...this.findings,
        ...(loaded?.findings ?? []),
        ...result.findings,
        ...sessions,
      ]),
    };
  }

  /** What the directory's server writes, as far as its newest readable snapshot tells; else what every release reads. */
  private newestLayout(): SnapshotLayout {
    for (const { path, size } of this.directory.snapshots.toReversed()) {
      const trailers = peekTrailers(path, size);
      if (trailers) return trailers.layout;
    }
    return { digest: false, lastZxid: false };
  }

  private reject(file: StoredFile, detail: string): void {
    this.plan.push({ file: file.name, use: "rejected", detail });
  }

  /** Says why a point cannot be had, and which are nearest: for this every file is read. */
  private async unreachable(to: bigint | null): Promise<ZkRewindError> {
    // One after the other: there can be more files than may be open at a time.
    const snapshots: SnapshotScan[] = [];
    for (const file of this.directory.snapshots) snapshots.push(await scanSnapshot(file));
    const logs: LogScan[] = [];
    for (const file of this.directory.logs) logs.push(await scanLog(file));
    const { exact } = coverageOf(snapshots, logs);
    const findings = distinct([...this.directory.findings, ...this.findings]);
    if (snapshots.length === 0 && logs.length === 0)
      findings.push(finding("coverage.none", "there is neither a snapshot nor a log"));
    const reasons = this.plan.filter((step) => step.use === "rejected").map((step) => `${step.file}: ${step.detail}`);
    return new ZkRewindError(
      `the state at ${nameOf(to)} cannot be rebuilt exactly${reasons.length > 0 ? ` (${reasons.join("; ")})` : ""}`,
      {
        exitCode: 4,
        hint: nearestHint(exact, to),
        findings,
      },
    );
  }

  private progress(bytes: number): void {
    // Counted once: this is called for every log, and there can be tens of thousands.
    this.total ??= [...this.directory.snapshots.slice(-1), ...this.directory.logs].reduce(
      (sum, file) => sum + file.size,
      0,
    );
    this.options.onProgress?.({ done: Math.min(this.done + bytes, this.total), total: this.total });
  }
}

/** The digest in a snapshot as something that a replay can be held against. */
export function checkpointOf(loaded: { trailers: LoadedSnapshot["trailers"] }, file: string): Checkpoint[] {
  const digest = loaded.trailers?.sealed ? loaded.trailers.digest : null;
  if (!digest || digest.version !== 2 || typeof digest.value !== "bigint" || digest.zxid === 0n) return [];
  return [{ zxid: digest.zxid, value: digest.value, file }];
}

/**
 * Whether a snapshot may hold half of the multi that its name ends with: in 3.4 the first member of a multi already
 * counts as the last zxid processed (DataTree.processTxn). Releases that write a digest are not among them.
 */
export function mayBeTorn(loaded: { trailers: LoadedSnapshot["trailers"] }): boolean {
  return loaded.trailers?.layout.digest === false;
}

function windowText(window: FuzzyWindow): string {
  return window.end === window.begin ? "not fuzzy" : `fuzzy until ${hex(window.end)} (by ${window.proof})`;
}

function fuzzyReason(window: FuzzyWindow): string {
  return `fuzzy: it may hold changes up to ${hex(window.end)} (by ${window.proof})`;
}

function nearestHint(exact: readonly { from: bigint; to: bigint }[], to: bigint | null): string {
  if (exact.length === 0)
    return "No point can be rebuilt exactly from these files; --inexact gives the nearest, with what is in doubt.";
  const ranges = exact
    .map(({ from, to: end }) => (from === end ? hex(from) : `${hex(from)} to ${hex(end)}`))
    .join(", ");
  if (to === null)
    return `Exact points: ${ranges}. --inexact gives the latest as far as it is known, with what is in doubt.`;
  const below = exact.filter(({ from }) => from <= to).at(-1);
  const above = exact.find(({ from }) => from > to);
  const nearest = [below && hex(below.to < to ? below.to : to), above && hex(above.from)].filter(Boolean).join(" and ");
  return `Nearest exact points: ${nearest}. All: ${ranges}. --inexact gives the nearest, with what is in doubt.`;
}

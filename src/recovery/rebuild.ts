import { distinct, type Finding, finding, type ZkRewindError } from "../findings/finding.js";
import { peekTrailers, type SnapshotLayout } from "../storage/snapshot-trailers.js";
import { fromHalves } from "../storage/zxid.js";
import { refreshQuotas } from "../tree/index.js";
import { type Attempt, Attempts, windowText } from "./attempt.js";
import type { DataDirectory, StoredFile } from "./directory/data-directory.js";
import { NOT_IN_DIGEST } from "./exact/base.js";
import { type LaterState, laterState } from "./exact/evidence.js";
import { Prover } from "./exact/prover.js";
import { LATEST, type PointRequest } from "./point/point.js";
import { resolveBound } from "./point/resolve.js";
import { doubtfulPaths } from "./replay/in-doubt.js";
import { orphansFound } from "./replay/orphans.js";
import { settleSessions } from "./replay/session-list.js";
import { momentAt } from "./scan/headers.js";
import type { PlanStep, State } from "./state.js";
import { newestExactPoint, unreachable } from "./unreachable.js";
import { isMessage, type Message, plain, say, tag } from "../text/message.js";

export interface RebuildOptions {
  /** Answer with the nearest that can be had where the point cannot be reached exactly. */
  inexact?: boolean;
  /** Answer with the newest exact state up to the point where the point itself cannot be reached exactly. */
  newestExact?: boolean;
  /**
   * Up to which size of snapshots, in bytes as stored, a base that digests prove is compared with another base as well,
   * which takes a second load: for sessions, ACLs and what is below /zookeeper. Larger ones have them in `unproven`.
   */
  compareUpTo?: number;
  /** Bytes of files done, of how many there may be to do. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * The tree at a point, from a base that is provably not ahead of it and the transactions after that. The latest is the
 * newest state that the files give evidence of.
 *
 * Throws ZkRewindError 4 where the files cannot give the state at the point, or not exactly; with `inexact`, only where
 * they can give none at all.
 *
 * @example
 * import { discover, parsePoint, rebuild } from "zkrewind";
 *
 * const directory = discover(["fixtures/3.8.6-standalone"]);
 * const { zxid, exact, digest } = await rebuild(directory, { point: parsePoint("0x400"), inclusive: true });
 * console.log(zxid, exact, digest.verified);
 */
export async function rebuild(
  directory: DataDirectory,
  request: PointRequest = LATEST,
  options: RebuildOptions = {},
): Promise<State> {
  return new Rebuild(directory, options).run(request);
}

class Rebuild {
  private readonly directory: DataDirectory;
  private readonly options: RebuildOptions;
  private readonly attempts: Attempts;
  private readonly prover: Prover;
  private readonly plan: PlanStep[] = [];
  private total: number | undefined;

  constructor(directory: DataDirectory, options: RebuildOptions) {
    this.directory = directory;
    this.options = options;
    this.attempts = new Attempts(directory, (bytes) => this.progress(bytes));
    this.prover = new Prover(directory, {
      bases: () => this.attempts.bases(),
      known: (base, at) => this.attempts.known(base, at),
    });
  }

  async run(request: PointRequest): Promise<State> {
    const to = await resolveBound(this.directory, request);
    const exact = await this.exactly(to);
    const later =
      to === null ? laterState(this.directory, exact?.replay.last ?? null, this.attempts.newestChanges) : null;
    if (exact && !later) return this.state(exact, [], null);
    if (this.isLoneSnapshot() && to === null) return this.inexactly(to, exact, later);
    if (this.options.newestExact) return this.newestExactly(to, later);
    if (this.options.inexact) return this.inexactly(to, exact, later);
    throw await this.unreachable(to, later);
  }

  /** A single snapshot stands for what it holds, fuzzy or not: there is nothing to choose from. */
  private isLoneSnapshot(): boolean {
    const { snapshots, logs } = this.directory;
    return snapshots.length === 1 && logs.length === 0;
  }

  /** The newest base that gives the exact state; null if none does. */
  private async exactly(to: bigint | null): Promise<Attempt | null> {
    for (const snapshot of this.candidates(to)) {
      const early = await this.attempts.peek(snapshot, to);
      if (early !== null) {
        this.reject(snapshot, early);
        continue;
      }
      const attempt = await this.attempts.from(snapshot, to);
      const doubt = isMessage(attempt) ? attempt : (attempt.doubt ?? (await this.doubtOfBase(attempt)));
      if (!isMessage(attempt) && doubt === null) return attempt;
      this.reject(snapshot, doubt as Message);
    }
    const first = await this.attempts.beginning();
    if (!first) return null;
    const attempt = await this.attempts.fromBeginning(to);
    if (attempt.doubt === null) return attempt;
    this.reject(first, attempt.doubt);
    return null;
  }

  /** What speaks for or against an attempt's base; what is left unproven goes with it. */
  private async doubtOfBase(attempt: Attempt): Promise<Message | null> {
    const { base, replay } = attempt;
    const proven = base.proven || replay.proven;
    if (proven && !this.mayCompare()) {
      if (base.from !== 0n) attempt.unproven = NOT_IN_DIGEST;
      return null;
    }
    const { holds, unproven, findings } = await this.prover.prove(base, proven);
    attempt.unproven = unproven;
    this.attempts.findings.push(...findings);
    if (holds) return null;
    return findings[0]?.message ?? say`its content is not that of its zxid: the logs' digests are of another tree`;
  }

  /** Whether the bases are so small that a second one is loaded beside the first, to prove what digests do not. */
  private mayCompare(): boolean {
    const largest = this.directory.snapshots.reduce((most, { size }) => Math.max(most, size), 0);
    return largest <= (this.options.compareUpTo ?? MOST_COMPARED);
  }

  /** The snapshots that can lead to a point, the newest first; one without a zxid in its name, if its digest has one. */
  private candidates(to: bigint | null): StoredFile[] {
    const placed = this.directory.snapshots.map((file) => {
      const own = peekTrailers(file.bytes)?.digest?.zxid ?? 0n;
      const zxid = own !== 0n && (file.zxid === null || own < file.zxid) ? own : file.zxid;
      return { file, zxid };
    });
    return placed
      .filter(({ zxid }) => (zxid === null ? this.isLoneSnapshot() : to === null || zxid <= to))
      .sort((a, b) => ((a.zxid ?? 0n) < (b.zxid ?? 0n) ? 1 : -1))
      .map(({ file }) => file);
  }

  /** The newest exact state up to a point, wherever that is. */
  private async newestExactly(to: bigint | null, later: LaterState | null): Promise<State> {
    const point = await newestExactPoint(this.directory, to);
    const attempt = point === null ? null : await this.exactly(point);
    if (!attempt) throw await this.unreachable(to, later);
    return this.state(attempt, [], later);
  }

  /**
   * The nearest state that can be had: from the newest sound snapshot, fuzzy or not, with all that the logs have after
   * it, over holes; or of logs without a beginning, what their transactions show.
   */
  private async inexactly(to: bigint | null, exact: Attempt | null, later: LaterState | null): Promise<State> {
    let contradicted: StoredFile | null = null;
    for (const snapshot of this.candidates(to)) {
      const attempt = await this.attempts.from(snapshot, to, { overHoles: true });
      if (isMessage(attempt)) continue;
      if (exact && attempt.replay.last <= exact.replay.last) break;
      const doubt = await this.doubtOfBase(attempt);
      if (doubt === null) return this.state(attempt, await this.inDoubt(attempt), later);
      contradicted ??= snapshot;
    }
    if (exact) return this.state(exact, [], later);
    const fromContradicted = contradicted && (await this.attempts.from(contradicted, to, { overHoles: true }));
    if (fromContradicted && !isMessage(fromContradicted)) {
      fromContradicted.doubt ??= say`other files speak against its content`;
      return this.state(fromContradicted, await this.inDoubt(fromContradicted), later);
    }
    if (this.directory.logs.length === 0) throw await this.unreachable(to, later);
    const partial = (await this.attempts.beginning()) === null;
    const how = partial ? { overHoles: true, partial, exactFrom: NEVER } : { overHoles: true };
    const attempt = await this.attempts.fromBeginning(to, how);
    if (attempt.replay.applied === 0) throw await this.unreachable(to, later);
    if (partial)
      attempt.doubt = say`the logs do not begin at the beginning: only what their transactions show is there, and ${attempt.replay.assumed} znodes above it are assumed`;
    return this.state(attempt, await this.inDoubt(attempt), later, partial);
  }

  private inDoubt(attempt: Attempt): Promise<string[]> {
    return attempt.doubt === null
      ? Promise.resolve([])
      : doubtfulPaths(attempt.tree, this.directory.logs, attempt.replay.last, attempt.base.window.end);
  }

  private async state(attempt: Attempt, inDoubt: string[], later: LaterState | null, partial = false): Promise<State> {
    const { tree, replay: result, base, loaded } = attempt;
    refreshQuotas(tree);
    const settled = base.snapshot
      ? await settleSessions(tree.sessions, this.directory.logs, result.last, base.window.end)
      : null;
    if (base.snapshot) {
      const detail = say`${loaded?.trailers?.sealed ? "" : "not "}sealed, ${windowText(base.window)}`;
      this.plan.push({ file: base.snapshot.name, use: "snapshot", detail });
    }
    for (const { file, applied } of result.logs)
      this.plan.push({ file, use: "log", detail: say`${applied} transactions` });
    const { znodes } = tree;
    return {
      tree,
      zxid: result.last,
      time: result.lastTime ?? (await momentAt(this.directory.logs, result.last))?.time ?? null,
      exact: attempt.doubt === null,
      doubt: attempt.doubt,
      unproven: attempt.unproven,
      partial,
      later: later && later.zxid > result.last ? later : null,
      digest: {
        version: 2,
        value: BigInt.asUintN(64, fromHalves(znodes.digestHigh, znodes.digestLow)),
        verified: result.verified || (base.proven && base.snapshot !== null && result.last === base.from),
      },
      layout: loaded?.trailers?.layout ?? this.newestLayout(),
      plan: this.plan,
      inDoubt,
      findings: distinct([
        ...this.directory.findings,
        ...this.attempts.findings,
        ...(loaded?.findings ?? []),
        ...result.findings,
        ...orphansFound(tree),
        ...(settled?.findings ?? []),
      ]),
    };
  }

  /** What the directory's server writes, as far as its newest readable snapshot tells; else what every release reads. */
  private newestLayout(): SnapshotLayout {
    for (const { bytes } of this.directory.snapshots.toReversed()) {
      const trailers = peekTrailers(bytes);
      if (trailers) return trailers.layout;
    }
    return { digest: false, lastZxid: false };
  }

  private reject(file: StoredFile, detail: Message): void {
    this.plan.push({ file: file.name, use: "rejected", detail });
  }

  private unreachable(to: bigint | null, later: LaterState | null): Promise<ZkRewindError> {
    const findings: Finding[] = distinct([...this.directory.findings, ...this.attempts.findings]);
    if (this.directory.snapshots.length === 0 && this.directory.logs.length === 0)
      findings.push(finding("coverage.none", say`there is neither a snapshot nor a log`));
    // The newest base that fails for a reason stands for the older ones that fail for the same.
    const reasons = new Map<string, Message>();
    for (const { file, use, detail } of this.plan)
      if (use === "rejected" && !reasons.has(plain(detail)))
        reasons.set(plain(detail), say`from ${tag.file(file)}, ${detail}`);
    return unreachable(this.directory, to, later, [...reasons.values()], findings);
  }

  private progress(bytes: number): void {
    // Counted once: this is called for every log, and there can be tens of thousands.
    this.total ??= [...this.directory.snapshots.slice(-1), ...this.directory.logs].reduce(
      (sum, file) => sum + file.size,
      0,
    );
    this.options.onProgress?.({ done: Math.min(bytes, this.total), total: this.total });
  }
}

const MOST_COMPARED = 256 << 20;
/** No zxid reaches it: nothing of a partial tree is held against a digest. */
const NEVER = 2n ** 63n - 1n;
